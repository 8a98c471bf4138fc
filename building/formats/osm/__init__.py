"""OpenStreetMap files with Simple Indoor Tagging (.osm XML, Overpass JSON) become one building.

``source`` opens the file, ``levels`` reads level lists, ``tags`` what a tag says; ``areas``, ``choice``, ``storeys``
and ``places`` make floors and rooms of it; ``doors``, ``paths`` and ``links`` read what joins them; ``reader`` puts it
together.
"""

from __future__ import annotations

import re
from pathlib import Path

from building.formats.format import Format
from building.model import Building

MAX_BYTES = 256 * 1024 * 1024

_XML_ROOT = re.compile(rb"<osm[\s>/]")
_JSON_ELEMENT = re.compile(rb'"type"\s*:\s*"(node|way|relation|count)"')


def _sniff(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return _XML_ROOT.search(start) is not None
    elements = start.find(b'"elements"')
    return start.startswith(b"{") and elements >= 0 and _JSON_ELEMENT.search(start, elements) is not None


def _read(path: Path) -> Building:
    from building.formats.osm.reader import read

    return read(path)


FORMAT = Format(name="osm", sniff=_sniff, read=_read, max_bytes=MAX_BYTES)
