"""The long runs go on where they stopped, and a promise that was not kept is not passed over."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ui.cli.bench import prove
from ui.cli.bench.prove import Step

Run = Callable[..., tuple[int, dict[str, Any]]]


class Bench:
    """Steps that count how often they ran; ``breaks`` at one of them like a machine that is switched off."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.breaks: str | None = None
        self.lost = 0

    def steps(self) -> tuple[Step, ...]:
        return tuple(
            Step(name=name, measure=lambda n=name: self._measure(n), kept=lambda f: f["lost"] == 0)  # type: ignore[misc]
            for name in ("one", "two", "three")
        )

    def _measure(self, name: str) -> dict[str, int]:
        if name == self.breaks:
            raise KeyboardInterrupt
        self.ran.append(name)
        return {"lost": self.lost}


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench()
    monkeypatch.setattr(prove, "PARTS", {"part": made.steps})
    monkeypatch.setattr(prove, "calibrate", lambda: 1.0)
    return made


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def go(*words: str) -> tuple[int, dict[str, Any]]:
        code = prove.main([*words, "--folder", str(tmp_path / "kept")])
        (summary,) = json.loads(capsys.readouterr().out.splitlines()[-1])["parts"]
        return code, summary

    return go


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(bench: Bench, run: Run) -> None:
    bench.breaks = "three"
    with pytest.raises(KeyboardInterrupt):
        run("part")
    bench.breaks = None
    code, summary = run("part")
    assert bench.ran == ["one", "two", "three"]
    assert (code, summary["steps"], summary["kept"]) == (0, 3, True)


def test_what_is_done_is_not_done_again_unless_asked(bench: Bench, run: Run) -> None:
    run()
    run()
    assert bench.ran == ["one", "two", "three"]
    run("--again")
    assert bench.ran == ["one", "two", "three"] * 2


def test_a_promise_not_kept_is_an_exit_of_1(bench: Bench, run: Run) -> None:
    bench.lost = 1
    code, summary = run()
    assert (code, summary["kept"]) == (1, False)


def test_every_part_has_steps_with_names_of_their_own() -> None:
    for part, steps in prove.PARTS.items():
        names = [step.name for step in steps()]
        assert names, part
        assert len(names) == len(set(names)), part
