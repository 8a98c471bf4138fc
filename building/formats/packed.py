"""Opens a ZIP that a stranger sent: the wanted files, unpacked within limits, or ``Refused`` with the reason in words.

Nothing is extracted to disk. Entries are counted before any is read, and unpacked in pieces that are measured as they
come: what the ZIP says of its sizes is not believed.
"""

from __future__ import annotations

import io
import json
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

MAX_ENTRIES = 500
"""An archive of floors has some dozen files; the rest is what operating systems add."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_RATIO = 250
"""GeoJSON packs to a tenth; a list of one and the same number to a hundredth. DEFLATE itself ends near 1000."""
RATIO_FREE_BYTES = 1024 * 1024
"""Below this size no ratio is suspicious."""
LOCAL_HEADER = b"PK\x03\x04"

_PIECE_BYTES = 256 * 1024
_CENTRAL_HEADER = b"PK\x01\x02"
_PACKED = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_ENCRYPTED = 0x1
_BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError, OverflowError,
)  # fmt: skip


class Refused(Exception):
    """Why, in words."""


def names_in(head: bytes) -> Iterator[str]:
    """The names of the files that a ZIP begins with, by their local headers (APPNOTE 4.3.7), none if it is no ZIP."""
    at = 0 if head.startswith(LOCAL_HEADER) else -1
    while at >= 0:
        if at + 30 <= len(head):
            (length,) = struct.unpack_from("<H", head, at + 26)
            yield head[at + 30 : at + 30 + length].decode("utf-8", "replace")
        at = head.find(LOCAL_HEADER, at + 1)


def unpack(
    path: Path, choose: Callable[[Sequence[str]], Iterable[str]], *, max_bytes: int
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """The files of the ZIP that ``choose`` picks among all their names, and the names of the others."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise Refused(f"it has more than {max_bytes:,} bytes")
        return _unpacked(data, choose)
    except _BROKEN as error:
        raise Refused(f"it is broken ({type(error).__name__}: {str(error)[:200]})") from error


def _unpacked(
    data: bytes, choose: Callable[[Sequence[str]], Iterable[str]]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    # The library makes an object of every entry before one can ask how many there are, so they are counted first.
    if data.count(_CENTRAL_HEADER) > MAX_ENTRIES:
        raise Refused(f"it has more than {MAX_ENTRIES} entries")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = [e for e in packed.infolist() if not e.is_dir()]
        for entry in entries:
            _refuse_hostile(entry)
        by_name = {e.filename: e for e in entries}
        wanted = list(dict.fromkeys(choose([e.filename for e in entries])))
        found: dict[str, bytes] = {}
        left = MAX_UNPACKED_BYTES
        for name in wanted:
            found[name] = _content(packed, by_name[name], left)
            left -= len(found[name])
    return found, tuple(sorted(by_name.keys() - found.keys()))


def parse_json(text: bytes, name: str) -> Any:
    """A JSON document, strict about numbers."""
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name[:80]!r} is no JSON ({str(error)[:200]})") from None


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")


def _refuse_hostile(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise Refused(f"the entry {name[:80]!r} points out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Refused(f"the entry {name[:80]!r} is a symbolic link")
    if entry.flag_bits & _ENCRYPTED:
        raise Refused(f"the entry {name[:80]!r} is encrypted")


def _content(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    if entry.compress_type not in _PACKED:
        raise Refused(f"{entry.filename[:80]!r} is packed in a way that is not read")
    pieces: list[bytes] = []
    size = 0
    with packed.open(entry) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if size > left:
                raise Refused(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
            if size > RATIO_FREE_BYTES and size > MAX_RATIO * max(entry.compress_size, 1):
                raise Refused(f"{entry.filename[:80]!r} unpacks to more than {MAX_RATIO} times its size")
            pieces.append(piece)
    return b"".join(pieces)
