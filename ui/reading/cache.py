"""Buildings that were read before, by the content of their file: bounded in size, and a damaged entry is no entry."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

import building
from building.errors import UnreadableFile
from building.formats.hall import loads
from building.model import Building

CACHE_BYTES = 256 * 1024**2
ENTRY_BYTES = 64 * 1024**2
"""Unpacked; more than this is not read back."""
LIBRARIES = ("ifcopenshell", "shapely")


def cache_folder() -> Path | None:
    """Where this user's caches are; None where there is no place for them."""
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "halltwin" / "buildings"
    except RuntimeError:
        return None


def content_key(parts: Iterable[Path], *, formats: str) -> str:
    """The same for the same bytes under the same names (some ids come from a file's name), read by the same code."""
    digest = hashlib.sha256(f"{reader_version()} {formats}".encode())
    for part in parts:
        with part.open("rb") as file:
            digest.update(f"\n{part.name}\n{hashlib.file_digest(file, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()


@cache
def reader_version() -> str:
    """Changes whenever the code that reads does."""
    digest = hashlib.sha256("".join(version(name) for name in LIBRARIES).encode())
    root = Path(building.__path__[0])
    for source in sorted(root.rglob("*.py")):
        digest.update(f"\n{source.relative_to(root)}\n".encode() + source.read_bytes())
    return digest.hexdigest()


class Cache:
    """One folder of buildings in our own format, packed. Whatever goes wrong with the disk is a miss."""

    def __init__(self, folder: Path, *, max_bytes: int = CACHE_BYTES) -> None:
        self._folder, self._max_bytes = folder, max_bytes

    def find(self, key: str) -> Building | None:
        path = self._path(key)
        try:
            with gzip.open(path) as packed:
                text = packed.read(ENTRY_BYTES + 1)
            if len(text) > ENTRY_BYTES:
                return None
            found = loads(text.decode())
            os.utime(path)  # who was asked for last goes last
        except (OSError, EOFError, ValueError, zlib.error, UnreadableFile):
            return None
        return found

    def keep(self, key: str, text: str) -> None:
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as draft:
                try:
                    draft.write(gzip.compress(text.encode(), compresslevel=3, mtime=0))
                    draft.flush()
                    Path(draft.name).replace(self._path(key))
                except BaseException:
                    Path(draft.name).unlink(missing_ok=True)
                    raise
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        entries = sorted(((e.stat(), e) for e in self._folder.iterdir()), key=lambda pair: -pair[0].st_mtime_ns)
        total = 0
        for stat, entry in entries:
            total += stat.st_size
            if total > self._max_bytes:
                entry.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json.gz"
