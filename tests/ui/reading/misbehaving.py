"""Readers that do what no reader may: crash, hang, explode, babble, flood. The first bytes of a file choose one."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from building.errors import UnreadableFile
from building.formats.format import Format
from building.formats.progress import report
from building.model import Building, make_id
from building.testing import small_house

STAGE = {"zh": "读取", "en": "Reading"}


def _segfault(_path: Path) -> Building:
    ctypes.string_at(0)
    raise AssertionError


def _abort(_path: Path) -> Building:
    os.abort()


def _leave(_path: Path) -> Building:
    os._exit(0)


def _loop(_path: Path) -> Building:
    while True:
        pass


def _hang(_path: Path) -> Building:
    signal.pause()
    raise AssertionError


def _explode(_path: Path) -> Building:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 1024**2))


def _explode_quietly(path: Path) -> Building:
    """As a reader that takes every error for a broken file."""
    try:
        return _explode(path)
    except MemoryError as error:
        raise UnreadableFile(path=str(path), what="the file is broken", todo="Mend it.") from error


def _recurse(path: Path) -> Building:
    return _recurse(path)


def _stumble(_path: Path) -> Building:
    return {}["entity #12"]  # type: ignore[no-any-return]


def _flood(_path: Path) -> Building:
    house = small_house()
    return replace(house, attributes={"noise": "x" * (8 * 1024**2)})


def _multiply(_path: Path) -> Building:
    house = small_house()
    copies = (replace(house.walls[0], id=make_id(house.site, "wall", f"W{n}")) for n in range(2_000))
    return replace(house, walls=tuple(copies))


def _contradict(_path: Path) -> Building:
    """A building whose door leads into a room that is not there."""
    house = small_house()
    nowhere = make_id(house.site, "space", "NOWHERE")
    return replace(house, openings=(replace(house.openings[0], between=(nowhere, "OUT")),))


def _babble(_path: Path) -> Building:
    """Progress without end, in every form but the right one."""
    for noise in (b"\xff\n" * 50, b"[" * 3000 + b"\n", b'{"stage": 1}\n', b"{}\n" * 20_000, b"x" * 100_000):
        with suppress(BrokenPipeError):
            os.write(_descriptor(stat.S_ISFIFO), noise)
    return small_house()


def _scribble(_path: Path) -> Building:
    """Something else in place of the answer."""
    os.write(_descriptor(stat.S_ISREG), b'{"format": "halltwin-building/1", "floors": [[[[')
    os._exit(0)


def _scribble_refusal(_path: Path) -> Building:
    os.write(_descriptor(stat.S_ISREG), b'{"kind": "SystemExit", "what": 3}')
    os._exit(4)


def _descriptor(is_kind: Callable[[int], bool]) -> int:
    """The one we were given of that kind: progress is a pipe, the answer a file."""
    given = (int(entry.name) for entry in Path("/proc/self/fd").iterdir())
    return next(d for d in given if d > 2 and _is(d, is_kind))


def _is(descriptor: int, is_kind: Callable[[int], bool]) -> bool:
    try:
        return is_kind(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def _breed(path: Path) -> Building:
    """Leaves a process behind; its number stands beside the file."""
    left = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    path.with_suffix(".pid").write_text(str(left.pid))
    return small_house()


def _wait_to_be_killed(path: Path) -> Building:
    path.with_suffix(".pid").write_text(str(os.getpid()))
    report(STAGE, 0.1)
    return _hang(path)


def _tell(_path: Path) -> Building:
    for step in range(1, 11):
        report(STAGE, step / 10)
        report(STAGE, step / 10 + 0.001)
    return small_house()


def _look_around(path: Path) -> Building:
    """What a reader finds around it, in the building's attributes."""
    seen = {
        "folder": [entry.name for entry in Path.cwd().iterdir()],
        "environment": sorted(os.environ),
        "open_files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "own_group": os.getpgid(0) == os.getpid(),
        "core_bytes": resource.getrlimit(resource.RLIMIT_CORE)[1],
        "argument": str(path),
    }
    return replace(small_house(), attributes=seen)


def _format(name: str, read: object) -> Format:
    sign = name.encode()
    return Format(name=name, sniff=lambda head: head.split(b"\n")[0] == sign, read=read)  # type: ignore[arg-type]


FORMATS = tuple(
    _format(read.__name__.strip("_"), read)
    for read in (
        _segfault, _abort, _leave, _loop, _hang, _explode, _explode_quietly, _recurse, _stumble, _flood, _multiply,
        _contradict, _scribble, _scribble_refusal, _babble, _breed, _wait_to_be_killed, _tell, _look_around,
    )
)  # fmt: skip
