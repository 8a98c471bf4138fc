"""IFC files (IFC2X3, IFC4, IFC4X3, older ones with a warning) become one routable building.

``source`` opens the file, ``shapes`` tessellates it once, ``spaces``, ``walls``, ``openings`` and ``stairs`` each
read what there is of one kind, ``reader`` makes a survey of it; ``building.understanding`` decides what it means.
"""

from __future__ import annotations

from pathlib import Path

from building.formats.format import Format
from building.model import Building


def _sniff(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"ISO-10303-21") and b"FILE_SCHEMA" in head


def _read(path: Path) -> Building:
    from building.formats.ifc.reader import read

    return read(path)


FORMAT = Format(name="ifc", sniff=_sniff, read=_read)
