"""ONVIF devices that publish over MQTT by themselves: their events and metadata as points and events of our kinds.

They give no sequence numbers and no birth: order is by arrival, and a device is there once it has been heard.
What no table row means anything for is counted by its name. Persons' credentials in access events are left out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from iot.codecs.onvif import OnvifEvent, OnvifTopic, Scene, SensorValue, parse_event, parse_metadata, parse_topic
from iot.conventions.binding import onvif_filters, split_source
from iot.conventions.convention import FOREIGN_PAYLOAD_BYTES, Publication
from iot.conventions.onvif_topics import MEANINGS, PEOPLE, SENSORS, WORST_FIRST, Meaning
from iot.errors import CodecError
from iot.kind import Value
from iot.messages import CommandRequest, DeviceEvent, Foreign, Message, Presence, Telemetry
from iot.ports import Binding

PEOPLE_EVERY_MS = 5_000
"""A scene comes many times a second: people are said when their number changes, and this often at least."""
REMEMBERED_MAX = 512
"""What is kept of one device: its contributions to joined points, and the last state of each source."""
_TOPICS = {meaning.topic for meaning in MEANINGS}


@dataclass(slots=True)
class _Bound:
    """A device as this connection knows it since it began."""

    binding: Binding
    tokens: frozenset[str]
    order: int = 0
    present: bool = False
    people: int = -1
    people_ms: int = 0
    heard: set[str] = field(default_factory=set)
    said: dict[tuple[str, ...], Value] = field(default_factory=dict)

    def next_order(self, received_ms: int) -> int:
        self.order = max(self.order + 1, received_ms)
        return self.order


class OnvifConvention:
    """``iot.conventions.convention.Convention``, inwards only."""

    name = "onvif"

    def __init__(self) -> None:
        self._bindings: tuple[Binding, ...] = ()
        self._bound: Mapping[str, tuple[_Bound, ...]] = {}

    def filters(self) -> tuple[str, ...]:
        return tuple(onvif_filters(self._bindings))

    def claims(self, topic: str) -> bool:
        return "/onvif-ej/" in topic or "/onvif-mj/" in topic

    def speaker(self, topic: str) -> str | None:
        try:
            read = parse_topic(topic)
        except CodecError:
            return None
        bound = self._bound.get(read.prefix, ())
        return bound[0].binding.device if len(bound) == 1 else read.prefix

    def parse(self, topic: str, payload: bytes | bytearray, *, received_ms: int) -> tuple[Message, ...]:
        read = parse_topic(topic)
        bound = self._bound.get(read.prefix)
        if not bound:
            said = f"onvif {read.prefix!r} is no device yet; it speaks on {read.local[:120]}"
            raise CodecError("unbound", said, foreign=_foreign(read.prefix, read))
        if len(payload) > FOREIGN_PAYLOAD_BYTES:
            raise CodecError("oversized", f"{len(payload)} bytes; {FOREIGN_PAYLOAD_BYTES} are allowed")
        if read.service == "onvif-mj":
            return self._metadata(bound, read, payload, received_ms)
        event = parse_event(payload)
        device = _choose(bound, read, event.source)
        ident = hashlib.blake2b(topic.encode() + b"\0" + bytes(payload), digest_size=12).hexdigest()
        return self._events(device, read, event, ident, received_ms)

    def encode(self, request: CommandRequest) -> None:
        del request

    def bind(self, bindings: Sequence[Binding]) -> None:
        known = {one.binding.device: one for group in self._bound.values() for one in group}
        grouped: dict[str, list[_Bound]] = {}
        for binding in bindings:
            prefix, token = split_source(binding.address)
            tokens = frozenset(token.split(",")) if token else frozenset()
            before = known.get(binding.device)
            same = before is not None and before.binding == binding
            grouped.setdefault(prefix, []).append(before if before and same else _Bound(binding, tokens))
        self._bound = {prefix: tuple(sorted(group, key=lambda b: not b.tokens)) for prefix, group in grouped.items()}
        self._bindings = tuple(bindings)

    def will(self, now_ms: int) -> None:
        del now_ms

    def births(self, now_ms: int) -> tuple[Publication, ...]:
        del now_ms
        return ()

    def replies(self, now_ms: int) -> tuple[Publication, ...]:
        del now_ms
        return ()

    def _metadata(
        self, bound: Sequence[_Bound], topic: OnvifTopic, payload: bytes | bytearray, received_ms: int
    ) -> tuple[Message, ...]:
        """Metadata names a profile, not a source that a binding could know: it is the whole device's."""
        device = next((one for one in bound if not one.tokens), bound[0])
        found = parse_metadata(payload)
        kind = device.binding.kind
        if isinstance(found, SensorValue):
            point = device.binding.points.get(topic.local) or SENSORS.get((kind, topic.local))
            if point is None:
                raise _unmapped(kind, f"onvif-mj/{topic.local}")
            return _present(
                device, received_ms, [_telemetry(device, point, found.value, found.utc_ms, received_ms, sure=False)]
            )
        if found is None or kind not in PEOPLE:
            raise _unmapped(kind, f"onvif-mj/{topic.local.split('/')[0]}")
        return _present(device, received_ms, self._scenes(device, PEOPLE[kind], found, received_ms))

    def _scenes(self, device: _Bound, point: str, scenes: Iterable[Scene], received_ms: int) -> list[Message]:
        said: list[Message] = []
        for scene in scenes:
            if scene.people != device.people or received_ms - device.people_ms >= PEOPLE_EVERY_MS:
                device.people, device.people_ms = scene.people, received_ms
                said.append(_telemetry(device, point, scene.people, scene.utc_ms, received_ms))
        return said

    def _events(
        self, device: _Bound, topic: OnvifTopic, event: OnvifEvent, ident: str, received_ms: int
    ) -> tuple[Message, ...]:
        kind = device.binding.kind
        meanings = [m for m in MEANINGS if m.kind == kind and _fits(m.topic, topic.local)]
        if not meanings:
            raise _unmapped(kind, topic.local)
        said: list[Message] = []
        point_said: str | None = None
        for meaning in meanings:
            if meaning.unless in device.heard:
                continue
            value: Value | None = None
            if meaning.point is not None:
                value = _value(meaning, topic, event)
                point = _point(device.binding, meaning, event)
                changed = _note(device, (topic.local, *topic.sources, meaning.event or ""), value)
                if point_said != point:
                    now = _joined(device, kind, point, topic, value)
                    said.append(_telemetry(device, point, now, event.utc_ms, received_ms, sure=not meaning.uncertain))
                    point_said = point
                if not changed or (meaning.when is not None and value != meaning.when):
                    continue
            if meaning.event is not None:
                said.append(_event(device, meaning, event, ident, received_ms))
        if len(device.heard) < REMEMBERED_MAX:
            device.heard.add(topic.local)
        return _present(device, received_ms, said)


def _choose(bound: Sequence[_Bound], topic: OnvifTopic, source: Mapping[str, Value]) -> _Bound:
    """The device bound to one of the sources named, else the one bound to the prefix as a whole."""
    named = {*topic.sources, *(str(value) for value in source.values())}
    for one in bound:
        if not one.tokens or one.tokens & named:
            return one
    token = next(iter(topic.sources), "") or next((str(value) for value in source.values()), "")
    said = f"onvif {topic.prefix!r}: no device is bound to {'/'.join(sorted(named))[:120]!r}"
    raise CodecError("unbound", said, foreign=_foreign(f"{topic.prefix}/&{token}", topic))


def _foreign(address: str, topic: OnvifTopic) -> Foreign:
    """An address that could be bound, and on what it speaks."""
    return Foreign(convention="onvif", address=address, said={"speaks": f"{topic.service}/{topic.local}"})


def _fits(pattern: str, topic: str) -> bool:
    return topic == pattern or (pattern.endswith("/*") and (topic + "/").startswith(pattern[:-1]))


def _unmapped(kind: str, topic: str) -> CodecError:
    return CodecError("unmapped", f"onvif {kind}: {topic[:160]}")


def _value(meaning: Meaning, topic: OnvifTopic, event: OnvifEvent) -> Value:
    raw = next((event.data[item] for item in meaning.items if item in event.data), None)
    if raw is None:
        raise CodecError("schema", f"{topic.local[:120]} without {' or '.join(meaning.items)}")
    if not meaning.values:
        return raw
    word = str(raw).lower()
    if word in {"0", "1"} and "true" in meaning.values:
        word = "true" if word == "1" else "false"
    if word not in meaning.values:
        raise _unmapped(meaning.kind, f"{topic.local} = {word[:40]}")
    return meaning.values[word]


def _point(binding: Binding, meaning: Meaning, event: OnvifEvent) -> str:
    """Where a binding names the point of a rule or a source, that one; else the table's."""
    names = (binding.points.get(str(value)) for value in event.source.values())
    return next((name for name in names if name is not None), meaning.point or "")


def _note(device: _Bound, key: tuple[str, ...], value: Value) -> bool:
    """Remember what was said last; True where it is another value now."""
    before = device.said.get(key)
    if before is not None or len(device.said) < REMEMBERED_MAX:
        device.said[key] = value
    return before != value


def _joined(device: _Bound, kind: str, point: str, topic: OnvifTopic, value: Value) -> Value:
    order = WORST_FIRST.get((kind, point))
    if order is None:
        return value
    _note(device, ("", point, topic.local, *topic.sources), value)
    contributed = {said for key, said in device.said.items() if key[:2] == ("", point)} | {value}
    return min(contributed, key=order.index)


def _telemetry(
    device: _Bound, point: str, value: Value, utc_ms: int | None, received_ms: int, *, sure: bool = True
) -> Telemetry:
    certain = sure and utc_ms is not None
    return Telemetry(
        device=device.binding.device, ts_ms=utc_ms if utc_ms is not None else received_ms, boot=0,
        seq=device.next_order(received_ms), values={point: value}, quality={} if certain else {point: "uncertain"},
        numbered=False,
    )  # fmt: skip


def _event(device: _Bound, meaning: Meaning, event: OnvifEvent, ident: str, received_ms: int) -> DeviceEvent:
    """With a time of its own, the same bytes are the same event; without one, each arrival is one."""
    known = event.utc_ms is not None
    data = {name: _word(wanted, event) for name, wanted in meaning.data.items()}
    return DeviceEvent(
        device=device.binding.device, type=meaning.event or "", id=ident if known else f"{ident[:12]}-{received_ms}",
        ts_ms=event.utc_ms if event.utc_ms is not None else received_ms, seq=0, boot=0,
        data=data if known else {**data, "time": "received"}, numbered=False,
    )  # fmt: skip


def _word(wanted: str, event: OnvifEvent) -> Value:
    places = {"Source": event.source, "Data": event.data}
    for word in wanted.split("|"):
        if word.startswith("="):
            return int(word[1:]) if word[1:].isdigit() else word[1:]
        place, _, name = word.partition(".")
        if name in places[place]:
            return places[place][name]
    return ""


def _present(device: _Bound, received_ms: int, said: list[Message]) -> tuple[Message, ...]:
    """Whoever speaks is there."""
    if not device.present:
        device.present = True
        said.insert(0, Presence(device=device.binding.device, online=True, boot=0, ts_ms=received_ms))
    return tuple(said)
