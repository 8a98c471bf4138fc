"""A kind's declaration decides, value by value, what may pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.catalogue import KINDS
from iot.codecs.validate import check_arguments, check_telemetry
from iot.errors import CommandRefused
from iot.kind import Value
from iot.kind_checks import fits
from iot.messages import Telemetry


def telemetry(**values: Value) -> Telemetry:
    return Telemetry(device="X", ts_ms=0, seq=0, boot=0, values=values)


@pytest.mark.parametrize(
    ("kind", "values", "accepted", "rejected"),
    [
        ("climate_sensor", {"temperature": 21}, {"temperature": 21.0}, []),
        ("climate_sensor", {"temperature": 200.0}, {}, [("temperature", "out_of_range")]),
        ("climate_sensor", {"temperature": "21"}, {}, [("temperature", "wrong_type")]),
        ("climate_sensor", {"temperature": True}, {}, [("temperature", "wrong_type")]),
        ("climate_sensor", {"smell": 1, "humidity": 40.0}, {"humidity": 40.0}, [("smell", "unknown_point")]),
        ("camera", {"people": 3.0}, {"people": 3}, []),
        ("camera", {"people": 3.5}, {}, [("people", "wrong_type")]),
        ("door", {"lock_state": "ajar"}, {}, [("lock_state", "unknown_value")]),
        ("door", {"lock_state": "locked"}, {"lock_state": "locked"}, []),
        ("ups", {"on_battery": 1}, {}, [("on_battery", "wrong_type")]),
        ("screen", {"text": "请" * 501}, {}, [("text", "too_long")]),
        ("camera", {"people": float("nan")}, {}, [("people", "wrong_type")]),
        ("camera", {"people": float("inf")}, {}, [("people", "wrong_type")]),
    ],
)
def test_values_are_judged_one_by_one(
    kind: str, values: dict[str, Value], accepted: dict[str, Value], rejected: list[tuple[str, str]]
) -> None:
    assert check_telemetry(KINDS[kind], telemetry(**values)) == (accepted, rejected)


any_value = st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_every_value_is_either_accepted_in_its_type_or_named(kind_name: str, data: st.DataObject) -> None:
    kind = KINDS[kind_name]
    names = st.sampled_from([point.name for point in kind.points]) | st.text(max_size=5)
    values = data.draw(st.dictionaries(names, any_value, max_size=6))
    accepted, rejected = check_telemetry(kind, telemetry(**values))
    assert set(accepted) | {name for name, _ in rejected} == set(values)
    assert len(accepted) + len(rejected) == len(values)
    for name, value in accepted.items():
        point = kind.find_point(name)
        assert point is not None
        assert fits(point.type, value)
        assert point.range is None or point.range[0] <= value <= point.range[1]  # type: ignore[operator]


def test_good_arguments_pass_as_declared() -> None:
    announce = KINDS["pa_zone"].find_command("announce")
    assert announce is not None
    assert check_arguments(announce, {"text": "请注意"}) == {"text": "请注意"}
    assert check_arguments(announce, {"text": "请注意", "repeat": 2.0}) == {"text": "请注意", "repeat": 2}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "needs text"),
        ({"text": "x" * 201}, "too_long"),
        ({"text": "x", "repeat": 9}, "out_of_range"),
        ({"text": "x", "repeat": "two"}, "wrong_type"),
        ({"text": 5}, "wrong_type"),
        ({"text": "x", "loud": True}, "no argument loud"),
    ],
)
def test_bad_arguments_are_refused_with_the_reason(arguments: dict[str, Value], complaint: str) -> None:
    announce = KINDS["pa_zone"].find_command("announce")
    assert announce is not None
    with pytest.raises(CommandRefused, match=complaint):
        check_arguments(announce, arguments)
