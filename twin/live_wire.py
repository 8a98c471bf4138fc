"""The live feed on its way through the broker: what changed since a place, as parts that fit into one packet each.

A receiver that stands at or behind ``since`` may take it, one that stands before it has a gap and asks. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec

from iot.errors import CodecError

PART_BYTES = 48_000
"""Of one packet; the broker takes 65,536 (``iot.broker.configuration.PACKET_BYTES``)."""
PARTS_MAX = 1_400
"""Of one message: 64 MiB, several times a hall of 100,000 points. Larger ones are neither sent nor taken."""
LANE_TAIL = 1_000
"""Lane items that a whole picture brings along, so that who was on another mirror may resume on a new one."""
ASK_BYTES_MAX = 1_024
_HEAD_BYTES_MAX = 200

Json: TypeAlias = dict[str, Any]
Wire: TypeAlias = dict[str, list[Any]]
"""An entity's points as they travel: name -> [value, quality, ts_ms]."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """One item of the lane, and who hears it."""

    scope: list[str]
    message: Json


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """What a mirror begins with besides entities and the end of the lane.

    ``reach``: the lane is complete after this seq. ``anew``: what was told before it is of another picture.
    """

    reach: int
    anew: int
    calls: list[Json]
    tickets: dict[str, Json]
    alarms: list[Json]
    commands: list[Json]
    desired: list[Json]
    building: str | None


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How far a mirror is. ``shape`` counts what no change since a place can tell, as an entity that is no more."""

    epoch: str
    seq: int
    n: int
    shape: int


NOWHERE = Stand(epoch="", seq=-1, n=-1, shape=-1)
"""Of a mirror that knows nothing yet."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """All that changed from ``since`` to ``until``; with ``whole`` it is the whole picture, whatever was before.

    ``entities``: (id, the seq of its last change, its points), the latest changed last.
    """

    since: Stand
    until: Stand
    entities: list[tuple[str, int, Wire]]
    lane: list[Told]
    whole: Whole | None = None


_decode_changes = msgspec.json.Decoder(Changes).decode
_decode_stand = msgspec.json.Decoder(Stand).decode


def split_changes(changes: Changes, *, number: int) -> list[bytes]:
    """The parts to send, in order; none where it is too large. ``number`` grows by one with each call of one run."""
    body = msgspec.json.encode(changes)
    count = -(-len(body) // PART_BYTES)
    if count > PARTS_MAX:
        return []
    head = f"{changes.until.epoch} {number}"
    return [
        f"{head} {i} {count}\n".encode() + body[i * PART_BYTES : (i + 1) * PART_BYTES] for i in range(count)
    ]  # fmt: skip


class Joiner:
    """Parts in, changes out. At most one message waits for its other parts."""

    def __init__(self) -> None:
        self.torn = 0
        """Messages of which a part is missing."""
        self._of: tuple[str, int, int] | None = None
        self._parts: list[bytes] = []
        self._done: tuple[str, int] = ("", -1)

    def join(self, part: bytes) -> Changes | None:
        """What this part completes, None where it completes nothing; ``CodecError`` where it is none."""
        epoch, number, index, count, body = _parse_part(part)
        if (epoch, number) == self._done or (epoch == self._done[0] and number < self._done[1]):
            return None  # sent again after a lost connection
        if self._of != (epoch, number, count):
            self._drop()
            self._of = (epoch, number, count)
        if index < len(self._parts):
            return None
        if index > len(self._parts):
            self.torn += 1
            self._of, self._parts, self._done = None, [], (epoch, number)
            return None
        self._parts.append(body)
        if len(self._parts) < count:
            return None
        whole = b"".join(self._parts)
        self._of, self._parts, self._done = None, [], (epoch, number)
        try:
            return _decode_changes(whole)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CodecError("json", str(error)) from None

    def _drop(self) -> None:
        self.torn += bool(self._parts)
        self._parts = []


def _parse_part(part: bytes) -> tuple[str, int, int, int, bytes]:
    head, found, body = part[: _HEAD_BYTES_MAX + PART_BYTES + 1].partition(b"\n")
    words = head.split(b" ")
    if not found or len(head) > _HEAD_BYTES_MAX or len(words) != 4 or not all(w.isdigit() for w in words[1:]):
        raise CodecError("topic", "no part of the live feed")
    number, index, count = map(int, words[1:])
    if index >= count or count > PARTS_MAX or len(body) > PART_BYTES:
        raise CodecError("oversized", f"part {index} of {count}, {len(body)} bytes")
    return words[0].decode("ascii", "replace"), number, index, count, body


def encode_ask(stand: Stand) -> bytes:
    return msgspec.json.encode(stand)


def parse_ask(payload: bytes) -> Stand:
    """Where the asker stands, or ``CodecError``."""
    if len(payload) > ASK_BYTES_MAX:
        raise CodecError("oversized", f"{len(payload)} bytes; {ASK_BYTES_MAX} are allowed")
    try:
        return _decode_stand(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CodecError("json", str(error)) from None


def earliest(stands: Iterable[Stand], *, epoch: str, shape: int) -> Stand:
    """From where all of these are served by one message; ``NOWHERE`` where one of them needs the whole picture."""
    listed = list(stands)
    if any((stand.epoch, stand.shape) != (epoch, shape) for stand in listed):
        return NOWHERE
    return min(listed, key=lambda stand: (stand.seq, stand.n))
