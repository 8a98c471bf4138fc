"""What ONVIF topics mean for our kinds: data, to be added to without touching code.

One row says what one item of one topic is for one kind: a point's value, or an event. ``/*`` ends a topic whose
subtopics may grow (ONVIF asks clients to expect that).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from iot.kind import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """``items``: names of the data item, the first found counts. ``values``: foreign word -> ours; none: as it is.

    ``event``: told when the point's value becomes ``when`` (any, where None); without a point at each message.
    ``data``: the event's data, each from ``Source.NAME``, ``Data.NAME`` or ``=text``; alternatives by ``|``.
    ``unless``: not used once this better topic was heard.
    """

    topic: str
    kind: str
    items: tuple[str, ...] = ("State",)
    point: str | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    event: str | None = None
    when: Value | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    uncertain: bool = False
    unless: str | None = None


WORST_FIRST: Mapping[tuple[str, str], tuple[Value, ...]] = {
    ("camera", "picture"): ("no_signal", "covered", "moved", "dark", "bright", "blurred", "ok"),
    ("door", "fault"): ("forced", "tamper", "held", "none"),
}
"""Points that several topics speak of: the worst that any of them says is the value."""


def _picture(topic: str, word: str, *items: str) -> Meaning:
    return Meaning(topic=topic, kind="camera", items=items or ("State",), point="picture",
                   values={"true": word, "false": "ok"})  # fmt: skip


def _motion(topic: str, *items: str) -> Meaning:
    return Meaning(topic=topic, kind="camera", items=items, event="motion", data={"active": f"Data.{items[0]}"})


def _state(topic: str, kind: str, point: str, *items: str) -> Meaning:
    return Meaning(topic=topic, kind=kind, items=items, point=point, values={"true": True, "false": False})


MEANINGS: tuple[Meaning, ...] = (
    # people
    Meaning(topic="RuleEngine/CountAggregation/OccupancyCounter", kind="camera", items=("Count",), point="people"),
    Meaning(topic="RuleEngine/CountAggregation/Counter", kind="people_counter", items=("Count",), point="entered"),
    Meaning(topic="RuleEngine/LineDetector/Crossed", kind="camera", event="line_crossed",
            data={"line": "Source.Rule|=", "direction": "Data.Direction|="}),
    Meaning(topic="RuleEngine/LineDetector/Crossed", kind="people_counter", event="crossed",
            data={"direction": "Data.Direction|Source.Rule|=", "count": "=1"}),
    # the picture
    _motion("VideoSource/MotionAlarm", "State"),
    _motion("RuleEngine/CellMotionDetector/Motion", "IsMotion"),
    _motion("RuleEngine/MotionRegionDetector/Motion", "State"),
    _picture("VideoSource/GlobalSceneChange/*", "moved"),
    _picture("VideoSource/ImageTooDark/*", "dark"),
    _picture("VideoSource/ImageTooBright/*", "bright"),
    _picture("VideoSource/ImageTooBlurry/*", "blurred"),
    _picture("VideoSource/SignalLoss", "no_signal", "State", "SignalLoss"),
    _picture("RuleEngine/TamperDetector/Tamper", "covered", "IsTamper", "State"),
    Meaning(topic="RecordingConfig/JobState", kind="camera", point="recording",
            values={"active": True, "partiallyactive": True, "idle": False, "error": False}),
    # doors
    Meaning(topic="Door/State/LockPhysicalState", kind="door", point="lock_state",
            values={"locked": "locked", "unlocked": "unlocked"}),
    Meaning(topic="Door/State/DoorMode", kind="door", point="lock_state", uncertain=True,
            unless="Door/State/LockPhysicalState",
            values={"locked": "locked", "blocked": "locked", "lockeddown": "locked", "doublelocked": "locked",
                    "unlocked": "unlocked", "accessed": "unlocked", "lockedopen": "unlocked"}),
    Meaning(topic="Door/State/DoorPhysicalState", kind="door", point="position", event="opened", when="open",
            values={"open": "open", "closed": "closed"}, data={"by": "=door contact"}),
    Meaning(topic="Door/State/DoorPhysicalState", kind="door", point="position", event="closed", when="closed",
            values={"open": "open", "closed": "closed"}),
    Meaning(topic="Door/State/DoorAlarm", kind="door", point="fault",
            values={"normal": "none", "doorforcedopen": "forced", "dooropentoolong": "held"}),
    Meaning(topic="Door/State/DoorTamper", kind="door", point="fault",
            values={"notintamper": "none", "tamperdetected": "tamper"}),
    Meaning(topic="AccessControl/AccessGranted/*", kind="door", event="granted",
            data={"reader": "Source.AccessPointToken|="}),
    Meaning(topic="AccessControl/Denied/*", kind="door", event="denied",
            data={"reader": "Source.AccessPointToken|=", "reason": "Data.Reason|="}),
    # contacts and analytics that stand for a sensor
    Meaning(topic="Device/Trigger/DigitalInput", kind="information_point", items=("LogicalState",), point="call",
            values={"true": "ringing", "false": "none"}, event="help_pressed", when="ringing"),
    _state("Device/Trigger/DigitalInput", "leak_sensor", "wet", "LogicalState"),
    _state("Device/Trigger/DigitalInput", "parking_sensor", "occupied", "LogicalState"),
    _state("RuleEngine/FieldDetector/ObjectsInside", "parking_sensor", "occupied", "IsInside"),
    _state("Device/Trigger/DigitalInput", "seat_sensor", "occupied", "LogicalState"),
    _state("RuleEngine/FieldDetector/ObjectsInside", "seat_sensor", "occupied", "IsInside"),
)  # fmt: skip

SENSORS: Mapping[tuple[str, str], str] = {
    ("climate_sensor", "SensorData/Temperature"): "temperature",
    ("climate_sensor", "SensorData/Humidity"): "humidity",
    ("climate_sensor", "SensorData/CO2"): "co2",
    ("climate_sensor", "SensorData/CO"): "co",
}
"""Sensor metadata by (kind, topic). No unit is said: the specification's own samples contradict each other."""
PEOPLE: Mapping[str, str] = {"camera": "people"}
"""By kind, the point that counts the people of a scene."""
