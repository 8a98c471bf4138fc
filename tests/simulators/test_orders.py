"""Orders come as events on the command line or as JSON lines; wrong ones say how a right one looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS
from simulators.orders import BadOrder, Order, Planned, parse_event, parse_line
from simulators.scenarios import SCENARIOS


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("UPS-2:on_battery@5", Order(device="UPS-2", changes={"on_battery": True})),
        ("CLIM-01:temperature=40.5@5", Order(device="CLIM-01", changes={"temperature": 40.5})),
        ("DOOR-01:fault=forced@5", Order(device="DOOR-01", changes={"fault": "forced"})),
        ("DOOR-01:power=false@5", Order(device="DOOR-01", power=False)),
    ],
)
def test_an_event_is_read(text: str, order: Order) -> None:
    assert parse_event(text) == Planned(after_s=5.0, order=order)


@pytest.mark.parametrize("text", ["", "UPS-2", "UPS-2:on_battery", "UPS-2:on_battery@soon", "UPS 2:x@1", ":x@1"])
def test_what_is_no_event_says_how_one_looks(text: str) -> None:
    with pytest.raises(BadOrder, match="UPS-2:on_battery@5"):
        parse_event(text)


def test_a_line_is_read() -> None:
    line = '{"device":"UPS-2","set":{"on_battery":true},"power":true,"skew_s":5,"event":"power_lost","data":{"a":1}}'
    assert parse_line(line) == Order(
        device="UPS-2", changes={"on_battery": True}, power=True, skew_s=5.0, event="power_lost", event_data={"a": 1}
    )


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[]",
        "{}",
        '{"device":5}',
        '{"device":"A","sett":{}}',
        '{"device":"A","set":5}',
        '{"device":"A","power":"no"}',
    ],
)
def test_a_wrong_line_is_refused(line: str) -> None:
    with pytest.raises(BadOrder):
        parse_line(line)


@given(st.text(max_size=60))
def test_no_line_does_anything_but_be_read_or_refused(line: str) -> None:
    try:
        read: Order | BadOrder = parse_line(line)
    except BadOrder as refused:
        read = refused
    assert isinstance(read, (Order, BadOrder))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_scenarios_set_points_that_some_kind_has(name: str) -> None:
    points = {point.name for kind in KINDS.values() for point in kind.points}
    for planned in SCENARIOS[name].planned:
        assert set(planned.order.changes) <= points
        assert planned.order.changes or planned.order.power is not None
