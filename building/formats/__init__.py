"""Opens any building file: the content decides which reader gets it, and every refusal says what to do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from building.errors import InvalidModel, UnreadableFile
from building.formats import hall, ifc, imdf, indoorgml, osm, wrld
from building.formats.format import SNIFF_BYTES, Format
from building.formats.progress import report
from building.model import Building

__all__ = ["FORMATS", "Format", "open_building", "read"]

REFERENCE = Path(__file__).parents[1] / "reference" / "shifanqu.hall.json"

FORMATS: tuple[Format, ...] = (hall.FORMAT, ifc.FORMAT, osm.FORMAT, imdf.FORMAT, indoorgml.FORMAT, wrld.FORMAT)
"""One line a format. Each loads its heavy libraries inside ``read`` only."""

FOLDER_INDEX = "main.json"
"""Lists the floor files beside it (WRLD)."""
_LFS_POINTER = b"version https://git-lfs"


def open_building(file: str) -> Building:
    """``"reference"`` is the shipped hall; anything else is a path."""
    return _read_reference() if file == "reference" else read(Path(file))


@cache
def _read_reference() -> Building:
    return read(REFERENCE)


def read(path: Path, formats: Sequence[Format] = FORMATS) -> Building:
    """Reads a building file of any known format; a folder is read by the index in it."""
    path = _indexed(path)
    head, size = _open(path)
    matching = [f for f in formats if f.sniff(head)]
    names = ", ".join(f.name for f in formats)
    if len(matching) != 1:
        raise UnreadableFile(
            path=str(path),
            what="this is no building file of a known format",
            todo=f"Formats that can be read: {names}. The name of the file does not matter, its content does.",
        )
    form = matching[0]
    if size > form.max_bytes:
        raise UnreadableFile(
            path=str(path),
            what=f"the file has {size:,} bytes, a {form.name} file may have {form.max_bytes:,}",
            todo="Split the building, or export it without furniture and fittings.",
        )
    report({"zh": f"读取 {form.name} 文件", "en": f"Reading the {form.name} file"}, 0.0)
    try:
        return form.read(path)
    except InvalidModel as error:
        raise UnreadableFile(
            path=str(path),
            what=f"the file says what no building can be ({str(error)[:200]})",
            todo="Export it again, or check it with the program it came from.",
        ) from error


def _indexed(path: Path) -> Path:
    try:
        return path / FOLDER_INDEX if (path / FOLDER_INDEX).is_file() else path
    except (OSError, ValueError):
        return path


def _open(path: Path) -> tuple[bytes, int]:
    try:
        if path.is_dir():
            raise UnreadableFile(path=str(path), what="this is a folder", todo="Name the building file inside it.")
        with path.open("rb") as file:
            head = file.read(SNIFF_BYTES)
        size = path.stat().st_size
    except FileNotFoundError:
        raise UnreadableFile(path=str(path), what="there is no such file", todo="Check the path.") from None
    except (OSError, ValueError) as error:
        raise UnreadableFile(
            path=str(path),
            what=f"the file cannot be opened ({error})",
            todo="Check the path and your right to read it.",
        ) from error
    if not head:
        raise UnreadableFile(path=str(path), what="the file is empty", todo="Copy or export it once more.")
    if head.startswith(_LFS_POINTER):
        raise UnreadableFile(
            path=str(path),
            what="this is a Git LFS pointer, not the file itself",
            todo="Run `git lfs pull` in its repository, or download the file itself.",
        )
    return head, size
