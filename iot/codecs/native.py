"""The native MQTT convention: a topic and bytes become one message or one ``CodecError``, and back."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec

from iot.codecs.wire import (
    ID_PATTERN,
    MAX_DEPTH,
    MAX_PAYLOAD_BYTES,
    MAX_TEXT_CHARS,
    AckPayload,
    CmdPayload,
    DescPayload,
    EvtPayload,
    StatePayload,
    TelePayload,
)
from iot.errors import CodecError, CommandRefused
from iot.messages import (
    CommandAck,
    CommandRequest,
    CommandSeen,
    Description,
    DeviceEvent,
    LetGo,
    Message,
    Missed,
    Presence,
    Telemetry,
)

PREFIX = "ht/v1"
PROTOCOL_COMMANDS = frozenset({"rebirth", "resend"})
"""Commands of the convention itself: every device answers them, no kind declares them."""
_ID = re.compile(ID_PATTERN)
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,47}$")
_KNOWN_TOPICS = 16_384
_NUL = b"\\u0000"

Payload: TypeAlias = DescPayload | StatePayload | TelePayload | EvtPayload | CmdPayload | AckPayload
_desc = msgspec.json.Decoder(DescPayload)
_state = msgspec.json.Decoder(StatePayload)
_tele = msgspec.json.Decoder(TelePayload)
_evt = msgspec.json.Decoder(EvtPayload)
_cmd = msgspec.json.Decoder(CmdPayload)
_ack = msgspec.json.Decoder(AckPayload)
_encode = msgspec.json.Encoder().encode


class Topic(NamedTuple):
    """``ht/v1/{site}/{device}/{what}[/{tail}]``"""

    device: str
    what: str
    tail: str


def is_device_key(word: str) -> bool:
    """Whether a word can stand for a device in a topic (and so be its user name)."""
    return _ID.fullmatch(word) is not None


@lru_cache(maxsize=_KNOWN_TOPICS)
def parse_topic(topic: str, site: str) -> Topic:
    """The parts of a device's topic, or ``CodecError``."""
    parts = topic.split("/")
    if len(topic) > 256 or len(parts) < 5 or parts[:3] != [*PREFIX.split("/"), site]:
        raise CodecError("topic", f"not of the form {PREFIX}/{site}/DEVICE/..: {topic[:120]!r}")
    device, what, tail = parts[3], parts[4], parts[5:]
    if not is_device_key(device):
        raise CodecError("topic", f"{device[:80]!r} is no device id")
    match what, tail:
        case (("desc" | "state" | "tele"), []):
            return Topic(device, what, "")
        case "evt", [name] if _NAME.fullmatch(name):
            return Topic(device, what, name)
        case "cmd", [_, *_]:
            return Topic(device, what, "/".join(tail))
        case "ack", [command] if _ID.fullmatch(command):
            return Topic(device, what, command)
    raise CodecError("topic", f"a device does not speak on {'/'.join(parts[4:])[:120]!r}")


def parse(topic: str, payload: bytes | bytearray, *, site: str) -> Message:
    """One message from a device, or a command as it was met on the wire (then its bytes may be anything).

    Whatever the bytes are: a message, or ``CodecError`` with a reason code.
    """
    device, what, tail = parse_topic(topic, site)
    if what != "cmd":
        return _checked(device, what, tail, payload)
    try:
        return _checked(device, what, tail, payload)
    except CodecError as error:  # nobody but the hall may command: what is no command is worth knowing all the more
        return CommandSeen(device=device, name=tail, defect=error.reason)


def _checked(device: str, what: str, tail: str, payload: bytes | bytearray) -> Message:
    if not payload:
        raise CodecError("empty", "no payload")
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise CodecError("oversized", f"{len(payload)} bytes; {MAX_PAYLOAD_BYTES} are allowed")
    if _NUL in payload:  # PostgreSQL text cannot hold it: one such string would spoil a whole batch
        raise CodecError("text", "a NUL character")
    try:
        return _decode(device, what, tail, payload)
    except msgspec.ValidationError as error:
        raise CodecError("schema", str(error)) from None
    except msgspec.DecodeError as error:
        raise CodecError("json", str(error)) from None
    except UnicodeDecodeError as error:
        raise CodecError("text", str(error)) from None
    except RecursionError:
        raise CodecError("depth", "nested too deep") from None


def glance(payload: bytes) -> TelePayload | None:
    """Telemetry that is as it should be; None for all else, of which ``parse`` says what is wrong with it."""
    if len(payload) > MAX_PAYLOAD_BYTES or _NUL in payload:
        return None
    try:
        return _tele.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def encode(message: Message, *, site: str) -> tuple[str, bytes]:
    """Topic and bytes as a device would send this message: for gateways, benches and tests."""
    match message:
        case Telemetry():
            payload: Payload = TelePayload(
                ts=message.ts_ms, seq=message.seq, boot=message.boot, v=dict(message.values),
                q=dict(message.quality), late=message.late,
            )  # fmt: skip
            what = "tele"
        case DeviceEvent():
            payload = EvtPayload(
                ts=message.ts_ms, seq=message.seq, boot=message.boot, id=message.id, data=dict(message.data),
                late=message.late,
            )  # fmt: skip
            what = f"evt/{message.type}"
        case Presence():
            payload = StatePayload(
                online=message.online, boot=message.boot, ts=message.ts_ms, dropped=message.dropped
            )  # fmt: skip
            what = "state"
        case Description():
            payload = DescPayload(
                kind=message.kind, model=message.model, firmware=message.firmware, serial=message.serial,
                points=message.points, commands=message.commands, buffer=message.buffer,
            )  # fmt: skip
            what = "desc"
        case CommandAck():
            payload = AckPayload(ts=message.ts_ms, status=message.status, detail=message.detail)
            what = f"ack/{message.id}"
        case CommandSeen():
            payload = CmdPayload(
                id=message.id, exp=message.expires_ms, by=message.issuer, args=dict(message.arguments)
            )  # fmt: skip
            what = f"cmd/{message.name}"
        case Missed() | LetGo():
            raise TypeError("what was missed or let go is nobody's to say on the wire")
    return f"{PREFIX}/{site}/{message.device}/{what}", _encode(payload)


def encode_command(request: CommandRequest, *, site: str) -> tuple[str, bytes]:
    """Topic and bytes of a command; ``CommandRefused`` when it cannot be put on the wire."""
    if not (is_device_key(request.device) and _ID.fullmatch(request.id) and _NAME.fullmatch(request.name)):
        raise CommandRefused(f"device {request.device!r}, id {request.id!r} or name {request.name!r} is malformed")
    payload = _encode(
        CmdPayload(id=request.id, exp=request.expires_ms, by=request.issuer, args=dict(request.arguments))
    )
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise CommandRefused(f"the command takes {len(payload)} bytes; {MAX_PAYLOAD_BYTES} are allowed")
    return command_topic(request.device, request.name, site=site), payload


def command_topic(device: str, command: str, *, site: str) -> str:
    return f"{PREFIX}/{site}/{device}/cmd/{command}"


def echo_topic(site: str) -> str:
    """On which the hall says a word to itself now and then: nobody else writes there."""
    return f"{PREFIX}/{site}/hall/echo"


def _decode(device: str, what: str, tail: str, payload: bytes | bytearray) -> Message:
    match what:
        case "tele":
            return _telemetry(device, _tele.decode(payload))
        case "evt":
            return _event(device, tail, _evt.decode(payload))
        case "state":
            state = _state.decode(payload)
            return Presence(
                device=device, online=state.online, boot=state.boot, ts_ms=state.ts, dropped=state.dropped
            )  # fmt: skip
        case "desc":
            return _description(device, _desc.decode(payload))
        case "cmd":
            if not _NAME.fullmatch(tail):
                raise CodecError("topic", "no name of a command")
            cmd = _cmd.decode(payload)
            return CommandSeen(
                device=device, name=tail, id=cmd.id, issuer=cmd.by, expires_ms=cmd.exp, arguments=cmd.args
            )
    ack = _ack.decode(payload)
    return CommandAck(device=device, id=tail, ts_ms=ack.ts, status=ack.status, detail=ack.detail)


def _telemetry(device: str, tele: TelePayload) -> Telemetry:
    return Telemetry(
        device=device, ts_ms=tele.ts, seq=tele.seq, boot=tele.boot, values=tele.v, quality=tele.q, late=tele.late
    )


def _event(device: str, name: str, evt: EvtPayload) -> DeviceEvent:
    if not _shallow(evt.data, MAX_DEPTH):
        raise CodecError("depth", f"event data is nested deeper than {MAX_DEPTH} or holds a text that is too long")
    return DeviceEvent(
        device=device, type=name, id=evt.id, ts_ms=evt.ts, seq=evt.seq, boot=evt.boot, data=evt.data, late=evt.late
    )


def _description(device: str, desc: DescPayload) -> Description:
    return Description(
        device=device, kind=desc.kind, model=desc.model, firmware=desc.firmware, serial=desc.serial,
        points=desc.points, commands=desc.commands, buffer=desc.buffer,
    )  # fmt: skip


def _shallow(value: Any, levels: int) -> bool:
    match value:
        case str():
            return len(value) <= MAX_TEXT_CHARS
        case dict():
            return levels > 0 and all(_shallow(item, levels - 1) for item in value.values())
        case list():
            return levels > 0 and all(_shallow(item, levels - 1) for item in value)
    return True
