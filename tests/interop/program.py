"""Programs of others as child processes: what they say, how they are told something, and that none is left behind."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

LAST_WORDS_CHARS = 400
END_WITHIN_S = 3.0


class Program:
    """One program. Its standard output is JSON documents a line where it is one of ours, else plain lines."""

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._out, self._err = log.with_suffix(".out"), log.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=err, env=dict(env))

    def lines(self) -> list[str]:
        """The whole lines it has written."""
        return self._out.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def find_said(self, wanted: Callable[[dict[str, Any]], Any]) -> dict[str, Any] | None:
        """The newest of its documents that is wanted."""
        return next((document for document in reversed(self.said()) if wanted(document)), None)

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def find_end(self) -> str | None:
        """How it ended and what it said last; None while it runs."""
        code = self._process.poll()
        return None if code is None else f"it ended with {code}: {self.last_words()}"

    def last_words(self) -> str:
        said = "\n".join(file.read_text(encoding="utf-8", errors="replace").strip() for file in (self._out, self._err))
        return said.strip()[-LAST_WORDS_CHARS:]

    def kill(self) -> None:
        """As if its power went."""
        self._process.kill()

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
