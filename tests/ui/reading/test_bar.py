"""A person at a terminal sees how far the reading is; a pipe gets no bar."""

from __future__ import annotations

import io
import sys

import pytest

from building.formats.progress import Progress
from ui.cli.reading import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_wiped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(lang="zh") as show:
        assert show is not None
        show(Progress(stage={"zh": "构造形体", "en": "Building shapes"}, fraction=0.5))
    told = terminal.getvalue()
    assert "50%" in told
    assert "构造形体" in told
    assert "\n" not in told
    assert told.endswith("\r\x1b[K")


def test_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress_bar() as show:
        assert show is None
    assert pipe.getvalue() == ""
