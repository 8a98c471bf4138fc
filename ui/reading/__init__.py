"""Any building file, read without fear: in a child process with limits, and only once while it stays the same."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from building.errors import UnreadableFile
from building.formats import FORMATS, open_building
from building.formats.format import SNIFF_BYTES
from building.formats.hall import loads
from building.formats.progress import Listener, Progress
from building.model import Building
from ui.reading.cache import Cache, cache_folder, content_key
from ui.reading.errors import ReaderCrashed, ReaderTimedOut, ReaderTooLarge, ReadingStopped
from ui.reading.limits import CHILDREN_MAX, DEFAULT, Limits
from ui.reading.supervise import Usage, ask_child

__all__ = [
    "CHILDREN_MAX",
    "DEFAULT",
    "Limits",
    "Progress",
    "ReaderCrashed",
    "ReaderTimedOut",
    "ReaderTooLarge",
    "Reading",
    "ReadingStopped",
    "Usage",
    "cache_folder",
    "list_parts",
    "read_measured",
    "read_safely",
]

REGISTRY = "building.formats:FORMATS"
PARTS_MAX = 200
"""A folder with more files than this is no building: it is read, but not kept."""
DONE = {"zh": "读完", "en": "Done"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A building and what it took to have it."""

    building: Building
    from_cache: bool = False
    wall_s: float = 0.0
    usage: Usage = field(default_factory=Usage)


def read_safely(
    path: Path | str,
    *,
    limits: Limits = DEFAULT,
    on_progress: Listener | None = None,
    cache: Path | None = None,
    stop: threading.Event | None = None,
) -> Building:
    """The building in this file (``"reference"`` is the shipped hall), or ``UnreadableFile``, and nothing worse.

    Blocks: in a server call it in a thread. ``stop`` ends it early with ``ReadingStopped``; so does Ctrl-C.
    """
    return read_measured(path, limits=limits, on_progress=on_progress, cache=cache, stop=stop).building


def read_measured(
    path: Path | str,
    *,
    limits: Limits = DEFAULT,
    on_progress: Listener | None = None,
    cache: Path | None = None,
    stop: threading.Event | None = None,
    formats: str = REGISTRY,
) -> Reading:
    """``read_safely``, with what it took. ``formats`` is where the readers are registered, as ``module:NAME``."""
    begun_s = time.perf_counter()
    if path == "reference":
        return Reading(building=open_building("reference"), wall_s=time.perf_counter() - begun_s)
    path = Path(path)
    parts = list_parts(path, limits)
    if len(parts) > PARTS_MAX or sum(part.stat().st_size for part in parts) > limits.file_bytes:
        cache = None
    key = _key(path, parts, formats) if cache is not None else ""
    if cache is not None and (known := Cache(cache).find(key)) is not None:
        return Reading(building=known, from_cache=True, wall_s=time.perf_counter() - begun_s)
    answer = ask_child(path, formats, limits=limits, on_progress=on_progress, stop=stop)
    try:
        building = loads(answer.text, path=str(path))
    except UnreadableFile as error:
        # With defects it is a building, but one with rooms in other countries, or a reader's mistake.
        kind = UnreadableFile if error.defects else ReaderCrashed
        raise kind(
            path=str(path),
            what=f"what was read of it is no building: {error.what[:500]}",
            todo="Export the file again, with another program or other settings.",
            defects=error.defects,
        ) from error
    if on_progress is not None:
        on_progress(Progress(stage=DONE, fraction=1.0))
    # A file that changed meanwhile must not be kept under what it was.
    if cache is not None and _key(path, parts, formats) == key:
        Cache(cache).keep(key, answer.text)
    return Reading(building=building, wall_s=time.perf_counter() - begun_s, usage=answer.usage)


def _key(path: Path, parts: Sequence[Path], formats: str) -> str:
    try:
        return content_key(parts, formats=formats)
    except OSError as error:
        raise _cannot_open(path, str(error)) from error


def list_parts(path: Path, limits: Limits = DEFAULT) -> Sequence[Path]:
    """The file, and those beside it where its format reads them too: what must be unchanged for the cache to serve."""
    try:
        mode, size = path.stat().st_mode, path.stat().st_size
        folder = path if stat.S_ISDIR(mode) else path.parent if _reads_beside(path, mode) else None
        found = [path] if folder is None else sorted(part for part in folder.iterdir() if part.is_file())
    except FileNotFoundError:
        raise UnreadableFile(path=str(path), what="there is no such file", todo="Check the path.") from None
    except (OSError, ValueError) as error:
        raise _cannot_open(path, str(error)) from error
    if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
        raise _cannot_open(path, "it is a device or a pipe")
    if size > limits.file_bytes:
        raise ReaderTooLarge(
            path=str(path),
            what=f"the file has {size:,} bytes, at most {limits.file_bytes:,} are read",
            todo="Split the building, or export it without furniture and fittings.",
        )
    return found


def _reads_beside(path: Path, mode: int) -> bool:
    if not stat.S_ISREG(mode):
        return False
    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    return any(form.beside and form.sniff(head) for form in FORMATS)


def _cannot_open(path: Path, why: str) -> UnreadableFile:
    return UnreadableFile(
        path=str(path), what=f"the file cannot be opened ({why})", todo="Check the path and your right to read it."
    )
