"""Bytes kept on disk until they can go where they belong: what ``append`` returned for is there after any crash.

Records with a number, a length and a checksum in files that are only ever appended to, each flushed to the disk before
``append`` returns. A crash tears at most the last record, which nobody was told of: it is cut off. One that is damaged
later is named, counted and passed over. The oldest is read first; a file goes when all in it went.

Beside each file may stand what all before it comes to (``Before``): whoever opens a spool that an earlier run left
need read the newest file only, however much waits in the others.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Before: TypeAlias = Callable[[], bytes]
"""Asked as a new file is begun: what all that was put in until then comes to, in as few bytes as that takes."""

SEGMENT_BYTES = 8 << 20
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
_COUNT, _WEIGHT_BYTES = struct.Struct("<I"), 8
"""First in what stands beside a file: how many files there were before it, and the weight of each."""

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
    """``weight`` of all in it; ``beside``: bytes of what stands beside it."""

    path: Path
    size: int
    weight: int = 0
    beside: int = 0

    @property
    def before(self) -> Path:
        return self.path.with_suffix(".before")


@dataclass(frozen=True, slots=True)
class _Before:
    """What stands beside a file: the weights of those before it, and what all in them comes to."""

    weights: tuple[int, ...]
    comes_to: bytes


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

    ``waiting``: the weight of all in it; ``last``: the greatest number in it, or seen in it by this run.
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
        self._take_up()

    @property
    def is_empty(self) -> bool:
        return not self._segments

    @property
    def room(self) -> int:
        return max(0, self.bytes_max - self.bytes)

    def append(self, number: int, payload: bytes, *, weight: int = 1, before: Before | None = None) -> None:
        """Durable when this returns. Raises SpoolFull, or OSError when the disk does not take it: then nothing is kept.

        Numbers rise.
        """
        raw = encode(number, weight, payload)
        if len(raw) > self.room:
            raise SpoolFull
        segment, out = self._writable(number, before)
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
        segment.weight += weight
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

    def recall(self) -> tuple[bytes | None, Iterator[Record]]:
        """What all in it comes to: what stands beside the newest file where it does, and every record after that."""
        segments = list(self._segments)
        for at in range(len(segments) - 1, -1, -1):
            found = _read_before(segments[at])
            if found is not None:
                return found.comes_to, _records_of(segments[at:])
        return None, _records_of(segments)

    def close(self) -> None:
        if self._out is not None:
            os.close(self._out)
            self._out = None

    # --- files ---------------------------------------------------------------------------------------------

    def _take_up(self) -> None:
        """What an earlier run left. All of it is read only where what stands beside the files does not tell enough."""
        for stray in self._folder.glob("*.before"):
            if not stray.with_suffix(".spool").exists():
                stray.unlink()
        found = [_Segment(path, path.stat().st_size) for path in sorted(self._folder.glob("*.spool"))]
        if not found:
            return
        *earlier, newest = found
        before = _read_before(newest)
        self._scan_file(newest, is_newest=True)
        for at, segment in enumerate(reversed(earlier), 1):
            if before is None or self.last == 0:  # or there was nothing whole in the newest
                self._scan_file(segment, is_newest=False)
            else:
                segment.weight = before.weights[-at]
        for segment in found:
            if segment.size:
                segment.beside = segment.before.stat().st_size if segment.before.exists() else 0
                self._segments.append(segment)
                self.bytes += segment.size + segment.beside
                self.waiting += segment.weight

    def _scan_file(self, segment: _Segment, *, is_newest: bool) -> None:
        raw, end = segment.path.read_bytes(), 0
        for record in scan(raw):
            end = record.end
            segment.weight += record.weight
            self.last = max(self.last, record.number)
        if is_newest:
            if end < len(raw):
                self.torn += 1
                _log.warning("spool_torn: %s: %d bytes after byte %d cut off", segment.path, len(raw) - end, end)
                os.truncate(segment.path, end)
            segment.size = end
            if not end:
                _unlink(segment)

    def _writable(self, number: int, before: Before | None) -> tuple[_Segment, int]:
        """The newest file of this run, or a new one: what an earlier run wrote is not touched again."""
        if self._out is not None and self._segments[-1].size < self._segment_bytes:
            return self._segments[-1], self._out
        self.close()
        segment = _Segment(self._folder / f"{number:020d}.spool", 0)
        if before is not None:
            segment.beside = self._write_before(segment, before())
        self._out = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._flush_folder()
        self._segments.append(segment)
        self.bytes += segment.beside
        return segment, self._out

    def _write_before(self, segment: _Segment, comes_to: bytes) -> int:
        """How many bytes that took. A crash leaves it without its file, or torn: then it is not used."""
        weights = [earlier.weight for earlier in self._segments]
        raw = encode(0, 0, _COUNT.pack(len(weights)) + array("Q", weights).tobytes() + comes_to)
        out = os.open(segment.before, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(out, "wb") as file:
            file.write(raw)
            file.flush()
            os.fdatasync(file.fileno())
        return len(raw)

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
            self.bytes -= segment.beside
            _unlink(segment)

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
        self.bytes -= segment.size + segment.beside
        _unlink(segment)
        self._flush_folder()


def _unlink(segment: _Segment) -> None:
    """What stands beside it goes last: where it is missing all is read, which is right too, but slow."""
    segment.path.unlink(missing_ok=True)
    segment.before.unlink(missing_ok=True)


def _read_before(segment: _Segment) -> _Before | None:
    """None where it does not stand there, or is damaged."""
    try:
        raw = segment.before.read_bytes()
    except FileNotFoundError:
        return None
    record = _record_at(raw, 0) if raw.startswith(_MAGIC) else None
    if record is None:
        return None
    (count,) = _COUNT.unpack_from(record.payload)
    end = _COUNT.size + count * _WEIGHT_BYTES
    return _Before(tuple(array("Q", record.payload[_COUNT.size : end])), record.payload[end:])


def _records_of(segments: list[_Segment]) -> Iterator[Record]:
    for segment in segments:
        yield from scan(segment.path.read_bytes())
