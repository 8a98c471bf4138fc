"""Sparkplug B edge nodes as they are: births, deaths and data in; rebirth requests and the host's own state out.

Their numbers run from 0 to 255 over a whole node: a gap is told of every device behind it and a new birth is asked for.
A death counts only for the birth it names (bdSeq): a late will cannot end a newer connection.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from iot.codecs.sparkplug import BOOLEAN, Metric, Payload, encode_payload, parse_payload, typed
from iot.conventions.binding import node_of
from iot.conventions.convention import FOREIGN_PAYLOAD_BYTES, MESSAGES_A_PACKET, Publication
from iot.errors import CodecError
from iot.kind import Value
from iot.messages import CommandRequest, Foreign, Message, Missed, Presence, Quality, Telemetry
from iot.ports import Binding

NAMESPACE = "spBv1.0"
ALIASES_MAX = 5_000
REBIRTH_EVERY_MS = 5_000
"""A node is not asked for a new birth more often than this."""
VALUES_A_MESSAGE = 256
METRICS_NAMED_MAX = 20
_SEQUENCE = 256
_OF_NODE = ("NBIRTH", "NDATA", "NDEATH")
_OF_DEVICE = ("DBIRTH", "DDATA", "DDEATH")
_EARLIEST_MS, _LATEST_MS = 946_684_800_000, 4_102_444_800_000
_OWN = ("Node Control/", "Device Control/", "Properties/")
"""Metrics of the convention itself."""
_REBIRTH = "Node Control/Rebirth"
_SEPARATORS = re.compile(r"[^a-z0-9]+")


@dataclass(slots=True)
class _Node:
    """An edge node with a device of ours on it. ``expected`` None: no birth heard, its data cannot be told apart."""

    topic: str
    own: str | None = None
    devices: dict[str, Binding] = field(default_factory=dict)
    bd_seq: int | None = None
    expected: int | None = None
    alive: bool = False
    aliases: dict[tuple[str, int], Metric] = field(default_factory=dict)
    types: dict[tuple[str, str], int] = field(default_factory=dict)
    order: int = 0
    asked_ms: int = 0


class SparkplugConvention:
    """``iot.conventions.convention.Convention``. ``host``: the name under which nodes look for us."""

    name = "sparkplug"

    def __init__(self, host: str) -> None:
        self._state_topic = f"{NAMESPACE}/STATE/{host}"
        self._born_ms = 0
        self._nodes: Mapping[str, _Node] = {}
        self._defended = False
        self._wanting: dict[str, _Node] = {}

    def filters(self) -> tuple[str, ...]:
        return (
            *(f"{NAMESPACE}/+/{what}/+" for what in _OF_NODE),
            *(f"{NAMESPACE}/+/{what}/+/+" for what in _OF_DEVICE),
            self._state_topic,
        )

    def claims(self, topic: str) -> bool:
        return topic.startswith(f"{NAMESPACE}/")

    def speaker(self, topic: str) -> str | None:
        if topic == self._state_topic:
            return None
        try:
            group, _, edge, device = _parts(topic)
        except CodecError:
            return None
        node = self._nodes.get(f"{group}/{edge}")
        binding = node.devices.get(device) if node else None
        return binding.device if binding else "/".join(filter(None, (group, edge, device)))

    def parse(self, topic: str, payload: bytes | bytearray, *, received_ms: int) -> tuple[Message, ...]:
        if topic == self._state_topic:
            self._defend(payload)
            return ()
        group, what, edge, device = _parts(topic)
        node = self._nodes.get(f"{group}/{edge}")
        if node is None:
            raise _unbound(f"{group}/{edge}", {"speaks": what, **_born(what, payload)})
        if len(payload) > FOREIGN_PAYLOAD_BYTES:
            raise CodecError("oversized", f"{len(payload)} bytes; {FOREIGN_PAYLOAD_BYTES} are allowed")
        read = parse_payload(payload)
        if what == "NDEATH":
            return self._node_death(node, read, received_ms)
        said = list(self._hear(node, what, device, read, received_ms))
        if device not in node.devices and device and not said:
            raise _unbound(f"{group}/{edge}/{device}", {"speaks": what, **_introduces(read)})
        return tuple(said)

    def encode(self, request: CommandRequest) -> Publication | None:
        """Rebirth is the one command both know; others have no answer in Sparkplug, so none could be said done."""
        if request.name != "rebirth":
            return None
        for node in self._nodes.values():
            if any(binding.device == request.device for binding in node.devices.values()):
                return _rebirth(node, request.expires_ms)
        return None

    def bind(self, bindings: Sequence[Binding]) -> None:
        nodes: dict[str, _Node] = {}
        for binding in bindings:
            address = node_of(binding) or binding.address
            group, _, edge = address.partition("/")
            node = nodes.get(address)
            if node is None:
                before = self._nodes.get(address)
                node = replace(before, devices={}) if before else _Node(f"{NAMESPACE}/{group}/NCMD/{edge}")
                nodes[address] = node
            node.devices[binding.address.removeprefix(address).lstrip("/")] = binding
        for address, node in nodes.items():
            before = self._nodes.get(address)
            if before is None or before.devices != node.devices:
                node.expected = None  # whoever is new has not been introduced: the next message asks for a birth
        self._nodes = nodes

    def will(self, now_ms: int) -> Publication:
        """Its time is that of the birth it ends."""
        self._born_ms = now_ms
        return self._state(online=False)

    def births(self, now_ms: int) -> tuple[Publication, ...]:
        """The host is there; and nodes that were there before it are asked who they are, as births are not kept."""
        self._wanting.clear()
        for node in self._nodes.values():
            node.expected, node.asked_ms = None, now_ms
        return (self._state(online=True), *(_rebirth(node, now_ms) for node in self._nodes.values()))

    def replies(self, now_ms: int) -> tuple[Publication, ...]:
        if not self._wanting and not self._defended:
            return ()
        said = [self._state(online=True)] if self._defended else []
        self._defended = False
        for node in [node for node in self._wanting.values() if now_ms - node.asked_ms >= REBIRTH_EVERY_MS]:
            node.asked_ms = now_ms
            del self._wanting[node.topic]
            said.append(_rebirth(node, now_ms))
        return tuple(said)

    def _state(self, *, online: bool) -> Publication:
        body = json.dumps({"online": online, "timestamp": self._born_ms}).encode()
        return Publication(topic=self._state_topic, payload=body, retain=True)

    def _defend(self, payload: bytes | bytearray) -> None:
        """Somebody, or the will of our own last connection, says that we are gone."""
        if bytes(payload) != self._state(online=True).payload:
            self._defended = True

    def _hear(self, node: _Node, what: str, device: str, read: Payload, received_ms: int) -> Iterator[Message]:
        """Births, data and the death of a device; data before any birth means nothing yet."""
        if what == "NBIRTH":
            self._node_birth(node, read)
        elif node.expected is None or read.seq is None:
            self._wanting[node.topic] = node
            return
        else:
            yield from self._count(node, read.seq)
        binding = node.devices.get(device)
        if what == "DBIRTH":
            _forget(node, device)
        if binding is not None and what not in {"NDATA", "DDATA"}:
            yield _presence(binding, online=what != "DDEATH", at_ms=received_ms)
        if what != "DDEATH":
            yield from self._values(node, device, binding, read, received_ms, birth=what in {"NBIRTH", "DBIRTH"})

    def _node_birth(self, node: _Node, read: Payload) -> None:
        node.aliases.clear()
        node.types.clear()
        node.alive = True
        self._wanting.pop(node.topic, None)
        node.bd_seq = next((int(m.value) for m in read.metrics if m.name == "bdSeq" and isinstance(m.value, int)), None)
        node.expected = ((read.seq or 0) + 1) % _SEQUENCE

    def _node_death(self, node: _Node, read: Payload, received_ms: int) -> tuple[Message, ...]:
        """The node's own device stands for those behind it; where it is none of ours, each of them is gone."""
        ended = next((m.value for m in read.metrics if m.name == "bdSeq"), None)
        if node.alive and node.bd_seq is not None and ended is not None and ended != node.bd_seq:
            return ()
        node.alive, node.expected = False, None
        self._wanting.pop(node.topic, None)
        gone = [node.devices[""]] if "" in node.devices else list(node.devices.values())
        return tuple(_presence(binding, online=False, at_ms=received_ms) for binding in gone)

    def _count(self, node: _Node, seq: int) -> Iterator[Missed]:
        """A gap is told of everybody on the node, as nobody knows whose messages are missing, and a birth asked for."""
        expected = seq if node.expected is None else node.expected
        missing = (seq - expected) % _SEQUENCE
        node.expected = (seq + 1) % _SEQUENCE
        if missing:
            self._wanting[node.topic] = node
            yield from (Missed(device=binding.device, count=missing) for binding in node.devices.values())

    def _values(
        self, node: _Node, device: str, binding: Binding | None, read: Payload, received_ms: int, *, birth: bool
    ) -> Iterator[Message]:
        """One message for each moment and quality of arrival that the metrics name."""
        moments: dict[tuple[int | None, bool], dict[str, tuple[Value, Quality]]] = {}
        for metric in read.metrics:
            known = self._introduce(node, device, metric, birth=birth)
            if known is None:
                self._wanting[node.topic] = node
                continue
            if binding is None or known.value is None or known.name == "bdSeq" or known.name.startswith(_OWN):
                continue
            at_ms = _sane(known.ts_ms) or _sane(read.ts_ms)
            values = moments.setdefault((at_ms, known.historical), {})
            values[_point(binding, known.name)] = (known.value, known.quality)
        if len(moments) > MESSAGES_A_PACKET // 2:
            raise CodecError(
                "oversized", f"{len(moments)} moments in one payload; {MESSAGES_A_PACKET // 2} are allowed"
            )
        if binding is not None:
            for (at_ms, historical), values in sorted(moments.items(), key=lambda item: item[0][0] or received_ms):
                yield from _telemetry(node, binding, values, at_ms, received_ms, historical=historical)

    def _introduce(self, node: _Node, device: str, metric: Metric, *, birth: bool) -> Metric | None:
        """The metric with its name and type; None where it was never introduced. Aliases are unique over a node."""
        if birth:
            if metric.alias is not None and metric.name and len(node.aliases) < ALIASES_MAX:
                node.aliases[device, metric.alias] = metric
            if metric.datatype is not None and len(node.types) < ALIASES_MAX:
                node.types[device, metric.name] = metric.datatype
        name = metric.name
        if not name:
            introduced = node.aliases.get((device, metric.alias if metric.alias is not None else -1))
            if introduced is None:
                return None
            name = introduced.name
        datatype = metric.datatype if metric.datatype is not None else node.types.get((device, name))
        value = None if metric.value is None else typed(metric.value, datatype)
        return replace(metric, name=name, value=value)


def _unbound(address: str, said: Mapping[str, str]) -> CodecError:
    foreign = Foreign(convention="sparkplug", address=address, said=said)
    return CodecError("unbound", f"sparkplug {address} is no device yet", foreign=foreign)


def _born(what: str, payload: bytes | bytearray) -> dict[str, str]:
    """What the birth of a node that nobody bound tells of it; a birth that is none tells nothing."""
    if what not in {"NBIRTH", "DBIRTH"} or len(payload) > FOREIGN_PAYLOAD_BYTES:
        return {}
    try:
        return _introduces(parse_payload(payload))
    except CodecError:
        return {}


def _introduces(read: Payload) -> dict[str, str]:
    """The names of what it measures, and what it says of its make."""
    names = [metric.name for metric in read.metrics if metric.name and not metric.name.startswith(_OWN)]
    make = [f"{m.name.partition('/')[2]} {m.value}" for m in read.metrics if m.name.startswith("Properties/")]
    said = {"metrics": ", ".join(names[:METRICS_NAMED_MAX]), "model": ", ".join(make[:METRICS_NAMED_MAX])}
    return {name: words for name, words in said.items() if words}


def _parts(topic: str) -> tuple[str, str, str, str]:
    """(group, what, edge, device or "")."""
    words = topic.split("/")
    match words:
        case [_, group, what, edge] if what in _OF_NODE and group and edge:
            return group, what, edge, ""
        case [_, group, what, edge, device] if what in _OF_DEVICE and group and edge and device:
            return group, what, edge, device
    raise CodecError("topic", f"no Sparkplug topic of a node: {topic[:120]!r}")


def _forget(node: _Node, device: str) -> None:
    """A device that is born again introduces its metrics anew."""
    node.aliases = {key: metric for key, metric in node.aliases.items() if key[0] != device}
    node.types = {key: kind for key, kind in node.types.items() if key[0] != device}


def _point(binding: Binding, name: str) -> str:
    """The binding's word for it, else the same name as points are written."""
    return binding.points.get(name) or _SEPARATORS.sub("_", name.lower()).strip("_")[:48]


def _sane(ts_ms: int | None) -> int | None:
    return ts_ms if ts_ms is not None and _EARLIEST_MS <= ts_ms <= _LATEST_MS else None


def _presence(binding: Binding, *, online: bool, at_ms: int) -> Presence:
    return Presence(device=binding.device, online=online, boot=0, ts_ms=at_ms)


def _telemetry(
    node: _Node, binding: Binding, values: Mapping[str, tuple[Value, Quality]], at_ms: int | None, received_ms: int, *,
    historical: bool,
) -> Iterator[Telemetry]:  # fmt: skip
    """What is historical orders by its own time, which is past: it is recorded and changes nothing live."""
    ts_ms = received_ms if at_ms is None else at_ms
    node.order = max(node.order + 1, received_ms)
    listed = list(values.items())
    for start in range(0, len(listed), VALUES_A_MESSAGE):
        part = dict(listed[start : start + VALUES_A_MESSAGE])
        quality: dict[str, Quality] = {name: word for name, (_, word) in part.items() if word != "good"}
        if at_ms is None:
            quality = {name: "bad" if quality.get(name) == "bad" else "uncertain" for name in part}
        yield Telemetry(
            device=binding.device, ts_ms=ts_ms, seq=min(ts_ms, node.order - 1) if historical else node.order, boot=0,
            values={name: value for name, (value, _) in part.items()}, quality=quality, late=historical, numbered=False,
        )  # fmt: skip


def _rebirth(node: _Node, now_ms: int) -> Publication:
    metric = Metric(name=_REBIRTH, ts_ms=now_ms, datatype=BOOLEAN, value=True)
    return Publication(topic=node.topic, payload=encode_payload(Payload(ts_ms=now_ms, metrics=(metric,))), qos=0)
