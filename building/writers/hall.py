"""Our own format, which holds everything."""

from __future__ import annotations

from pathlib import Path

from building.formats.hall import dumps
from building.model import Building
from building.writers.writer import Loss, Writer


def _write(building: Building, path: Path) -> tuple[Loss, ...]:
    path.write_text(dumps(building), encoding="utf-8")
    return ()


WRITER = Writer(name="hall", suffixes=(".hall.json", ".json"), write=_write)
