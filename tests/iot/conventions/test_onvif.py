"""What ONVIF devices say becomes points and events of our kinds; what means nothing is named, not swallowed."""

import json
from typing import Any

import pytest

from iot.catalogue import KINDS
from iot.codecs.validate import check_telemetry
from iot.conventions.onvif import OnvifConvention
from iot.conventions.onvif_topics import MEANINGS, PEOPLE, SENSORS, WORST_FIRST
from iot.errors import CodecError
from iot.messages import DeviceEvent, Message, Presence, Telemetry
from iot.ports import Binding

NOW = 1_763_000_000_000
UTC, UTC_MS = "2026-01-02T03:04:05.000Z", 1_767_323_045_000
DOORS = ("D-1", "door", "CTRL/&Door1,AP1"), ("D-2", "door", "CTRL/&Door2"), ("C-9", "camera", "CTRL")


def spoken(*devices: tuple[str, str, str], points: dict[str, str] | None = None) -> OnvifConvention:
    convention = OnvifConvention()
    convention.bind(
        [
            Binding(device=key, kind=kind, convention="onvif", address=address, points=points or {})
            for key, kind, address in devices
        ]
    )
    return convention


def hear(
    convention: OnvifConvention,
    topic: str,
    data: Any = None,
    *,
    source: Any = None,
    utc: str | None = UTC,
    at: int = NOW,
) -> list[Message]:
    body = {"UtcTime": utc, "Source": source, "Data": data}
    payload = json.dumps({name: value for name, value in body.items() if value is not None}).encode()
    return [m for m in convention.parse(topic, payload, received_ms=at) if not isinstance(m, Presence)]


def values(said: list[Message]) -> dict[str, Any]:
    return {name: value for m in said if isinstance(m, Telemetry) for name, value in m.values.items()}


def refused(convention: OnvifConvention, topic: str, data: Any = None) -> tuple[str, str]:
    with pytest.raises(CodecError) as failure:
        hear(convention, topic, data)
    return failure.value.reason, failure.value.detail


def test_the_table_speaks_of_kinds_points_events_and_values_that_exist() -> None:
    for meaning in MEANINGS:
        kind = KINDS[meaning.kind]
        if meaning.point is not None:
            point = kind.find_point(meaning.point)
            assert point is not None
            for value in meaning.values.values():
                said = Telemetry(device="x", ts_ms=1, seq=1, boot=0, values={meaning.point: value})
                assert check_telemetry(kind, said) == ({meaning.point: value}, []), (meaning.topic, value)
        if meaning.event is not None:
            event = next(e for e in kind.events if e.name == meaning.event)
            assert set(meaning.data) <= set(event.data)
        assert meaning.point or meaning.event
    named = [*SENSORS.items(), *(((kind, ""), point) for kind, point in PEOPLE.items())]
    for (name, _), point_name in named:
        assert KINDS[name].find_point(point_name) is not None
    for (name, point_name), order in WORST_FIRST.items():
        joined = KINDS[name].find_point(point_name)
        assert joined is not None
        assert set(order) == set(joined.values), f"{name}.{point_name}: every value has its place in the order"


def test_a_count_becomes_a_point_with_the_cameras_own_time() -> None:
    convention = spoken(("CAM-1", "camera", "hall/cam1"))
    said = hear(
        convention, "hall/cam1/onvif-ej/RuleEngine/CountAggregation/OccupancyCounter/&1/2/Zone", {"Count": "12"}
    )
    assert said == [Telemetry(device="CAM-1", ts_ms=UTC_MS, seq=NOW, boot=0, values={"people": 12}, numbered=False)]


def test_whoever_speaks_first_is_there_and_that_is_said_once() -> None:
    convention = spoken(("CAM-1", "camera", "C"))
    body = json.dumps({"UtcTime": UTC, "Data": {"State": "true"}}).encode()
    first = convention.parse("C/onvif-ej/VideoSource/MotionAlarm", body, received_ms=NOW)
    again = convention.parse("C/onvif-ej/VideoSource/MotionAlarm", body, received_ms=NOW + 1)
    assert first[0] == Presence(device="CAM-1", online=True, boot=0, ts_ms=NOW)
    assert [type(m) for m in again] == [DeviceEvent]


@pytest.mark.parametrize("utc", [None, "0000-00-00T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_without_a_time_it_is_ours_and_uncertain(utc: str | None) -> None:
    said = hear(spoken(("C", "camera", "C")), "C/onvif-ej/VideoSource/SignalLoss", {"State": True}, utc=utc)
    (reading,) = said
    assert isinstance(reading, Telemetry)
    assert (reading.ts_ms, reading.values, reading.quality) == (NOW, {"picture": "no_signal"}, {"picture": "uncertain"})


def test_the_worst_that_any_topic_says_of_the_picture_holds() -> None:
    convention = spoken(("C", "camera", "C"))
    seen = [
        values(hear(convention, f"C/onvif-ej/{topic}", {"State": state}))["picture"]
        for topic, state in [
            ("VideoSource/ImageTooDark/ImagingService", "true"),
            ("VideoSource/GlobalSceneChange/AnalyticsService", True),
            ("VideoSource/ImageTooDark/ImagingService", "false"),
            ("VideoSource/GlobalSceneChange/AnalyticsService", "0"),
        ]
    ]
    assert seen == ["dark", "moved", "moved", "ok"]


def test_a_door_controller_is_several_doors_by_their_sources() -> None:
    convention = spoken(*DOORS)
    one = hear(convention, "CTRL/onvif-ej/Door/State/LockPhysicalState/&Door1", {"State": "Locked"})
    two = hear(
        convention, "CTRL/onvif-ej/Door/State/LockPhysicalState", {"State": "Unlocked"}, source={"DoorToken": "Door2"}
    )
    reader = hear(
        convention,
        "CTRL/onvif-ej/AccessControl/Denied/CredentialNotFound/Card/&AP1",
        {"Reason": "Unknown", "Card": "4711"},
        source={"AccessPointToken": "AP1"},
    )
    assert [(m.device, values([m])) for m in one + two] == [
        ("D-1", {"lock_state": "locked"}),
        ("D-2", {"lock_state": "unlocked"}),
    ]
    (denied,) = reader
    assert isinstance(denied, DeviceEvent)
    assert (denied.device, denied.type, denied.data) == ("D-1", "denied", {"reader": "AP1", "reason": "Unknown"})
    assert "4711" not in repr(denied), "whose card it was stays with the door controller"


def test_a_leaf_tells_its_event_when_it_moves_not_each_time_it_is_asked() -> None:
    convention = spoken(("D", "door", "D"))
    topic = "D/onvif-ej/Door/State/DoorPhysicalState"
    told = [hear(convention, topic, {"State": state}) for state in ("Closed", "Open", "Open", "Closed")]
    assert [[m.type for m in said if isinstance(m, DeviceEvent)] for said in told] == [
        ["closed"],
        ["opened"],
        [],
        ["closed"],
    ]
    assert [values(said)["position"] for said in told] == ["closed", "open", "open", "closed"]


def test_forced_goes_before_held_and_the_mode_of_a_door_gives_way_to_its_lock() -> None:
    convention = spoken(("D", "door", "D"))
    state = "D/onvif-ej/Door/State/"
    mode = hear(convention, state + "DoorMode", {"State": "LockedDown"})
    assert (values(mode), mode[0].quality) == ({"lock_state": "locked"}, {"lock_state": "uncertain"})  # type: ignore[union-attr]
    hear(convention, state + "LockPhysicalState", {"State": "Unlocked"})
    assert values(hear(convention, state + "DoorMode", {"State": "Locked"})) == {}
    assert values(hear(convention, state + "DoorTamper", {"State": "TamperDetected"})) == {"fault": "tamper"}
    assert values(hear(convention, state + "DoorAlarm", {"State": "DoorOpenTooLong"})) == {"fault": "tamper"}
    assert values(hear(convention, state + "DoorAlarm", {"State": "DoorForcedOpen"})) == {"fault": "forced"}


def test_people_in_a_scene_are_said_when_they_change_and_every_few_seconds() -> None:
    convention = spoken(("C", "camera", "C"))
    someone = {"@ObjectId": 1, "Appearance": {"Class": {"Type": {"@Likelihood": 0.9, "#text": "Human"}}}}

    def scene(people: int, at: int) -> list[Any]:
        frame = {"@UtcTime": UTC, "Object": [{**someone, "@ObjectId": n} for n in range(people)]}
        payload = json.dumps({"Frame": [frame]}).encode()
        said = convention.parse("C/onvif-mj/VideoAnalytics/P/M", payload, received_ms=at)
        return [m.values["people"] for m in said if isinstance(m, Telemetry)]

    assert [scene(2, NOW), scene(2, NOW + 40), scene(3, NOW + 80), scene(3, NOW + 5_080), scene(0, NOW + 5_120)] == [
        [2],
        [],
        [3],
        [3],
        [0],
    ]


def test_sensor_data_never_claims_a_unit() -> None:
    convention = spoken(("T", "climate_sensor", "T"))
    payload = json.dumps({"SensorData": {"@UtcTime": UTC, "Value": 298.65}}).encode()
    said = convention.parse("T/onvif-mj/SensorData/Temperature", payload, received_ms=NOW)
    reading = said[-1]
    assert isinstance(reading, Telemetry)
    assert reading.quality == {"temperature": "uncertain"}
    assert check_telemetry(KINDS["climate_sensor"], reading)[1] == [("temperature", "out_of_range")], "kelvin, it seems"


def test_a_rule_may_be_bound_to_another_point() -> None:
    convention = spoken(("P", "people_counter", "P"), points={"RuleOut": "left"})
    topic = "P/onvif-ej/RuleEngine/CountAggregation/Counter"
    assert values(hear(convention, topic, {"Count": 5}, source={"Rule": "RuleIn"})) == {"entered": 5}
    assert values(hear(convention, topic, {"Count": 3}, source={"Rule": "RuleOut"})) == {"left": 3}


def test_a_line_crossing_without_data_is_an_event_and_the_same_bytes_are_the_same_event() -> None:
    convention = spoken(("C", "camera", "C"))
    topic = "C/onvif-ej/RuleEngine/LineDetector/Crossed/&1/2/Fence"
    (first,) = hear(convention, topic, source={"Rule": "Fence"})
    (again,) = hear(convention, topic, source={"Rule": "Fence"}, at=NOW + 9)
    assert isinstance(first, DeviceEvent)
    assert first == again
    assert (first.type, first.data) == ("line_crossed", {"line": "Fence", "direction": ""})
    (untimed,) = hear(convention, topic, source={"Rule": "Fence"}, utc=None)
    (untimed_again,) = hear(convention, topic, source={"Rule": "Fence"}, utc=None, at=NOW + 9)
    assert untimed != untimed_again, "without a time nobody can tell: each is told"


def test_readings_are_ordered_by_arrival_even_within_a_millisecond() -> None:
    convention = spoken(("C", "camera", "C"))
    topic = "C/onvif-ej/RuleEngine/CountAggregation/OccupancyCounter"
    said = [m for count in (1, 2, 3) for m in hear(convention, topic, {"Count": count})]
    assert [m.seq for m in said if isinstance(m, Telemetry)] == [NOW, NOW + 1, NOW + 2]


@pytest.mark.parametrize(
    ("topic", "data", "expected"),
    [
        (
            "C/onvif-ej/Device/HardwareFailure/acme:Lens",
            {},
            ("unmapped", "onvif camera: Device/HardwareFailure/acme:Lens"),
        ),
        (
            "C/onvif-ej/RecordingConfig/JobState",
            {"State": "Odd"},
            ("unmapped", "onvif camera: RecordingConfig/JobState = odd"),
        ),
        ("C/onvif-ej/VideoSource/SignalLoss", {}, ("schema", "VideoSource/SignalLoss without State or SignalLoss")),
        (
            "X/onvif-ej/VideoSource/MotionAlarm",
            {},
            ("unbound", "onvif 'X' is no device yet; it speaks on VideoSource/MotionAlarm"),
        ),
        ("C/onvif-mj/PTZ/Status", {}, ("unmapped", "onvif camera: onvif-mj/PTZ")),
    ],
)
def test_what_means_nothing_is_named(topic: str, data: Any, expected: tuple[str, str]) -> None:
    assert refused(spoken(("C", "camera", "C")), topic, data) == expected


def test_a_source_that_no_device_is_bound_to_is_named() -> None:
    convention = spoken(DOORS[1])
    reason, detail = refused(convention, "CTRL/onvif-ej/Door/State/DoorMode/&Door7", {"State": "Locked"})
    assert (reason, "Door7" in detail) == ("unbound", True)


def test_binding_again_keeps_what_was_known_and_long_prefixes_are_subscribed() -> None:
    convention = spoken(("C", "camera", "floor1/cam"))
    hear(convention, "floor1/cam/onvif-ej/VideoSource/SignalLoss", {"State": True})
    convention.bind([Binding(device="C", kind="camera", convention="onvif", address="floor1/cam")])
    dark = hear(convention, "floor1/cam/onvif-ej/VideoSource/ImageTooDark/X", {"State": True})
    assert values(dark) == {"picture": "no_signal"}
    assert convention.filters() == ("+/onvif-ej/#", "+/onvif-mj/#", "floor1/cam/onvif-ej/#", "floor1/cam/onvif-mj/#")
    assert convention.speaker("floor1/cam/onvif-ej/x") == "C"
    assert convention.speaker("other/onvif-ej/x") == "other"
