"""Runs one reader in a process of its own and never longer, larger or louder than it may be."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ui
from building.errors import UnreadableFile
from building.formats.progress import Listener, Progress
from ui.reading import errors
from ui.reading.child import EXIT_BUILDING, EXIT_MEMORY, EXIT_REFUSED, Order
from ui.reading.limits import CHILDREN_MAX, Limits

POLL_S = 0.1
"""How soon a stopped reading is noticed."""
LINES_MAX = 10_000
LINE_BYTES = 4096
"""Progress beyond these is noise: the reader is no longer listened to."""
WORDS_MAX = 2_000
DEFECTS_MAX = 1_000

WAITING = {"zh": "等待其他文件读完", "en": "Waiting for other files to be read"}
SMALLER = "Export one building, architecture only, without furniture and fittings."

_slots = threading.BoundedSemaphore(CHILDREN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a reading took; nothing where the building was in the cache or read by ourselves."""

    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``text`` is what the child says is a building in our own format: it is not to be trusted."""

    text: str
    usage: Usage


def ask_child(
    path: Path, formats: str, *, limits: Limits, on_progress: Listener | None, stop: threading.Event | None
) -> Answer:
    """The answer for this file; raises ``UnreadableFile`` (or ``ReadingStopped``) when there is none."""
    with (
        _slot(on_progress, stop),
        tempfile.TemporaryDirectory(prefix="halltwin-read-") as folder,
        tempfile.TemporaryFile(dir=folder) as answer,
    ):
        child = _Child(path, formats, limits=limits, folder=Path(folder), answer_fd=answer.fileno())
        try:
            child.watch(on_progress, stop)
        finally:
            code = child.end()
        answer.seek(0)
        text = answer.read(limits.output_bytes + 1)
    if code == EXIT_BUILDING and 0 < len(text) <= limits.output_bytes:
        return Answer(text=text.decode("utf-8", "replace"), usage=child.usage)
    raise _why_not(path, code, text, limits)


class _Child:
    def __init__(self, path: Path, formats: str, *, limits: Limits, folder: Path, answer_fd: int) -> None:
        self._path, self._limits = path, limits
        self.usage = Usage()
        self._peak_rss_kb = 0
        self._progress_fd, theirs = os.pipe()
        order = Order(
            path=str(path.absolute()),
            formats=formats,
            parent=os.getpid(),
            answer_fd=answer_fd,
            progress_fd=theirs,
            memory_bytes=limits.memory_bytes,
            cpu_s=limits.cpu_s,
            open_files=limits.open_files,
            output_bytes=limits.output_bytes,
            entities=limits.entities,
        )
        try:
            # -P: the folder it works in is no place to import from. A session of its own: Ctrl-C reaches us alone.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "ui.reading.child", order.dump()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(answer_fd, theirs),
                cwd=folder,
                env=_environment(folder),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._progress_fd)
            raise
        finally:
            os.close(theirs)

    def watch(self, on_progress: Listener | None, stop: threading.Event | None) -> None:
        """Until it has ended by itself; raises when it must not go on."""
        deadline_s = time.monotonic() + self._limits.wall_s
        ended = os.pidfd_open(self._process.pid)
        try:
            with selectors.DefaultSelector() as events:
                events.register(ended, selectors.EVENT_READ)
                events.register(self._progress_fd, selectors.EVENT_READ)
                lines = _Lines()
                while True:
                    ready = {key.fd for key, _ in events.select(POLL_S)}
                    if self._progress_fd in ready:
                        chunk = os.read(self._progress_fd, LINE_BYTES)
                        self._hear(lines.feed(chunk), on_progress)
                        if not chunk or lines.noisy:
                            events.unregister(self._progress_fd)
                            self._close_progress()
                    elif ended in ready:
                        return
                    if stop is not None and stop.is_set():
                        raise errors.ReadingStopped(f"{self._path}: reading was stopped")
                    if time.monotonic() > deadline_s:
                        raise _timed_out(self._path, f"{self._limits.wall_s:g} s")
        finally:
            os.close(ended)

    def _hear(self, lines: Iterator[dict[str, Any]], on_progress: Listener | None) -> None:
        for line in lines:
            match line:
                case {"stage": dict(stage), "fraction": float() | int() as fraction}:
                    if on_progress is not None:
                        texts = {str(lang)[:20]: str(words)[:WORDS_MAX] for lang, words in stage.items()}
                        on_progress(Progress(stage=texts, fraction=min(max(float(fraction), 0.0), 1.0)))
                case {"peak_rss_kb": int(peak)}:
                    self._peak_rss_kb = peak

    def _close_progress(self) -> None:
        """Whoever still writes there is told so: a full pipe that nobody reads would hold it up."""
        if self._progress_fd >= 0:
            os.close(self._progress_fd)
            self._progress_fd = -1

    def end(self) -> int:
        """Whatever it is doing: it and all it started are gone afterwards. The exit code, below 0 for a signal."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        _, status, used = os.wait4(self._process.pid, 0)
        self._close_progress()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        self.usage = Usage(
            cpu_s=round(used.ru_utime + used.ru_stime, 3), peak_rss_mb=round(self._peak_rss_kb / 1024, 1)
        )
        return self._process.returncode


class _Lines:
    """Lines of JSON objects out of a stream that may hold anything."""

    def __init__(self) -> None:
        self._rest = b""
        self._count = 0

    @property
    def noisy(self) -> bool:
        return self._count > LINES_MAX or len(self._rest) > LINE_BYTES

    def feed(self, chunk: bytes) -> Iterator[dict[str, Any]]:
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        for line in whole:
            self._count += 1
            with suppress(ValueError, RecursionError):
                if isinstance(said := json.loads(line), dict):
                    yield said


@contextmanager
def _slot(on_progress: Listener | None, stop: threading.Event | None) -> Iterator[None]:
    if not _slots.acquire(blocking=False):
        if on_progress is not None:
            on_progress(Progress(stage=WAITING, fraction=0.0))
        while not _slots.acquire(timeout=POLL_S):
            if stop is not None and stop.is_set():
                raise errors.ReadingStopped("reading was stopped before it began")
    try:
        yield
    finally:
        _slots.release()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours but where the code and its libraries are. One thread for BLAS: each would reserve memory."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {
        "PYTHONPATH": str(Path(ui.__path__[0]).parent),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(folder),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        **kept,
    }


def _why_not(path: Path, code: int, text: bytes, limits: Limits) -> UnreadableFile:
    if code == EXIT_REFUSED:
        return _refusal(path, text)
    if code in {EXIT_MEMORY, -signal.SIGKILL}:
        return errors.ReaderTooLarge(
            path=str(path),
            what=f"reading it takes more than {limits.memory_bytes // 1024**2:,} MB of memory",
            todo=SMALLER,
        )
    if code == -signal.SIGXCPU:
        return _timed_out(path, f"{limits.cpu_s} s of computing")
    if code == EXIT_BUILDING and text:
        return errors.ReaderTooLarge(
            path=str(path), what=f"the reader gave out more than {limits.output_bytes:,} bytes", todo=SMALLER
        )
    return crashed(path, signal.Signals(-code).name if code < 0 else f"exit code {code}")


def crashed(path: Path, how: str) -> errors.ReaderCrashed:
    return errors.ReaderCrashed(
        path=str(path),
        what=f"the reader crashed on it ({how}); nothing else was harmed",
        todo="Export the file again, with another program or other settings.",
    )


def _timed_out(path: Path, after: str) -> errors.ReaderTimedOut:
    return errors.ReaderTimedOut(path=str(path), what=f"reading was given up after {after}", todo=SMALLER)


def _refusal(path: Path, text: bytes) -> UnreadableFile:
    kinds: dict[str, type[UnreadableFile]] = {
        kind.__name__: kind for kind in (UnreadableFile, errors.ReaderCrashed, errors.ReaderTooLarge)
    }
    try:
        match json.loads(text):
            case {"kind": str(kind), "what": str(what), "todo": str(todo), "defects": list(defects)} if kind in kinds:
                return kinds[kind](
                    path=str(path),
                    what=what[: WORDS_MAX * 10],
                    todo=todo[:WORDS_MAX],
                    defects=[str(d)[:WORDS_MAX] for d in defects[:DEFECTS_MAX]],
                )
    except (ValueError, RecursionError):
        pass
    return crashed(path, "it refused in words that make no sense")
