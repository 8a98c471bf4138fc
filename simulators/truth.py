"""What really happened, as JSON lines: occupancy, waits and routes are scored against it; and what was delivered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self


class Truth:
    """Appends ``{"t_ms", "type", ...}``; without a file it only counts."""

    def __init__(self, path: Path | None, *, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._file: IO[str] | None = path.open("a", encoding="utf-8", buffering=1) if path else None
        self.counts: dict[str, int] = {}

    def write(self, what: str, /, **facts: Any) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1
        if self._file is not None:
            line = {"t_ms": self._now_ms(), "type": what, **facts}
            self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()


class Ledger:
    """``device,boot,seq``, a line for each counted message a broker acknowledged: what nobody may lose after that.

    A message acknowledged twice stands there twice. On disk within ``flush`` calls; without a file it only counts.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: IO[str] | None = path.open("a", encoding="utf-8") if path else None
        if self._file is not None and self._file.tell() == 0:
            self._file.write("device,boot,seq\n")
        self.count = 0

    def write(self, device: str, boot: int, seq: int) -> None:
        self.count += 1
        if self._file is not None:
            self._file.write(f"{device},{boot},{seq}\n")

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
