"""A child that dies is started again: soon at first, later with patience, soon again once it was steady."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ui.launcher.child import RESTART_PAUSES_S, STEADY_S, Child
from ui.testing import eventually


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """Ends at once with 3, saying so."""
    made = Child("brief", [sys.executable, "-c", "print('no'); raise SystemExit(3)"], log=tmp_path / "log")
    yield made
    made.stop(within_s=5, on_kill=lambda _: None)


def death(child: Child) -> None:
    eventually(lambda: child.exit_code is not None, what="the child's end")


def test_the_pause_before_a_restart_grows_with_each_early_death(child: Child) -> None:
    now_s = 0.0
    child.start()
    for number, pause_s in enumerate([*RESTART_PAUSES_S, RESTART_PAUSES_S[-1]]):
        death(child)
        assert not child.poll(now_s)
        assert not child.poll(now_s + pause_s - 0.01)
        assert child.restarts == number
        now_s += pause_s
        child.poll(now_s)
        assert child.restarts == number + 1


def test_who_was_steady_is_started_again_soon(tmp_path: Path) -> None:
    steady = Child("steady", [sys.executable, "-c", "import signal; signal.pause()"], log=tmp_path / "log")
    steady.start()
    steady._failures = 4
    assert steady.poll(0.0)
    assert steady.poll(STEADY_S)
    steady.stop(within_s=5, on_kill=lambda _: None)
    steady.poll(STEADY_S)
    steady.poll(STEADY_S + RESTART_PAUSES_S[0])
    assert steady.restarts == 1
    steady.stop(within_s=5, on_kill=lambda _: None)


def test_its_last_words_are_kept(child: Child) -> None:
    child.start()
    death(child)
    assert child.exit_code == 3
    assert child.last_words() == "no"


def test_one_that_will_not_end_is_killed_and_named(tmp_path: Path) -> None:
    program = "import signal, sys; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    deaf = Child("deaf", [sys.executable, "-c", program], log=tmp_path / "log")
    deaf.start()
    eventually(lambda: deaf.last_words() == "up", what="its start")
    killed: list[str] = []
    deaf.stop(within_s=0.1, on_kill=killed.append)
    assert (killed, deaf.exit_code) == (["deaf"], -9)
