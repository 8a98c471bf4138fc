"""Opens an IMDF archive safely: its GeoJSON documents by feature type, or one ``UnreadableFile``.

Nothing is extracted to disk. Entries are counted before any is read, and unpacked in pieces that are measured as they
come: what the ZIP says of its sizes is not believed.
"""

from __future__ import annotations

import io
import json
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from building.errors import UnreadableFile
from building.formats.imdf.vocabulary import FEATURE_TYPES

MAX_ENTRIES = 500
"""An archive has 17 files; the rest is what operating systems add."""
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_RATIO = 250
"""GeoJSON packs to a tenth; a list of one and the same number to a hundredth. DEFLATE itself ends near 1000."""
RATIO_FREE_BYTES = 1024 * 1024
"""Below this size no ratio is suspicious."""

_PIECE_BYTES = 256 * 1024
_CENTRAL_HEADER = b"PK\x01\x02"
_PACKED = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
_ENCRYPTED = 0x1
_TODO = "Export the archive once more; an IMDF archive is a plain ZIP with manifest.json and one GeoJSON file a type."


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """``documents`` are the parsed files by feature type (``unit``), ``others`` the names of what is no part of it."""

    manifest: Any
    documents: Mapping[str, Any]
    others: tuple[str, ...]


class _Refused(Exception):
    """Why, in words."""


def open_archive(path: Path, max_bytes: int) -> Archive:
    try:
        return _open(_read(path, max_bytes))
    except _Refused as why:
        raise UnreadableFile(path=str(path), what=f"this IMDF archive cannot be read: {why}", todo=_TODO) from None
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError,
        RecursionError, OverflowError,
    ) as error:  # fmt: skip
        what = f"this IMDF archive is broken ({type(error).__name__}: {error})"
        raise UnreadableFile(path=str(path), what=what[:300], todo=_TODO) from error


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _Refused(f"it has more than {max_bytes:,} bytes")
    return data


def _open(data: bytes) -> Archive:
    # The library makes an object of every entry before one can ask how many there are, so they are counted first.
    if data.count(_CENTRAL_HEADER) > MAX_ENTRIES:
        raise _Refused(f"it has more than {MAX_ENTRIES} entries")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = [e for e in packed.infolist() if not e.is_dir()]
        for entry in entries:
            _refuse_hostile(entry)
        members = _members(entries)
        if "manifest" not in members:
            raise _Refused("it holds no manifest.json")
        parsed: dict[str, Any] = {}
        left = MAX_UNPACKED_BYTES
        for name in sorted(members):
            text = _unpack(packed, members[name], left)
            left -= len(text)
            parsed[name] = _parse(text, members[name].filename)
    manifest = parsed.pop("manifest")
    ours = {e.filename for e in members.values()}
    return Archive(
        manifest=manifest,
        documents=parsed,
        others=tuple(sorted(e.filename for e in entries if e.filename not in ours)),
    )


def _refuse_hostile(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise _Refused(f"the entry {name[:80]!r} points out of the archive")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _Refused(f"the entry {name[:80]!r} is a symbolic link")
    if entry.flag_bits & _ENCRYPTED:
        raise _Refused(f"the entry {name[:80]!r} is encrypted")


def _members(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files of the archive by feature type: those beside ``manifest.json``, which may all stand in one folder."""
    wanted: dict[str, list[zipfile.ZipInfo]] = {}
    for entry in entries:
        folder = PurePosixPath(entry.filename)
        if "__MACOSX" in folder.parts or folder.suffix.lower() not in (".json", ".geojson"):
            continue
        name = folder.stem.lower()
        if name == "manifest" or name in FEATURE_TYPES:
            wanted.setdefault(name, []).append(entry)
    manifests = sorted(wanted.get("manifest", ()), key=lambda e: (e.filename.count("/"), e.filename))
    home = PurePosixPath(manifests[0].filename).parent if manifests else PurePosixPath()
    members: dict[str, zipfile.ZipInfo] = {}
    for name, found in wanted.items():
        here = [e for e in found if PurePosixPath(e.filename).parent == home]
        if len(here) > 1:
            raise _Refused(f"it holds {len(here)} files of the name {name}")
        if here:
            members[name] = here[0]
    return members


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> bytes:
    if entry.compress_type not in _PACKED:
        raise _Refused(f"{entry.filename[:80]!r} is packed in a way that IMDF does not use")
    pieces: list[bytes] = []
    size = 0
    with packed.open(entry) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if size > left:
                raise _Refused(f"it unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
            if size > RATIO_FREE_BYTES and size > MAX_RATIO * max(entry.compress_size, 1):
                raise _Refused(f"{entry.filename[:80]!r} unpacks to more than {MAX_RATIO} times its size")
            pieces.append(piece)
    return b"".join(pieces)


def _parse(text: bytes, name: str) -> Any:
    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise _Refused(f"{name[:80]!r} is no JSON ({error})") from None


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number in JSON")
