"""Routes of the further questions: ``POST /routes`` and what stands below it."""

from __future__ import annotations

from itertools import pairwise

from fastapi import APIRouter, Request

from building.model import Polygon
from services.kernel.actor import Actor
from services.kernel.addresses import AddressLimit
from services.kernel.http import (
    CurrentActor,
    CurrentDevice,
    TicketToken,
    address_of,
    make_router,
    public,
    with_ticket,
)
from services.navigation.api import (
    AvoidedOut,
    RouteOut,
    limit_of_ways,
    place_out,
    route_out,
)
from services.navigation.api_query_models import (
    NEAREST_MAX,
    AreaOut,
    AvoidingOut,
    HowIn,
    IsochroneIn,
    IsochroneOut,
    JourneyIn,
    JourneyOut,
    LegOut,
    LocatedOut,
    LocateIn,
    MatrixOut,
    MeetIn,
    MeetOut,
    NearestIn,
    NearestOut,
    NoWayOut,
    RankedOut,
    Ring,
    TableIn,
)
from services.navigation.errors import TooManyWays
from services.navigation.queries import Asked, Check, How, Journey, Queries
from services.navigation.service import Answer
from services.navigation.staff_ways import check_may_walk
from wayfinding.route import Avoided

WAYS_OF_ALTERNATIVES, WAYS_OF_NEAREST, WAYS_OF_ISOCHRONE, WAYS_OF_PERSON, WAYS_OF_LOOKING = 60, 10, 150, 20, 20
"""What one of these costs in ways: an address that asks is counted so many."""


def router(queries: Queries, *, crowd: AddressLimit | None = None) -> APIRouter:
    """All of them, below ``/api/v1``. ``crowd``: how many ways one address may ask for."""
    routes = make_router("navigation", prefix="/routes")
    crowd = crowd or limit_of_ways()

    def count(request: Request, device: Actor | None, ways: int) -> None:
        if device is None and (wait_s := crowd.take(address_of(request), ways)):
            raise TooManyWays(wait_s)

    @routes.post("", **public())
    def plan_route(
        wish: JourneyIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> JourneyOut:
        count(request, device, 1 + len(wish.stops) ** 2 + (WAYS_OF_ALTERNATIVES if wish.alternatives else 0))
        journey = queries.plan(
            _how(wish), _may(actor),
            start=with_ticket(wish.start, ticket),
            goal=None if wish.to is None else with_ticket(wish.to, ticket),
            stops=[with_ticket(word, ticket) for word in wish.stops],
            best_order=wish.order == "best", alternatives=wish.alternatives,
            leave=wish.leave, arrive_by=wish.arrive_by,
        )  # fmt: skip
        return _journey(journey)

    @routes.post("/matrix", **public())
    def make_table(
        wish: TableIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> MatrixOut:
        count(request, device, 1 + len(wish.starts) * len(wish.to) // 4)
        starts, goals = ([with_ticket(word, ticket) for word in words] for words in (wish.starts, wish.to))
        table = queries.matrix(_how(wish), _may(actor), starts=starts, goals=goals)
        cells = [(i, j, cell) for i, row in enumerate(table.rows) for j, cell in enumerate(row)]
        return MatrixOut(
            **dict(_avoiding(table.asked)),
            starts=[place_out(place) for place in table.starts],
            goals=[place_out(place) for place in table.goals],
            seconds=[[_rounded(cell.seconds, 1) for cell in row] for row in table.rows],
            metres=[[_rounded(cell.metres, 2) for cell in row] for row in table.rows],
            no_way=[
                NoWayOut(start=i, goal=j, code=why.code, text=dict(why.text), blockers=list(why.blockers))
                for i, j, cell in cells
                for why in cell.reasons
            ],
        )

    @routes.post("/nearest", **public())
    def find_nearest(
        wish: NearestIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> NearestOut:
        count(request, device, WAYS_OF_NEAREST)
        found = queries.nearest(
            _how(wish), _may(actor), start=with_ticket(wish.start, ticket), category=wish.category,
            goals=[with_ticket(word, ticket) for word in wish.to],
        )  # fmt: skip
        ranked = [
            RankedOut(place=place_out(r.goal), seconds=round(r.cost.seconds, 1), metres=round(r.cost.metres, 2))
            for r in found.ranked[:NEAREST_MAX]
        ]
        return NearestOut(
            **dict(_avoiding(found.asked)), route=route_out(found.way), places=ranked, unreached=found.unreached
        )

    @routes.post("/isochrone", **public())
    def make_isochrone(
        wish: IsochroneIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> IsochroneOut:
        count(request, device, WAYS_OF_ISOCHRONE if wish.areas else WAYS_OF_NEAREST)
        found = queries.isochrone(
            _how(wish), _may(actor), start=with_ticket(wish.start, ticket), seconds=wish.seconds, draw=wish.areas
        )  # fmt: skip
        return IsochroneOut(
            **dict(_avoiding(found.asked)),
            start=place_out(found.start),
            spaces=[
                RankedOut(place=place_out(s.space), seconds=round(s.seconds, 1), metres=round(s.metres, 2))
                for s in found.isochrone.spaces
            ],
            areas=[
                AreaOut(
                    floor=area.floor, seconds=area.seconds, cell_m=area.cell_m,
                    coordinates=[_rings(polygon) for polygon in area.polygons],
                )
                for area in found.isochrone.areas
            ],
        )  # fmt: skip

    @routes.post("/meet", **public())
    def find_meeting(
        wish: MeetIn, request: Request, actor: CurrentActor, device: CurrentDevice, ticket: TicketToken = ""
    ) -> MeetOut:
        count(request, device, WAYS_OF_PERSON * len(wish.people))
        found = queries.meet([(with_ticket(p.start, ticket), _how(p)) for p in wish.people], _may(actor))
        shut = {a.id: a for asked in found.asked for a in asked.shut}
        return MeetOut(
            place=place_out(found.place),
            seconds=round(max(way.route.duration_s for way in found.ways), 1),
            routes=[route_out(way) for way in found.ways],
            avoided=[_avoided(a) for a in shut.values()],
            building=found.ways[0].version,
        )

    @routes.post("/locate", **public())
    def locate(wish: LocateIn, request: Request, actor: CurrentActor, device: CurrentDevice) -> LocatedOut:
        count(request, device, WAYS_OF_LOOKING)
        found, asked = queries.locate(How(profile=wish.profile), _may(actor), seen=wish.seen)
        x, y = (round(v, 2) for v in found.at)
        word = f"{found.floor.number}@{x:g},{y:g}"
        return LocatedOut(
            word=word, floor=found.floor.id, at=(x, y), uncertain_m=round(found.uncertain_m, 1),
            space=None if found.space is None else place_out(asked.now.ready.resolve(found.space)),
            building=asked.now.ready.version,
        )  # fmt: skip

    return routes


def _how(wish: HowIn) -> How:
    return How(profile=wish.profile, closed=wish.closed)


def _may(actor: Actor) -> Check:
    return lambda profile: check_may_walk(actor, profile)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _avoided(avoided: Avoided) -> AvoidedOut:
    return AvoidedOut(id=avoided.id, reason=avoided.reason, text=dict(avoided.text))


def _avoiding(asked: Asked) -> AvoidingOut:
    return AvoidingOut(
        profile=asked.walker.id,
        avoided=[_avoided(a) for a in asked.shut],
        building=asked.now.ready.version,
    )


def _rings(polygon: Polygon) -> list[Ring]:
    return [[(round(x, 2), round(y, 2)) for x, y in (*ring, ring[0])] for ring in (polygon.outer, *polygon.holes)]


def _journey(journey: Journey) -> JourneyOut:
    legs = [route_out(leg) for leg in journey.legs]
    whole = _joined(legs, journey.legs)
    return JourneyOut(
        **whole.model_dump(),
        legs=[
            LegOut(
                start=leg.start, goal=leg.goal, distance_m=leg.distance_m, duration_s=leg.duration_s,
                steps=len(leg.steps), points=len(leg.geometry),
            )
            for leg in legs
        ],
        order=list(journey.order),
        alternatives=[route_out(other) for other in journey.others],
        leave=journey.times.leave.isoformat(),
        arrive=journey.times.arrive.isoformat(),
        in_time=journey.times.in_time,
    )  # fmt: skip


def _joined(legs: list[RouteOut], answers: tuple[Answer, ...]) -> RouteOut:
    """All legs as one way: its line, its steps one after the other, and all that was avoided."""
    floors = [floor for leg in legs for floor in leg.floors]
    return RouteOut(
        distance_m=round(sum(answer.route.distance_m for answer in answers), 2),
        duration_s=round(sum(answer.route.duration_s for answer in answers), 1),
        profile=legs[0].profile,
        geometry=[point for leg in legs for point in leg.geometry],
        floors=floors[:1] + [b for a, b in pairwise(floors) if a != b],
        steps=[step for leg in legs for step in leg.steps],
        avoided=list({a.id: a for leg in legs for a in leg.avoided}.values()),
        links=list(dict.fromkeys(link for leg in legs for link in leg.links)),
        openings=list(dict.fromkeys(opening for leg in legs for opening in leg.openings)),
        start=legs[0].start,
        goal=legs[-1].goal,
        building=legs[0].building,
    )
