"""The shapes of the native convention's JSON payloads, one struct a topic; they decode, encode and document it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

MAX_PAYLOAD_BYTES = 16_384
MAX_TEXT_CHARS = 2_000
MAX_POINTS = 256
MAX_DEPTH = 4
"""Nesting allowed inside an event's data."""
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_YEAR_2100_MS = 4_102_444_800_000
_EXACT = 2**53

Id: TypeAlias = Annotated[str, Meta(pattern=ID_PATTERN)]
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
ShortText: TypeAlias = Annotated[str, Meta(max_length=120)]
LongText: TypeAlias = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=_YEAR_2100_MS)]
Counter: TypeAlias = Annotated[int, Meta(ge=0, le=_EXACT)]
Number: TypeAlias = Annotated[int, Meta(ge=-_EXACT, le=_EXACT)] | float
Scalar: TypeAlias = bool | Number | LongText
PointName: TypeAlias = Annotated[str, Meta(max_length=48)]
"""Any word: whether it names a point is the kind's to say (a pattern here would cost every message)."""
Names: TypeAlias = Annotated[tuple[Name, ...], Meta(max_length=MAX_POINTS)]


class DescPayload(msgspec.Struct, frozen=True, omit_defaults=False):
    """``desc``: what a device says of itself; retained."""

    kind: Name
    model: ShortText = ""
    firmware: ShortText = ""
    serial: ShortText = ""
    points: Names = ()
    commands: Names = ()
    buffer: Counter = 0
    schema: Literal[1] = 1


class StatePayload(msgspec.Struct, frozen=True):
    """``state``: online or, as last will, not; retained. ``dropped``: so many messages it has lost itself, ever."""

    online: bool
    boot: Counter
    ts: Milliseconds = 0
    dropped: Counter = 0


class TelePayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """``tele``: values by point name; ``q`` only where not good."""

    ts: Milliseconds
    seq: Counter
    boot: Counter
    v: Annotated[dict[PointName, Scalar], Meta(max_length=MAX_POINTS)]
    q: Annotated[dict[PointName, Literal["good", "uncertain", "bad"]], Meta(max_length=MAX_POINTS)] = {}
    late: bool = False


class EvtPayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """``evt/{type}``: something happened once."""

    ts: Milliseconds
    seq: Counter
    boot: Counter
    id: Id
    data: Annotated[dict[str, Any], Meta(max_length=MAX_POINTS)] = {}
    late: bool = False


class CmdPayload(msgspec.Struct, frozen=True):
    """``cmd/{name}``: never retained, single use, refused after ``exp``."""

    id: Id
    exp: Milliseconds
    by: ShortText
    args: Annotated[dict[Name, Scalar], Meta(max_length=MAX_POINTS)]


class AckPayload(msgspec.Struct, frozen=True):
    """``ack/{id}``: what became of a command."""

    ts: Milliseconds
    status: Literal["accepted", "done", "failed", "refused"]
    detail: Annotated[str, Meta(max_length=500)] = ""
