"""Orders come as events on the command line or as JSON lines; wrong ones say how a right one looks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.orders import BadOrder, Order, Planned, Target, When, parse_event, parse_line


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("UPS-2:on_battery@5", Order(target=Target(devices=("UPS-2",)), changes={"on_battery": True})),
        ("CLIM-01:temperature=40.5@5", Order(target=Target(devices=("CLIM-01",)), changes={"temperature": 40.5})),
        ("DOOR-01:fault=forced@5", Order(target=Target(devices=("DOOR-01",)), changes={"fault": "forced"})),
        ("DOOR-01:power=false@5", Order(target=Target(devices=("DOOR-01",)), power=False)),
    ],
)
def test_an_event_is_read(text: str, order: Order) -> None:
    assert parse_event(text) == Planned(when=When(at_s=5.0), order=order)


@pytest.mark.parametrize("text", ["", "UPS-2", "UPS-2:on_battery", "UPS-2:on_battery@soon", "UPS 2:x@1", ":x@1"])
def test_what_is_no_event_says_how_one_looks(text: str) -> None:
    with pytest.raises(BadOrder, match="UPS-2:on_battery@5"):
        parse_event(text)


def test_a_line_is_read() -> None:
    line = '{"device":"UPS-2","set":{"on_battery":true},"power":true,"skew_s":5,"event":"power_lost","data":{"a":1}}'
    assert parse_line(line) == Order(
        target=Target(devices=("UPS-2",)), changes={"on_battery": True}, power=True, fault="skew",
        parameters={"seconds": 5.0}, event="power_lost", event_data={"a": 1},
    )  # fmt: skip


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
