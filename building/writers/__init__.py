"""Writes a building in any format that others read: the ending of the file's name decides which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from building.errors import UnwritableFile
from building.model import Building
from building.writers import brick, geojson, glb, hall, ifc, imdf, indoorgml
from building.writers.writer import Loss, Writer

__all__ = ["WRITERS", "Loss", "Writer", "Written", "write", "writer_for"]

WRITERS: tuple[Writer, ...] = (
    hall.WRITER,
    glb.WRITER,
    geojson.WRITER,
    ifc.WRITER,
    imdf.WRITER,
    indoorgml.WRITER,
    brick.WRITER,
)
"""One line a format. Each loads its heavy libraries inside ``write`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written: ``kept`` counts the entities of each list that the file holds."""

    writer: str
    kept: dict[str, int]
    dropped: tuple[Loss, ...]


def writer_for(path: Path, writers: Sequence[Writer] = WRITERS) -> Writer:
    """The writer whose ending this name has; ``UnwritableFile`` lists what there is."""
    name = path.name.lower()
    fitting = [(len(suffix), w) for w in writers for suffix in w.suffixes if name.endswith(suffix)]
    if not fitting:
        endings = ", ".join(f"{w.suffixes[0]} ({w.name})" for w in writers)
        raise UnwritableFile(
            path=str(path),
            what="the ending of the name is that of no format that can be written",
            todo=f"Use one of these endings: {endings}.",
        )
    return max(fitting, key=lambda f: f[0])[1]


def write(building: Building, path: Path, writers: Sequence[Writer] = WRITERS) -> Written:
    """Writes the file whole or not at all."""
    writer = writer_for(path, writers)
    # The draft keeps the ending: some libraries choose their format by it.
    draft = path.with_name(f".draft-{path.name}")
    try:
        dropped = writer.write(building, draft)
        draft.replace(path)
    except OSError as error:
        raise UnwritableFile(
            path=str(path),
            what=f"the file cannot be written ({error.strerror or error})",
            todo="Check that the folder exists, that you may write there, and that the disk is not full.",
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return Written(writer=writer.name, kept=_kept(building, dropped), dropped=dropped)


def _kept(building: Building, dropped: Sequence[Loss]) -> dict[str, int]:
    lost: Counter[str] = Counter()
    for loss in dropped:
        lost[loss.what] += loss.count
    kept = {name: len(entities) - lost[name] for name, entities in building.lists().items()}
    return {name: count for name, count in kept.items() if count}
