"""What the further questions of ways look like as they travel, and how much one of them may ask."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from services.navigation.api import AvoidedOut, PlaceOut, RouteOut
from services.navigation.service import MAX_CLOSED
from wayfinding.alternatives import ALTERNATIVES_MAX
from wayfinding.meeting import PEOPLE_MAX
from wayfinding.tour import STOPS_MAX

TABLE_MAX = 20
"""Places on each side of a table."""
NEAREST_MAX = 20
"""Places named, and places shown."""
TIMES_MAX, SECONDS_MAX = 5, 1_800
SEEN_MAX = 4

Word = Annotated[str, Field(min_length=1, max_length=120)]
"""A place, as ``GET /routes`` takes it; ``ticket:mine`` with ``X-Ticket``."""


class HowIn(BaseModel):
    """How one walks, and what to do without: ids or keys of doors, links, spaces, devices."""

    profile: Annotated[str, Field(max_length=40)] = "walk"
    closed: Annotated[list[Word], Field(max_length=MAX_CLOSED)] = []


class JourneyIn(HowIn):
    """From here over ``stops``, in the order given or the best one, to ``to`` or the last of them.

    ``alternatives``: so many other ways. ``leave`` or ``arrive_by``: a time with its zone, or the hall's own.
    """

    start: Word = Field(default="OUT", alias="from")
    to: Word | None = None
    stops: Annotated[list[Word], Field(max_length=STOPS_MAX)] = []
    order: Literal["given", "best"] = "given"
    alternatives: Annotated[int, Field(ge=0, le=ALTERNATIVES_MAX)] = 0
    leave: datetime | None = None
    arrive_by: datetime | None = None

    @model_validator(mode="after")
    def _goes_somewhere(self) -> JourneyIn:
        if self.to is None and not self.stops:
            raise ValueError("say where: to, or stops")
        return self


class LegOut(BaseModel):
    """A part of a way with stops; ``steps`` and ``points``: how many of the whole way's are its own."""

    start: PlaceOut
    goal: PlaceOut
    distance_m: float
    duration_s: float
    steps: int
    points: int


class JourneyOut(RouteOut):
    """The whole way; ``order``: the numbers of the stops as they are visited. Times are ISO 8601 in the hall's zone.

    ``in_time`` False: for that arrival one would have had to leave already.
    """

    legs: list[LegOut]
    order: list[int]
    alternatives: list[RouteOut]
    leave: str
    arrive: str
    in_time: bool


class TableIn(HowIn):
    starts: Annotated[list[Word], Field(alias="from", min_length=1, max_length=TABLE_MAX)]
    to: Annotated[list[Word], Field(min_length=1, max_length=TABLE_MAX)]


class NoWayOut(BaseModel):
    """``start`` and ``goal`` are numbers in the lists of the question."""

    start: int
    goal: int
    code: str
    text: dict[str, str]
    blockers: list[str]


class AvoidingOut(BaseModel):
    """``avoided``: all that is closed to this profile now, and so was kept away from."""

    profile: str
    avoided: list[AvoidedOut]
    building: str


class MatrixOut(AvoidingOut):
    """Rows are starts; null where no way leads, and ``no_way`` says why."""

    starts: list[PlaceOut]
    goals: list[PlaceOut]
    seconds: list[list[float | None]]
    metres: list[list[float | None]]
    no_way: list[NoWayOut]


class NearestIn(HowIn):
    """A kind of place in either language (``toilet``, 饮水处), or places by name, or both."""

    start: Word = Field(default="OUT", alias="from")
    category: Word | None = None
    to: Annotated[list[Word], Field(max_length=NEAREST_MAX)] = []

    @model_validator(mode="after")
    def _looks_for_something(self) -> NearestIn:
        if self.category is None and not self.to:
            raise ValueError("say what: category, or to")
        return self


class RankedOut(BaseModel):
    place: PlaceOut
    seconds: float
    metres: float


class NearestOut(AvoidingOut):
    """By what the ways count for; ``unreached`` are so many more that this profile does not reach now."""

    route: RouteOut
    places: list[RankedOut]
    unreached: int


class IsochroneIn(HowIn):
    """``areas`` False: which spaces, and nothing drawn, which is quick."""

    start: Word = Field(default="OUT", alias="from")
    areas: bool = True
    seconds: Annotated[
        list[Annotated[float, Field(gt=0, le=SECONDS_MAX)]], Field(min_length=1, max_length=TIMES_MAX)
    ]  # fmt: skip


Ring = list[tuple[float, float]]


class AreaOut(BaseModel):
    """``coordinates`` as in GeoJSON, closed rings with their holes, in metres of the plan; ``cell_m``: how coarse."""

    floor: str
    seconds: float
    cell_m: float
    type: Literal["MultiPolygon"] = "MultiPolygon"
    coordinates: list[list[Ring]]


class IsochroneOut(AvoidingOut):
    """``spaces`` are those whose route takes no longer than the longest time, soonest first."""

    start: PlaceOut
    spaces: list[RankedOut]
    areas: list[AreaOut]


class PersonIn(HowIn):
    start: Word = Field(alias="from")


class MeetIn(BaseModel):
    people: Annotated[list[PersonIn], Field(min_length=2, max_length=PEOPLE_MAX)]


class MeetOut(BaseModel):
    """``seconds``: when the last is there. ``routes`` in the order of the people, each with what it avoids."""

    place: PlaceOut
    seconds: float
    routes: list[RouteOut]
    avoided: list[AvoidedOut]
    building: str


class LocateIn(BaseModel):
    """Signs that are seen from one point: windows, counters, anything that has a place on the plan."""

    seen: Annotated[list[Word], Field(min_length=2, max_length=SEEN_MAX)]
    profile: Annotated[str, Field(max_length=40)] = "walk"


class LocatedOut(BaseModel):
    """``word`` is a start for any other question. Nine in ten who see this are within ``uncertain_m`` of ``at``."""

    word: str
    floor: str
    at: tuple[float, float]
    space: PlaceOut | None
    uncertain_m: float
    building: str
