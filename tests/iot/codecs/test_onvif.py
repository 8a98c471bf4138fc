"""ONVIF over MQTT as devices write it: quoted or not, one or many, with or without data."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot.codecs.onvif import OnvifTopic, Scene, SensorValue, parse_event, parse_metadata, parse_time, parse_topic, plain
from iot.errors import CodecError

AT_MS = 1_223_641_497_321
"""2008-10-10T12:24:57.321Z"""


def read(body: Any) -> Any:
    return parse_metadata(json.dumps(body).encode())


def person(ident: Any, types: Any) -> dict[str, Any]:
    return {"@ObjectId": ident, "Appearance": {"Class": {"Type": types}}}


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        (
            "CAM/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fence",
            OnvifTopic("CAM", "onvif-ej", "RuleEngine/LineDetector/Crossed", ("1", "2", "Fence")),
        ),
        ("a/b/c/onvif-ej/VideoSource/MotionAlarm", OnvifTopic("a/b/c", "onvif-ej", "VideoSource/MotionAlarm", ())),
        (
            "CAM/onvif-ej/tns1:Device/tns1:Trigger/DigitalInput",
            OnvifTopic("CAM", "onvif-ej", "Device/Trigger/DigitalInput", ()),
        ),
        (
            "CAM/onvif-ej/Device/HardwareFailure/acme:LensFailure",
            OnvifTopic("CAM", "onvif-ej", "Device/HardwareFailure/acme:LensFailure", ()),
        ),
        ("CAM/onvif-mj/SensorData/Temperature", OnvifTopic("CAM", "onvif-mj", "SensorData/Temperature", ())),
    ],
)
def test_a_topic_falls_into_its_parts(topic: str, expected: OnvifTopic) -> None:
    assert parse_topic(topic) == expected


@pytest.mark.parametrize(
    "topic", ["CAM/onvif/x", "/onvif-ej/x", "onvif-ej/x", "x" * 600 + "/onvif-ej/y", "C\0/onvif-ej/y"]
)
def test_what_is_no_onvif_topic_is_refused(topic: str) -> None:
    with pytest.raises(CodecError) as failure:
        parse_topic(topic)
    assert failure.value.reason == "topic"


def test_an_event_reads_alike_with_and_without_quotes() -> None:
    quoted = {
        "UtcTime": "2008-10-10T12:24:57.321Z",
        "Source": {"VideoSource": "1"},
        "Data": {"Count": "7", "On": "true"},
    }
    bare = {"UtcTime": "2008-10-10T12:24:57.321Z", "Source": {"VideoSource": 1}, "Data": {"Count": 7, "On": True}}
    first, second = (parse_event(json.dumps(body).encode()) for body in (quoted, bare))
    assert first == second
    assert first.utc_ms == AT_MS
    assert first.data == {"Count": 7, "On": True}


def test_an_event_may_lack_data_and_carry_elements() -> None:
    body = {"UtcTime": "2008-10-10T12:24:57Z", "Source": {"Rule": "r", "Polygon": {"Point": [{"@x": "1"}]}}}
    event = parse_event(json.dumps(body).encode())
    assert (event.source, event.data) == ({"Rule": "r"}, {})


@pytest.mark.parametrize(
    "raw",
    [
        None,
        5,
        "",
        "0000-00-00T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "soon",
        "2008-10-10T12:24:57Z" * 9,
        "2300-01-01T00:00:00Z",
    ],
)
def test_a_clock_that_was_never_set_gives_no_time(raw: object) -> None:
    assert parse_time(raw) is None


def test_a_time_may_have_an_offset_or_none() -> None:
    assert parse_time("2008-10-10T20:24:57.321+08:00") == parse_time("2008-10-10T12:24:57.321") == AT_MS


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("7", 7),
        ("-7.5", -7.5),
        (7, 7),
        ("true", True),
        (False, False),
        ("1e3", 1000.0),
        ("Open", "Open"),
        ("1_000", "1_000"),
        ("٣", "٣"),
        ("1e999", "1e999"),
        (float("1e308"), 1e308),
        (2**60, None),
        (None, None),
        ([], None),
        ("+3", 3),
    ],
)
def test_plain_values(raw: object, expected: object) -> None:
    assert plain(raw) == expected
    assert type(plain(raw)) is type(expected)


def test_people_are_counted_by_their_likeliest_class() -> None:
    human, car = {"@Likelihood": 0.8, "#text": "Human"}, {"@Likelihood": 0.1, "#text": "Vehicle"}
    objects = [
        person(1, [human, car]),
        person("1", [human]),
        person(2, human),
        person(3, "Human"),
        person(4, [car]),
        person(5, {"@Likelihood": "0.3", "#text": "Human"}),
        person(6, [{**human, "@Likelihood": 0.6}, {**car, "@Likelihood": 0.7}]),
        {"@ObjectId": 7},
        {"@ObjectId": 8, "Appearance": {"Class": {"Type": "Face"}}},
    ]
    scene = read({"Frame": [{"@UtcTime": "2008-10-10T12:24:57.321Z", "Object": objects}]})
    assert scene == (Scene(3, AT_MS),), "1 twice, 2 and 3; 5 and 6 are more likely something else"


def test_one_frame_and_one_object_need_no_list_and_an_empty_scene_is_nobody() -> None:
    assert read({"Frame": {"Object": person(1, "Human")}}) == (Scene(1, None),)
    assert read({"Frame": [{}, {"Object": []}]}) == (Scene(0, None), Scene(0, None))


def test_a_sensor_gives_a_number_and_no_unit() -> None:
    body = {"SensorData": {"@UtcTime": "2008-10-10T12:24:57.321Z", "@SensorID": "1", "Value": "298.65"}}
    assert read(body) == SensorValue(298.65, AT_MS)
    assert read({"PTZ": {}}) is None


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"{", "json"),
        (b"[]", "schema"),
        (b'"x"', "schema"),
        (b'{"Frame":"\\u0000"}', "text"),
        (b'{"Frame":' + b"[" * 5000, "depth"),
        (b'{"SensorData":{"Value":"warm"}}', "schema"),
        (b"\xff", "json"),
        (json.dumps({"Frame": [{}] * 200}).encode(), "oversized"),
    ],
)
def test_what_is_wrong_has_a_name(payload: bytes, reason: str) -> None:
    with pytest.raises(CodecError) as failure:
        parse_metadata(payload)
    assert failure.value.reason == reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@UtcTime", "Object", "Appearance", "Class", "Type", "@Likelihood", "#text", "Value"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["UtcTime", "Source", "Data", "Frame", "SensorData"]), json_values))
def test_any_json_is_read_or_refused(body: dict[str, Any]) -> None:
    payload = json.dumps(body).encode()
    outcomes = []
    for parse in (parse_event, parse_metadata):
        try:
            parse(payload)  # type: ignore[operator]
            outcomes.append("read")
        except CodecError as error:
            outcomes.append(error.reason)
    assert set(outcomes) <= {"read", "schema", "json", "text", "oversized", "depth"}
