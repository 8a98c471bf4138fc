"""What of others is installed here, and how it is started and waited for."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import httpx2

from tests.interop.program import Program
from ui.web.build import find_npm

HERE = Path(__file__).resolve().parent
WITHIN_S = 30.0
POLL_S = 0.1

_T = TypeVar("_T")


class NotLive(Exception):
    """What did not come about, in words for the report."""


def find_missing(*needed: str) -> str | None:
    """What is not installed of these: programs, or ``npm:PACKAGE``."""
    missing = [word for word in needed if not _is_here(word)]
    return f"not installed: {', '.join(missing)} (make interop-setup)" if missing else None


class Tools:
    """Node, looked for once."""

    def __init__(self) -> None:
        self._environment: dict[str, str] | None = None

    def start_script(self, script: str, *words: str, log: Path, env: Mapping[str, str] | None = None) -> Program:
        """One of the scripts in ``peers/``."""
        if self._environment is None:
            _, self._environment = find_npm()
        environment = {**self._environment, **(env or {})}
        node = shutil.which("node", path=environment["PATH"]) or "node"
        return Program([node, str(HERE / "peers" / script), *words], log=log, env=environment)


def _is_here(word: str) -> bool:
    kind, _, package = word.partition(":")
    return (HERE / "node_modules" / package).exists() if kind == "npm" else shutil.which(word) is not None


def eventually(ask: Callable[[], _T], *, what: str, within_s: float = WITHIN_S, of: Program | None = None) -> _T:
    """The first answer that is something; ``NotLive`` when none comes in time, or when the program has ended."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if found := ask():
                return found
            last = "no"
        except (OSError, httpx2.HTTPError, subprocess.SubprocessError) as error:
            last = str(error)
        if of is not None and (end := of.find_end()) is not None:
            raise NotLive(f"{what}: {end}")
        if time.monotonic() >= deadline:
            heard = f"; it said: {of.last_words()}" if of is not None and of.last_words() else ""
            raise NotLive(f"{what}: not within {within_s:g} s ({last}){heard}")
        time.sleep(POLL_S)
