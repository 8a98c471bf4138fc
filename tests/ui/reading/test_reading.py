"""Whatever a reader does, who asked gets a building or a typed error, soon, and nothing is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from building.errors import UnreadableFile
from building.formats import open_building
from building.formats.hall import dumps
from building.formats.progress import Progress
from building.testing import small_house
from tests.building.formats.ifc_builder import IfcBuilder
from ui.reading import (
    Limits,
    ReaderCrashed,
    ReaderTimedOut,
    ReaderTooLarge,
    Reading,
    ReadingStopped,
    read_measured,
    read_safely,
)
from ui.reading.supervise import LINES_MAX

ROOT = Path(__file__).parents[3]
MISBEHAVING = "tests.ui.reading.misbehaving:FORMATS"
SMALL = Limits(memory_bytes=1024**3, cpu_s=20, wall_s=20.0, output_bytes=4 * 1024**2, entities=1_000)


def read_as(reader: str, tmp_path: Path, *, limits: Limits = SMALL, **more: object) -> Reading:
    file = tmp_path / "building.any"
    file.write_text(f"{reader}\n")
    return read_measured(file, limits=limits, formats=MISBEHAVING, **more)  # type: ignore[arg-type]


def when_reading(act: Callable[[], None]) -> Callable[[Progress], None]:
    """Once the reader itself has been heard of."""

    def heard(progress: Progress) -> None:
        if progress.stage["en"] == "Reading":
            act()

    return heard


def await_gone(pid: int) -> bool:
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 10)[0])
    finally:
        os.close(process)


@pytest.mark.parametrize(
    ("reader", "error", "words"),
    [
        ("segfault", ReaderCrashed, "SIGSEGV"),
        ("abort", ReaderCrashed, "SIGABRT"),
        ("leave", ReaderCrashed, "exit code 0"),
        ("explode", ReaderTooLarge, "1,024 MB of memory"),
        ("explode_quietly", ReaderTooLarge, "1,024 MB of memory"),
        ("recurse", UnreadableFile, "nested too deeply"),
        ("stumble", ReaderCrashed, "KeyError at misbehaving.py"),
        ("flood", ReaderTooLarge, "bytes, at most 4,194,304"),
        ("multiply", ReaderTooLarge, "entities, at most 1,000"),
        ("scribble", ReaderCrashed, "what was read of it is no building"),
        ("scribble_refusal", ReaderCrashed, "words that make no sense"),
        ("contradict", UnreadableFile, "there is no space 'NOWHERE'"),
    ],
)
def test_a_reader_that_misbehaves_is_a_typed_error(
    tmp_path: Path, reader: str, error: type[UnreadableFile], words: str
) -> None:
    with pytest.raises(error, match=words) as caught:
        read_as(reader, tmp_path)
    assert caught.value.path == str(tmp_path / "building.any")
    assert caught.value.todo


def test_a_reader_that_computes_on_and_on_is_given_up(tmp_path: Path) -> None:
    with pytest.raises(ReaderTimedOut, match="1 s of computing"):
        read_as("loop", tmp_path, limits=Limits(cpu_s=1))


def test_a_reader_that_hangs_is_given_up(tmp_path: Path) -> None:
    begun_s = time.monotonic()
    with pytest.raises(ReaderTimedOut, match=r"given up after 1\.5 s"):
        read_as("hang", tmp_path, limits=Limits(wall_s=1.5))
    assert time.monotonic() - begun_s < 10


def test_noise_in_place_of_progress_does_no_harm(tmp_path: Path) -> None:
    heard: list[Progress] = []
    reading = read_as("babble", tmp_path, on_progress=heard.append)
    assert reading.building == small_house()
    assert len(heard) <= LINES_MAX
    assert heard[-1].fraction == 1.0


def test_what_a_reader_started_is_gone_with_it(tmp_path: Path) -> None:
    assert read_as("breed", tmp_path).building == small_house()
    assert await_gone(int((tmp_path / "building.pid").read_text()))


def test_progress_is_heard_in_order_but_not_every_hair_of_it(tmp_path: Path) -> None:
    heard: list[Progress] = []
    read_as("tell", tmp_path, on_progress=heard.append)
    assert [p.fraction for p in heard] == [0.0] + [step / 10 for step in range(1, 11)] + [1.0]
    assert heard[1].stage == {"zh": "读取", "en": "Reading"}


def test_an_ifc_file_tells_how_far_its_shapes_are(tmp_path: Path) -> None:
    made = IfcBuilder()
    storey = made.storey("Ground", 0.0)
    for n in range(20):
        made.space(storey, f"R{n}", (n * 5.0, 0.0, n * 5.0 + 5.0, 5.0))
    heard: list[Progress] = []
    read_safely(made.save(tmp_path / "house.ifc"), on_progress=heard.append)
    fractions = [p.fraction for p in heard]
    assert fractions == sorted(fractions)
    assert len([p for p in heard if p.stage["en"] == "Building shapes"]) > 3


def test_a_reader_sees_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HALLTWIN_SECRET", "do not tell")
    secret = (tmp_path / "open").open("w")
    os.set_inheritable(secret.fileno(), True)
    monkeypatch.chdir(tmp_path)
    with secret:
        seen = read_as("look_around", Path(), limits=SMALL).building.attributes
    assert seen["folder"] == []
    assert "HALLTWIN_SECRET" not in seen["environment"]
    assert seen["open_files"] == 6  # three standard ones, the answer, progress, and the listing itself
    assert seen["own_group"]
    assert seen["core_bytes"] == 0
    assert seen["argument"] == str(tmp_path / "building.any")


def test_a_reading_can_be_stopped(tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(ReadingStopped):
        read_as("wait_to_be_killed", tmp_path, on_progress=when_reading(stop.set), stop=stop)
    assert await_gone(int((tmp_path / "building.pid").read_text()))


def test_ctrl_c_takes_the_child_along(tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_as("wait_to_be_killed", tmp_path, on_progress=when_reading(interrupt))
    assert await_gone(int((tmp_path / "building.pid").read_text()))


def test_the_child_dies_with_who_asked(tmp_path: Path) -> None:
    file = tmp_path / "building.any"
    file.write_text("wait_to_be_killed\n")
    code = (
        "import sys, ui.reading as r\n"
        f"r.read_measured(sys.argv[1], formats={MISBEHAVING!r},"
        " on_progress=lambda p: p.stage['en'] == 'Reading' and print('reading', flush=True))\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=ROOT, stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert asking.stdout.readline() == b"reading\n"
        asking.send_signal(signal.SIGKILL)
    assert await_gone(int(file.with_suffix(".pid").read_text()))


def test_readings_beyond_the_bound_wait_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.reading.supervise._slots", threading.BoundedSemaphore(1))
    stop, started = threading.Event(), threading.Event()
    stages: list[str] = []

    def first() -> None:
        with pytest.raises(ReadingStopped):
            read_as("wait_to_be_killed", tmp_path, on_progress=lambda _: started.set(), stop=stop)

    def heard(progress: Progress) -> None:
        stages.append(progress.stage["en"])
        stop.set()

    busy = threading.Thread(target=first)
    busy.start()
    assert started.wait(20)
    second = tmp_path / "second"
    second.mkdir()
    assert read_as("tell", second, on_progress=heard).building == small_house()
    busy.join()
    assert stages[:2] == ["Waiting for other files to be read", "Reading the tell file"]


def test_a_file_is_read_as_it_would_be_without_a_child(tmp_path: Path) -> None:
    file = tmp_path / "house.json"
    file.write_text(dumps(small_house()), encoding="utf-8")
    reading = read_measured(file)
    assert reading.building == small_house()
    assert reading.usage.cpu_s > 0
    assert reading.usage.peak_rss_mb > 5


def test_the_reference_is_ours_and_needs_no_child() -> None:
    assert read_safely("reference") is open_building("reference")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("none", "no such file"), ("pipe", "a device or a pipe"), ("", "this is a folder"), ("a\0b", "null byte"),
    ):  # fmt: skip
        with pytest.raises(UnreadableFile, match=words):
            read_safely(tmp_path / name)


def test_a_file_beyond_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    file = tmp_path / "huge"
    with file.open("wb") as sparse:
        sparse.truncate(2_000)
    with pytest.raises(ReaderTooLarge, match=r"2,000 bytes, at most 1,999"):
        read_safely(file, limits=Limits(file_bytes=1_999))
