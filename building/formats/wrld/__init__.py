"""Indoor GeoJSON in the WRLD shape: ``main.json`` with its floor files beside it, all in one ZIP, or one floor alone.

``source`` opens what is given, ``features`` brings it into metres, ``plan`` reads walls, doors and areas, ``links``
stairs and lifts, ``paths`` what the lines of ways tell; ``reader`` puts it together.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from building.formats.format import Format
from building.formats.imdf.vocabulary import FEATURE_TYPES
from building.formats.packed import names_in
from building.model import Building

MAX_BYTES = 64 * 1024 * 1024

_COLLECTION = re.compile(rb'"type"\s*:\s*"FeatureCollection"')
_IMDF = frozenset((*FEATURE_TYPES, "manifest"))


def _sniff(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if start.startswith(b"{"):
        index = b'"levels"' in start and b'"z_order"' in start and b'"filename"' in start
        return index or _COLLECTION.search(start) is not None
    names = [PurePosixPath(n.lower()) for n in names_in(head)]
    drawn = any(n.name == "main.json" or n.suffix == ".geojson" for n in names)
    return drawn and not any(n.stem in _IMDF and n.suffix in (".json", ".geojson") for n in names)


def _read(path: Path) -> Building:
    from building.formats.wrld.reader import read

    return read(path)


FORMAT = Format(name="wrld", sniff=_sniff, read=_read, max_bytes=MAX_BYTES, beside=True)
