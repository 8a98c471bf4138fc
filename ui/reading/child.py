"""``python -m ui.reading.child ORDER``: reads one file inside its limits, answers in our own format or says why not.

It confines itself before any reader is loaded. ``ORDER`` is the JSON of an ``Order``; the answer goes to the file
descriptor named there, progress as lines of JSON to another. The exit code says which answer it is.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from building.formats import Format
    from building.formats.progress import Progress
    from building.model import Building

EXIT_BUILDING: Final = 0
EXIT_REFUSED: Final = 4
EXIT_MEMORY: Final = 70

PROGRESS_STEP = 0.01
"""Progress smaller than this is not worth a line."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``formats`` is where the readers are registered, as ``module:NAME``; ``parent`` who is asking."""

    path: str
    formats: str
    parent: int
    answer_fd: int
    progress_fd: int
    memory_bytes: int
    cpu_s: int
    open_files: int
    output_bytes: int
    entities: int

    def dump(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no building. ``kind`` is the name of the error it becomes."""

    kind: str
    what: str
    todo: str
    defects: tuple[str, ...] = ()


def main(argv: list[str]) -> int:
    """Do what the order says; the exit code tells which answer was written."""
    order = Order(**json.loads(argv[0]))
    _confine(order)
    try:
        answer = _read(order)
    except MemoryError:
        return EXIT_MEMORY
    if isinstance(answer, Refusal):
        _write(order.answer_fd, json.dumps(asdict(answer)).encode())
        return EXIT_REFUSED
    _write(order.answer_fd, answer)
    _tell(order.progress_fd, {"peak_rss_kb": peak_rss_kb()})
    return EXIT_BUILDING


def _confine(order: Order) -> None:
    """Limits that only tighten, no core dump, no new rights, and death with the parent."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.getppid() != order.parent:
        sys.exit("the parent is gone")
    for limit, soft, hard in (
        (resource.RLIMIT_AS, order.memory_bytes, order.memory_bytes),
        (resource.RLIMIT_CPU, order.cpu_s, order.cpu_s + 1),
        (resource.RLIMIT_NOFILE, order.open_files, order.open_files),
        (resource.RLIMIT_FSIZE, order.output_bytes, order.output_bytes),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, ceiling = resource.getrlimit(limit)
        highest = max(soft, hard) if ceiling == resource.RLIM_INFINITY else ceiling
        resource.setrlimit(limit, (min(soft, highest), min(hard, highest)))


def _read(order: Order) -> bytes | Refusal:
    from building.errors import UnreadableFile
    from building.formats import read
    from building.formats.hall import dumps
    from building.formats.progress import listening

    try:
        with listening(_Teller(order.progress_fd)):
            building = read(Path(order.path), _load_formats(order.formats))
        if refusal := _too_many(building, order):
            return refusal
        answer = dumps(building).encode("utf-8", "replace")
    except UnreadableFile as error:
        if _out_of_memory(error):
            raise MemoryError from error
        return Refusal(kind="UnreadableFile", what=error.what, todo=error.todo, defects=error.defects)
    except RecursionError:
        return Refusal(
            kind="UnreadableFile", what="the file is nested too deeply", todo="Export it again, or flatten it."
        )
    except MemoryError:
        raise
    except Exception as error:  # whatever a parser throws becomes an answer
        if _out_of_memory(error):
            raise MemoryError from error
        return _bug(error)
    if len(answer) > order.output_bytes:
        return Refusal(
            kind="ReaderTooLarge",
            what=f"what was read takes {len(answer):,} bytes, at most {order.output_bytes:,} are kept",
            todo="Export one building, without furniture and fittings.",
        )
    return answer


def _load_formats(place: str) -> tuple[Format, ...]:
    import importlib

    module, _, name = place.partition(":")
    formats: tuple[Format, ...] = getattr(importlib.import_module(module), name)
    return formats


def _too_many(building: Building, order: Order) -> Refusal | None:
    count = len(building.entities())
    if count <= order.entities:
        return None
    return Refusal(
        kind="ReaderTooLarge",
        what=f"the file holds {count:,} entities, at most {order.entities:,} are read",
        todo="Export one building, without furniture and fittings.",
    )


def _out_of_memory(error: BaseException | None) -> bool:
    """Also when a reader took it for a broken file, or C++ said it."""
    while error is not None:
        if isinstance(error, MemoryError) or "bad_alloc" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _bug(error: Exception) -> Refusal:
    """A reader raises ``UnreadableFile`` only; anything else is a mistake of ours, told with its place."""
    import traceback

    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return Refusal(
        kind="ReaderCrashed",
        what=f"the reader stumbled over it ({type(error).__name__} at {place}: {str(error)[:200]})",
        todo="Export the file again with other settings; the reader's mistake is worth a report.",
    )


class _Teller:
    """Passes progress on, but not every hair of it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._told: tuple[Any, float] = (None, -1.0)

    def __call__(self, progress: Progress) -> None:
        stage, fraction = self._told
        if progress.stage != stage or abs(progress.fraction - fraction) >= PROGRESS_STEP:
            self._told = (progress.stage, progress.fraction)
            _tell(self._descriptor, {"stage": dict(progress.stage), "fraction": round(progress.fraction, 3)})


def _tell(descriptor: int, line: dict[str, Any]) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        _write(descriptor, json.dumps(line).encode() + b"\n")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def peak_rss_kb() -> int:
    """Not ``ru_maxrss``: that begins with the memory of who started us."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
