"""The plan for the people who are there: whole, within what doors pass, through nothing closed, and never silent."""

from collections import Counter
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from building.model import OUT, Building
from tests.wayfinding.evacuation.layouts import passed, room_with_exits, rooms_of_storeys, stair, storeys, use_of
from wayfinding.drafts import Draft, box, link_id, opening_id, space_id, tower
from wayfinding.evacuation import (
    Assumptions,
    EvacuationNetwork,
    EvacuationPlan,
    InvalidAssumptions,
    InvalidPeople,
    compile_evacuation,
    plan_evacuation,
)
from wayfinding.evacuation.dispatch import Sent, Turns, send
from wayfinding.evacuation.plan import _Crowd, _who_can

STOREYS = compile_evacuation(storeys())
ROOMS = rooms_of_storeys()
CLOSEABLE = sorted({p.id for p in STOREYS.passages})

crowds = st.dictionaries(st.sampled_from(ROOMS), st.integers(0, 40), max_size=6)
closures = st.frozensets(st.sampled_from(CLOSEABLE), max_size=3)


def accounted(plan: EvacuationPlan) -> Counter[str]:
    found: Counter[str] = Counter()
    for zone in plan.zones:
        assert zone.people == sum(leaving.people for leaving in zone.leaving)
        found[zone.zone] += zone.people
    for other in (*plan.waiting, *plan.stranded):
        found[other.zone] += other.people
    return found


def sent_out(network: EvacuationNetwork, people: Mapping[str, int], closed: frozenset[str]) -> list[Sent]:
    crowd = _Crowd(network, people, closed, {}, Assumptions())
    able, _ = _who_can(crowd.parties(people))
    return send(able, Turns(crowd.everyone, 1))


@settings(max_examples=60, deadline=None)
@given(people=crowds, closed=closures, share=st.floats(0, 1))
def test_everybody_is_accounted_for(people: dict[str, int], closed: frozenset[str], share: float) -> None:
    step_free = {zone: int(n * share) for zone, n in people.items()}
    plan = plan_evacuation(STOREYS, people, closed, step_free=step_free)
    assert accounted(plan) == +Counter(people)
    assert plan.people == sum(people.values())
    assert sum(use.people for use in plan.exits) == sum(zone.people for zone in plan.zones)
    assert plan.clearance_s == max((zone.last_s for zone in plan.zones), default=0.0)
    assert 0.0 <= plan.at_least_s <= plan.clearance_s


@settings(max_examples=60, deadline=None)
@given(people=crowds, closed=closures)
def test_what_goes_in_comes_out_and_nothing_closed_is_used(people: dict[str, int], closed: frozenset[str]) -> None:
    plan = plan_evacuation(STOREYS, people, closed)
    assert not closed & {use.id for use in plan.uses}
    balance = Counter({zone.zone: zone.people for zone in plan.zones})
    for use in plan.uses:
        balance[use.a] -= use.people
        balance[use.b] += use.people
    assert balance.pop(OUT, 0) == sum(zone.people for zone in plan.zones)
    assert not +balance
    assert not -balance


@settings(max_examples=40, deadline=None)
@given(people=crowds, closed=closures)
def test_no_passage_passes_more_than_its_flow(people: dict[str, int], closed: frozenset[str]) -> None:
    """Any n people in a row need the time of n - 2 turns: the first may come late in his, the last early."""
    crowd = _Crowd(STOREYS, people, closed, {}, Assumptions())
    times: dict[int, list[float]] = {}
    for sent in sent_out(STOREYS, people, closed):
        for passage, at_s in zip(sent.path, sent.at_s, strict=True):
            times.setdefault(passage, []).append(at_s)
        assert list(sent.at_s) == sorted(sent.at_s)
        assert sent.out_s >= sent.party.least_s - 1e-6
    for passage, at_s in times.items():
        at_s.sort()
        for n in range(2, len(at_s)):
            for first in range(len(at_s) - n):
                took_s = at_s[first + n] - at_s[first]
                assert took_s >= (n - 1) / crowd.everyone.flow_p_s[passage] - 1e-6


@settings(max_examples=60, deadline=None)
@given(people=crowds, closed=closures, also=st.sampled_from(CLOSEABLE))
def test_closing_more_never_beats_what_was_possible_before(
    people: dict[str, int], closed: frozenset[str], also: str
) -> None:
    before, after = (plan_evacuation(STOREYS, people, c) for c in (closed, closed | {also}))
    if not after.stranded:
        assert after.clearance_s >= before.at_least_s - 1e-6
        # The bound is known to a slice of its own on either side.
        assert after.at_least_s >= before.at_least_s - before.slice_s - after.slice_s
    assert sum(s.people for s in after.stranded) >= sum(s.people for s in before.stranded)


@pytest.mark.parametrize("exits", [("XW",), ("XE",)])
def test_closing_an_exit_takes_longer(exits: tuple[str, ...]) -> None:
    people = dict.fromkeys(ROOMS, 30)
    both = plan_evacuation(STOREYS, people)
    one = plan_evacuation(STOREYS, people, frozenset(map(opening_id, exits)))
    assert one.clearance_s > both.clearance_s * 1.3
    assert passed(one, exits[0]) == 0


def test_the_plan_is_near_the_quickest_flow() -> None:
    people = dict.fromkeys(ROOMS, 30)
    plan = plan_evacuation(STOREYS, people)
    assert plan.clearance_s <= plan.at_least_s * 1.02 + 2 * plan.slice_s


def test_the_same_people_make_the_same_plan() -> None:
    people = {room: 3 + n for n, room in enumerate(ROOMS)}
    again = dict(reversed(people.items()))
    assert plan_evacuation(STOREYS, people) == plan_evacuation(compile_evacuation(storeys()), again)


def test_nobody_there_is_out_at_once() -> None:
    plan = plan_evacuation(STOREYS, {})
    assert (plan.people, plan.clearance_s, plan.at_least_s, plan.zones, plan.bottlenecks) == (0, 0.0, 0.0, (), ())


# One door and a crowd: figures to work out by hand --------------------------------------------------------------------

DOOR = {"EXIT": ((9.0, 0.0), (10.0, 0.0))}


def test_a_crowd_at_one_door_takes_its_number_by_the_flow() -> None:
    """200 people, one metre at 1.3 a second: 153.8 s, the first ones' walk at most on top; the door is why."""
    plan = plan_evacuation(compile_evacuation(room_with_exits((20.0, 10.0), DOOR)), {space_id("HALL"): 200})
    assert 199 / 1.3 <= plan.clearance_s <= 199 / 1.3 + 4.0
    assert [use.id for use in plan.bottlenecks] == [opening_id("EXIT")]
    assert use_of(plan, "EXIT").flow_p_s == pytest.approx(1.3)


def test_one_person_walks_round_what_stands_in_the_way() -> None:
    """The room's only point is its middle: 7.5 m straight to the door, more around a wall across."""
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "HALL", box(0, 0, 4, 15))
    draft.door("1F", "EXIT", ("HALL", OUT), ((1.5, 0.0), (2.5, 0.0)))
    people = {space_id("HALL"): 1}
    free = plan_evacuation(compile_evacuation(draft.build()), people, assumptions=Assumptions(speed_m_s=1.0))
    draft.obstacle("1F", "HALL", box(0.0, 3.0, 3.2, 3.5))
    around = plan_evacuation(compile_evacuation(draft.build()), people, assumptions=Assumptions(speed_m_s=1.0))
    assert around.clearance_s > free.clearance_s + 0.4
    assert free.bottlenecks == around.bottlenecks == ()


def test_a_crowd_sets_off_slowly() -> None:
    """1.9 people a square metre walk at 0.67 / 1.2 of their speed (IMO, table 1.1)."""
    given_s = Assumptions(speed_m_s=1.2)
    assert given_s.speed_in_crowd(1.9) == pytest.approx(0.67)
    assert Assumptions(speed_m_s=0.6).speed_in_crowd(1.9) == pytest.approx(0.335)
    assert Assumptions(slowed_by_density=False).speed_in_crowd(1.9) == 1.2


# What may be used -----------------------------------------------------------------------------------------------------


def beside_a_fire_door(**door: object) -> Building:
    draft = Draft()
    draft.floor("1F", 0)
    draft.room("1F", "HALL", box(0, 0, 10, 10))
    draft.door("1F", "FRONT", ("HALL", OUT), ((0.0, 4.0), (0.0, 6.0)))
    draft.door("1F", "SIDE", ("HALL", OUT), ((10.0, 4.0), (10.0, 6.0)), **{"kind": "fire", **door})
    return draft.build()


def test_a_fire_door_is_an_exit() -> None:
    plan = plan_evacuation(compile_evacuation(beside_a_fire_door()), {space_id("HALL"): 100})
    assert passed(plan, "SIDE") == pytest.approx(50, abs=10)


@pytest.mark.parametrize(
    "door",
    [
        {"vehicles_only": True},
        {"goods_only": True},
        {"one_way": (OUT, space_id("HALL"))},
    ],
    ids=lambda door: next(iter(door)),
)
def test_no_exit_is_what_people_cannot_leave_by(door: dict[str, object]) -> None:
    assert compile_evacuation(beside_a_fire_door(**door)).exits == (opening_id("FRONT"),)


def test_a_closed_space_may_be_left_but_not_entered() -> None:
    corridor = space_id("1F-C")
    plan = plan_evacuation(STOREYS, {corridor: 3, ROOMS[0]: 2}, frozenset({corridor}))
    assert [(zone.zone, zone.people) for zone in plan.zones] == [(corridor, 3)]
    assert [(s.zone, s.people, s.code) for s in plan.stranded] == [(ROOMS[0], 2, "no_way_out")]


def test_a_lift_and_an_escalator_are_never_used() -> None:
    network = compile_evacuation(tower(floors=2, stairs=False, lift=True, escalator=True))
    plan = plan_evacuation(network, {space_id("2F-HALL"): 4})
    assert [(s.people, s.code) for s in plan.stranded] == [(4, "no_way_out")]
    assert plan.clearance_s == 0.0


def test_closing_a_stair_sends_all_to_the_other() -> None:
    people = dict.fromkeys(ROOMS[6:], 4)
    plan = plan_evacuation(STOREYS, people, frozenset({link_id("WEST")}))
    assert passed(plan, "WEST") == 0
    assert {use.id for use in plan.bottlenecks} <= {link_id("EAST"), opening_id("XE")}
    assert not plan.stranded


def test_people_in_a_place_that_is_none_are_named() -> None:
    plan = plan_evacuation(STOREYS, {"test:space:ROOF": 2, ROOMS[0]: 1})
    assert [(s.zone, s.people, s.code) for s in plan.stranded] == [("test:space:ROOF", 2, "unknown_space")]
    assert plan.people == 3
    assert {"zh", "en"} <= plan.stranded[0].text.keys()


# Who cannot take stairs -----------------------------------------------------------------------------------------------


def test_who_cannot_take_stairs_waits_at_the_nearest_landing() -> None:
    people = {ROOMS[6]: 5, ROOMS[0]: 2}
    plan = plan_evacuation(STOREYS, people, step_free={ROOMS[6]: 2, ROOMS[0]: 1})
    assert [(w.zone, w.link, w.refuge, w.people) for w in plan.waiting] == [
        (ROOMS[6], link_id("WEST"), space_id("2F-C"), 2)
    ]
    assert passed(plan, "WEST") + passed(plan, "EAST") == 3 + 2
    assert sum(zone.people for zone in plan.zones) == 3 + 2


def test_who_cannot_take_stairs_keeps_to_step_free_doors() -> None:
    network = compile_evacuation(beside_a_fire_door(step_free=False))
    plan = plan_evacuation(network, {space_id("HALL"): 10}, step_free={space_id("HALL"): 10})
    assert (passed(plan, "FRONT"), passed(plan, "SIDE")) == (10, 0)


def test_landings_count_as_refuge_for_the_stair_s_people_only() -> None:
    """Without them those who can walk never stop there."""
    plan = plan_evacuation(compile_evacuation(stair(up=True)), {space_id("1F"): 3})
    assert plan.waiting == ()
    assert sum(use.people for use in plan.exits) == 3


# Refused --------------------------------------------------------------------------------------------------------------


def test_a_number_of_people_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidPeople, match="-1 people"):
        plan_evacuation(STOREYS, {ROOMS[0]: -1})
    with pytest.raises(InvalidPeople, match=r"3 people in .+, of 2 there"):
        plan_evacuation(STOREYS, {ROOMS[0]: 2}, step_free={ROOMS[0]: 3})


@pytest.mark.parametrize(
    "figures", [{"speed_m_s": 0.0}, {"door_flow_p_ms": 9.0}, {"premovement_s": (5.0, 1.0)}], ids=str
)
def test_a_figure_that_nobody_walks_by_is_refused(figures: dict[str, float]) -> None:
    with pytest.raises(InvalidAssumptions):
        Assumptions(**figures)  # type: ignore[arg-type]


def test_every_plan_says_what_it_assumes() -> None:
    texts = plan_evacuation(STOREYS, {}, assumptions=Assumptions(premovement_s=(0.0, 60.0))).assumptions
    assert all(text["zh"] and text["en"] for text in texts)
    said = " ".join(text["en"] for text in texts)
    assert all(figure in said for figure in ("1.2 m/s", "1.3 people", "0.55 m/s", "0.44 m/s", "0 to 60 s"))


def test_a_screen_shows_where_those_before_it_go() -> None:
    plan = plan_evacuation(STOREYS, dict.fromkeys(ROOMS, 5))
    shown = plan.onward(space_id("1F-C"))
    assert {use.id for use in shown} == {opening_id("XW"), opening_id("XE")}
    assert [use.people for use in shown] == sorted((use.people for use in shown), reverse=True)


def test_the_reference_hall_is_cleared(hall: Building) -> None:
    """Everybody there has a way out; without the main doors the fire doors take over."""
    network = compile_evacuation(hall)
    people = {zone.id: 1 + int(zone.area_m2 / 10) for zone in network.zones.values()}
    plan = plan_evacuation(network, people)
    assert plan.stranded == ()
    assert sum(use.people for use in plan.exits) == sum(people.values())
    main = frozenset(use.id for use in plan.exits if use.a.endswith("1F-VEST"))
    assert len(main) == 2
    without = plan_evacuation(network, people, main)
    assert without.stranded == ()
    assert not main & {use.id for use in without.uses}
