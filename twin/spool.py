"""Bytes kept on disk until they can go where they belong: what ``append`` returned for is there after any crash.

Records with a number, a length and a checksum in files that are only ever appended to, each flushed to the disk before
``append`` returns. A crash tears at most the last record, which nobody was told of: it is cut off. One that is damaged
later is named, counted and passed over. The oldest is read first; a file goes when all in it went.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SEGMENT_BYTES = 16 << 20
READINGS_BYTES = 1 << 30
"""About two hours at 2,000 messages of three readings a second."""
JOURNAL_BYTES = 64 << 20
SEGMENTS_MIN = 8
"""So many files at least make up the bound: room comes back file by file."""
READ_BYTES = 4 << 20
_MAGIC = b"htS1"
_HEAD = struct.Struct("<4sIIIQ")
"""Magic, checksum of all that follows it, length of the payload, weight, number."""
_CHECKED_FROM = 8

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolPlace:
    """Where a hall keeps what the database does not take now. ``bytes_max`` bounds the readings."""

    folder: Path
    bytes_max: int = READINGS_BYTES

    def readings(self) -> Spool:
        return Spool(self.folder / "readings", bytes_max=self.bytes_max)

    def journal(self) -> Spool:
        return Spool(self.folder / "journal", bytes_max=JOURNAL_BYTES)


class SpoolFull(Exception):
    """There is no room within the bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """``weight``: how many readings or statements it stands for. ``end``: where it ends in its file."""

    number: int
    weight: int
    payload: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Segment:
    path: Path
    size: int


def encode(number: int, weight: int, payload: bytes) -> bytes:
    head = _HEAD.pack(_MAGIC, 0, len(payload), weight, number)
    checksum = zlib.crc32(payload, zlib.crc32(head[_CHECKED_FROM:]))
    return _HEAD.pack(_MAGIC, checksum, len(payload), weight, number) + payload


def scan(raw: bytes) -> Iterator[Record]:
    """Every whole record in these bytes; what is between them is damage."""
    at = raw.find(_MAGIC)
    while at >= 0:
        record = _record_at(raw, at)
        if record is not None:
            yield record
        at = raw.find(_MAGIC, at + 1 if record is None else record.end)


def _record_at(raw: bytes, at: int) -> Record | None:
    if at + _HEAD.size > len(raw):
        return None
    _, checksum, length, weight, number = _HEAD.unpack_from(raw, at)
    start = at + _HEAD.size
    if start + length > len(raw):
        return None
    payload = raw[start : start + length]
    if zlib.crc32(payload, zlib.crc32(raw[at + _CHECKED_FROM : start])) != checksum:
        return None
    return Record(number=number, weight=weight, payload=payload, start=at, end=start + length)


class Spool:
    """One folder, one thread. ``bytes_max`` bounds what lies on the disk, up to one file more while it is drained.

    ``waiting``: the weight of all in it; ``last``: the greatest number ever seen in it.
    """

    def __init__(self, folder: Path, *, bytes_max: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder, self._segment_bytes = folder, min(segment_bytes, bytes_max // SEGMENTS_MIN)
        self.bytes_max = bytes_max
        self.waiting = self.bytes = self.last = 0
        self.torn = self.damaged = 0
        self._segments: deque[_Segment] = deque()
        self._read_at = 0
        self._out: int | None = None
        folder.mkdir(parents=True, exist_ok=True)
        paths = sorted(folder.glob("*.spool"))
        for path in paths:
            self._take_up(path, is_last=path == paths[-1])

    @property
    def is_empty(self) -> bool:
        return not self._segments

    @property
    def room(self) -> int:
        return max(0, self.bytes_max - self.bytes)

    def append(self, number: int, payload: bytes, *, weight: int = 1) -> None:
        """Durable when this returns. Raises SpoolFull, or OSError when the disk does not take it: then nothing is kept.

        Numbers rise.
        """
        raw = encode(number, weight, payload)
        if len(raw) > self.room:
            raise SpoolFull
        segment, out = self._writable(number)
        try:
            rest = memoryview(raw)
            while rest:
                rest = rest[os.write(out, rest) :]
            os.fdatasync(out)
        except OSError:
            self._give_up(segment, out)
            raise
        segment.size += len(raw)
        self.bytes += len(raw)
        self.waiting += weight
        self.last = number

    def read(self, bytes_max: int = READ_BYTES) -> list[Record]:
        """The oldest records, some of them; they stay until ``drop``. Empty when nothing is left."""
        while self._segments:
            segment = self._segments[0]
            records = self._read_segment(segment, bytes_max)
            if records:
                return records
            if self._read_at < segment.size:
                self._note_damage(segment, segment.size)
            self._remove_oldest()
        return []

    def drop(self, records: list[Record]) -> None:
        """These, just read, are where they belong."""
        if not records:
            return
        for record in records:
            if record.start > self._read_at:
                self._note_damage(self._segments[0], record.start)
            self._read_at = record.end
            self.waiting -= record.weight
        if self._read_at >= self._segments[0].size:
            self._remove_oldest()

    def close(self) -> None:
        if self._out is not None:
            os.close(self._out)
            self._out = None

    # --- files ---------------------------------------------------------------------------------------------

    def _take_up(self, path: Path, *, is_last: bool) -> None:
        """What an earlier run left."""
        raw, end = path.read_bytes(), 0
        for record in scan(raw):
            end = record.end
            self.waiting += record.weight
            self.last = max(self.last, record.number)
        if is_last and end < len(raw):
            self.torn += 1
            _log.warning("spool_torn: %s: %d bytes after byte %d cut off", path, len(raw) - end, end)
            os.truncate(path, end)
        size = end if is_last else len(raw)
        if not size:
            path.unlink()
            return
        self._segments.append(_Segment(path, size))
        self.bytes += size

    def _writable(self, number: int) -> tuple[_Segment, int]:
        """The newest file of this run, or a new one: what an earlier run wrote is not touched again."""
        if self._out is not None and self._segments[-1].size < self._segment_bytes:
            return self._segments[-1], self._out
        self.close()
        path = self._folder / f"{number:020d}.spool"
        self._out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._flush_folder()
        self._segments.append(_Segment(path, 0))
        return self._segments[-1], self._out

    def _flush_folder(self) -> None:
        folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _give_up(self, segment: _Segment, out: int) -> None:
        """Nobody was told of what may stand after its end; after a failed flush nothing more goes into this file."""
        self._out = None
        try:
            os.ftruncate(out, segment.size)
        except OSError:
            _log.exception("spool_not_cut: %s", segment.path)  # a record that is not whole; passed over when read
        finally:
            os.close(out)
        if not segment.size:
            self._segments.pop()
            segment.path.unlink(missing_ok=True)

    def _read_segment(self, segment: _Segment, bytes_max: int) -> list[Record]:
        """From where reading stands; more than asked for where not one record fits into that."""
        rest = segment.size - self._read_at
        with segment.path.open("rb") as file:
            for length in dict.fromkeys((min(bytes_max, rest), rest)):
                file.seek(self._read_at)
                records = list(scan(file.read(length)))
                if records:
                    break
            else:
                return []
        base = self._read_at
        return [
            Record(number=r.number, weight=r.weight, payload=r.payload, start=base + r.start, end=base + r.end)
            for r in records
        ]

    def _note_damage(self, segment: _Segment, until: int) -> None:
        self.damaged += 1
        _log.error("spool_damaged: %s: passed over before byte %d", segment.path, until)

    def _remove_oldest(self) -> None:
        segment = self._segments.popleft()
        if not self._segments:
            self.close()
            self.waiting = 0
        self._read_at = 0
        self.bytes -= segment.size
        segment.path.unlink(missing_ok=True)
        self._flush_folder()
