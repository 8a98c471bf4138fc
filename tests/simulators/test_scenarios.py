"""A scenario is a file a person can write: what is right is played, what is wrong is told at once, with its line."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS
from simulators.durations import find_duration_s
from simulators.faults.catalogue import FAULTS
from simulators.orders import Order, Planned, Target, When
from simulators.plan import play
from simulators.scenarios.lines import find_lines
from simulators.scenarios.reading import BadScenario, list_scenarios, load_scenario, parse_scenario
from simulators.scenarios.scenario import Arrivals, DeviceSetup
from simulators.visitors.arrivals import gap_s

PACKAGE = Path(__file__).resolve().parents[2] / "simulators"
WRITTEN = """
title = "Two things go wrong"

[visitors]
arrivals_per_h = 60
inside_at_start = 5

[[visitors.change]]
at = "30 min"
arrivals_per_h = 300

[[devices]]
kinds = ["people_counter", "door"]
buffer = 500
beat = "10 s"
keepalive = 20

[[event]]
at = "2 min"
for = "5 min"
device = "UPS-2"
set = { on_battery = true }

[[fault]]
fault = "drift"
point = "temperature"
per_h = -3.5
kind = "climate_sensor"
share = 0.25
every = "1 h"
between = ["10 min", "3 h"]
"""


def test_what_a_person_wrote_is_understood() -> None:
    scenario = parse_scenario(WRITTEN, file="two.toml")
    assert scenario.title == "Two things go wrong"
    assert scenario.arrivals == (Arrivals(from_s=0, per_h=60), Arrivals(from_s=1800, per_h=300))
    assert scenario.inside_at_start == 5
    assert scenario.setups == (
        DeviceSetup(target=Target(kinds=("people_counter", "door")), buffer=500, beat_s=10.0, keepalive_s=20),
    )
    assert scenario.planned == (
        Planned(
            when=When(at_s=120),
            order=Order(target=Target(devices=("UPS-2",)), changes={"on_battery": True}, for_s=300),
        ),
        Planned(
            when=When(every_s=3600, between=(600, 10_800)),
            order=Order(
                target=Target(kinds=("climate_sensor",), share=0.25), fault="drift",
                parameters={"point": "temperature", "per_h": -3.5},
            ),
        ),
    )  # fmt: skip


WRONG = [
    ("title = 5", 1, "title is a text"),
    ('[visitors]\narrivals_per_h = "many"', 2, "give a number from 0"),
    ("[visitors]\nper_h = 3", 2, "unknown: 'per_h'"),
    ("visitors = 3", 1, "write [visitors] on a line of its own"),
    ('[[visitors.change]]\nat = "1 h"', 1, "arrivals_per_h is missing"),
    ("[[visitors.change]]\narrivals_per_h = 3", 1, "at is missing"),
    ("[event]\nat = 1", 1, "write [[event]] above each"),
    ('[[event]]\nat = 1\ndevice = "A"', 1, "says nothing to do"),
    ('[[event]]\npower = false\ndevice = "A"', 1, "says no time"),
    ("[[event]]\nat = 1\npower = false", 1, "names no devices"),
    ('[[event]]\nat = "soon"\ndevice = "A"\npower = false', 2, "'soon' is no duration"),
    ('[[event]]\nat = 1\nbetween = [1, 2]\ndevice = "A"\npower = false', 2, "not both"),
    ('[[event]]\nbetween = [5, 2]\ndevice = "A"\npower = false', 2, "between is two durations"),
    ('[[event]]\nbetween = "5 min"\ndevice = "A"\npower = false', 2, "between is two durations"),
    ('[[event]]\nevery = 0\ndevice = "A"\npower = false', 2, "every is 0.1 s at least"),
    ("[[event]]\nat = 1\ndevice = 5\npower = false", 3, '"device" is a str'),
    ('[[event]]\nat = 1\ndevices = "A"\npower = false', 3, "is a list of texts"),
    ("[[event]]\nat = 1\nshare = 3\npower = false", 3, "share is above 0 and at most 1"),
    ('[[event]]\nat = 1\ndevice = "A"\npowr = false\nset = {a = 1}', 4, "did you mean 'power'"),
    ('[[event]]\nat = 1\ndevice = "A"\nset = {a = [1]}', 4, "is a table of numbers"),
    ('[[event]]\nat = 1\ndevice = "A"\nclear = "drfit"', 4, "did you mean 'drift'"),
    ('[[fault]]\nat = 1\ndevice = "A"\nfault = "flod"', 4, "did you mean 'flood'"),
    ('# one\n[[fault]]\nat = 1\ndevice = "A"\nfault = "flood"', 5, "flood needs per_s"),
    ('[[fault]]\nat = 1\ndevice = "A"\nfault = "flood"\nper_s = "x"', 5, "per_s of flood is a number"),
    ('[[fault]]\nat = 1\nfor = 5\nkind = "door"\nfault = "reboot"', 3, "give down_s in place of for"),
    ('[[event]]\nat = 1\nfor = 5\nkind = "door"\nclear = "drift"', 3, "nothing to put right again"),
    ('[[event]]\nat = 1\npower = true\nkind = "door"\ndata = {a = 1}', 5, "give event too"),
    ('[[devices]]\nkind = "door"\nbuffer = -1', 3, "give a number from 0"),
    ('[[devices]]\nkind = "door"\nbeat = "0 s"', 3, "0.1 s at least"),
    ('[[devices]]\nkind = "door"\nkeepalive = 1', 3, "from 2 s"),
    ('[[devices]]\nkind = "door"\nfault = "flood"', 3, "unknown: 'fault'"),
    ("[[event]\n", 1, "no TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_what_is_right(text: str, line: int, says: str) -> None:
    with pytest.raises(BadScenario) as told:
        parse_scenario(text, file="wrong.toml")
    ((at, what),) = [(problem.line, problem.what) for problem in told.value.problems]
    assert says in what
    assert at == line
    assert str(told.value).startswith(f"wrong.toml:{line}: ")


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    text = "\n".join(text for text, _, _ in WRONG if text.startswith(("[[event]]\n", "[[fault]]\n", "[[devices]]\n")))
    count = sum(text.startswith(("[[event]]\n", "[[fault]]\n", "[[devices]]\n")) for text, _, _ in WRONG)
    with pytest.raises(BadScenario) as told:
        parse_scenario(text, file="wrong.toml")
    lines = [problem.line for problem in told.value.problems]
    assert len(lines) == count
    assert lines == sorted(lines)
    assert 0 not in lines


@given(st.text(max_size=200) | st.sampled_from([text for text, _, _ in WRONG]).flatmap(lambda t: st.just(t[::-1])))
def test_no_text_does_anything_but_be_read_or_be_refused(text: str) -> None:
    find_lines(text)
    try:
        read: object = parse_scenario(text, file="x")
    except BadScenario as refused:
        read = refused.problems
    assert read


_TOML = st.recursive(
    st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["drift", "5 min"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["set", "at", "fault"]), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def _as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{" + ", ".join(f"{key} = {_as_toml(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_as_toml, value)) + "]"
        case str():
            return '"' + "".join(c for c in value if c.isalnum() or c == " ") + '"'
    return str(value)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["event", "fault", "devices", "visitors.change"]),
            st.dictionaries(
                st.sampled_from(["at", "every", "between", "for", "share", "device", "kinds", "set", "fault", "per_h",
                                 "buffer", "beat", "arrivals_per_h", "power", "clear", "data"]),
                _TOML,
                max_size=5,
            ),
        ),
        max_size=4,
    )
)  # fmt: skip
def test_whatever_stands_in_the_tables_is_read_or_refused(tables: list[tuple[str, dict[str, object]]]) -> None:
    text = "\n".join(
        f"[[{name}]]\n" + "\n".join(f"{key} = {_as_toml(value)}" for key, value in table.items())
        for name, table in tables
    )
    lines = [1]
    try:
        parse_scenario(text, file="x")
    except BadScenario as refused:
        lines += [problem.line for problem in refused.problems]
    assert min(lines) >= 1


# --- those that come with the program


@pytest.mark.parametrize("name", list_scenarios())
def test_a_scenario_of_ours_sets_points_and_names_kinds_that_exist(name: str) -> None:
    scenario = load_scenario(name)
    points = {point.name for kind in KINDS.values() for point in kind.points}
    assert scenario.title
    assert scenario.arrivals[0].per_h > 0
    for order in (planned.order for planned in scenario.planned):
        assert set(order.changes) <= points
        assert set(order.target.kinds) <= set(KINDS)
        assert {str(order.parameters.get("point") or "temperature")} <= points


def test_the_rough_day_has_every_fault_there_is() -> None:
    assert {planned.order.fault for planned in load_scenario("rough").planned} == set(FAULTS)


def test_the_example_in_the_documentation_can_be_played() -> None:
    page = (PACKAGE / "package.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    assert len(parse_scenario(example, file="package.md").planned) >= 3


def test_what_is_neither_a_name_nor_a_file_is_told_the_names(tmp_path: Path) -> None:
    for word in ("mornin", str(tmp_path / "no.toml"), str(tmp_path), "x" * 5000):
        with pytest.raises(BadScenario, match="give one of morning, normal"):
            load_scenario(word)
    with pytest.raises(BadScenario, match="did you mean 'morning'"):
        load_scenario("mornin")
    file = tmp_path / "mine.toml"
    file.write_text(WRITTEN)
    assert load_scenario(str(file)).inside_at_start == 5


# --- lines, durations, moments, arrivals


def test_lines_are_found_past_long_texts_and_comments() -> None:
    text = 'a = """\n[[event]]\nb = 1\n"""\n[[event]]  # first\n"b" = 1\n  [[event]]\nset.c = 2\n[visitors]\n'
    assert find_lines(text) == {
        ("", 0, "a"): 1, ("event", 0, ""): 5, ("event", 0, "b"): 6, ("event", 1, ""): 7, ("event", 1, "set"): 8,
        ("visitors", 0, ""): 9,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (90, 90), ("90", 90), ("90 s", 90), ("1.5h", 5400), ("5 min", 300), ("5 mins", 300), ("2 minutes", 120),
        ("250 ms", 0.25), ("2 days", 172_800), (0, 0), ("", None), ("min", None), (-1, None), (True, None),
        ("5 weeks", None), (float("nan"), None), (float("inf"), None), ([5], None), ("1e3 s", None), (10**12, None),
    ],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(written: object, seconds: float | None) -> None:
    assert find_duration_s(written) == seconds


@pytest.mark.parametrize(
    ("when", "moments"),
    [
        (When(at_s=5), [5]),
        (When(every_s=10, between=(5, 30)), [5, 15, 25]),
        (When(every_s=10, at_s=2), [2, 12, 22, 32]),
        (When(every_s=10), [10, 20, 30, 40]),
        (When(between=(7, 7)), [7]),
    ],
)
def test_moments(when: When, moments: list[float]) -> None:
    found = when.moments(Random(1))
    assert [moment for moment, _ in zip(found, range(4), strict=False)] == moments


@given(st.integers(0, 1000), st.floats(0, 100), st.floats(0, 100))
def test_a_moment_between_two_is_between_them(seed: int, first: float, length: float) -> None:
    (moment,) = When(between=(first, first + length)).moments(Random(seed))
    assert first <= moment <= first + length


def test_a_plan_is_played_in_the_order_of_its_moments() -> None:
    now = 0.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def planned(name: str, when: When) -> Planned:
        return Planned(when=when, order=Order(target=Target(devices=(name,)), power=False))

    async def run() -> list[tuple[float, str]]:
        plan = [planned("late", When(at_s=25)), planned("often", When(every_s=10)), planned("first", When(at_s=0))]
        played = []
        async for order in play(plan, random=Random(1), now_s=lambda: now, sleep=sleep):
            played.append((now, order.target.devices[0]))
            if now >= 30:
                return played
        return played

    assert asyncio.run(run()) == [(0, "first"), (10, "often"), (20, "often"), (25, "late"), (30, "often")]


def test_arrivals_follow_the_rate_of_their_hour_and_nobody_comes_at_night() -> None:
    arrivals = (Arrivals(from_s=0, per_h=0), Arrivals(from_s=3600, per_h=360), Arrivals(from_s=7200, per_h=0))
    random, now_s, came = Random(5), 0.0, []
    while (gap := gap_s(arrivals, now_s, random)) != float("inf"):
        now_s += gap
        came.append(now_s)
    assert min(came) >= 3600
    assert max(came) <= 7200
    assert 300 < len(came) < 420
