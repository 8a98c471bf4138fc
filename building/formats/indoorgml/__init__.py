"""IndoorGML 1.0: cells, states and transitions, with solids or flat polygons.

``tree`` opens the file safely, ``geometry`` reads GML shapes, ``features`` what the file names, ``words`` what its
words say, ``ours`` what we wrote ourselves; ``cells`` makes rooms and storeys of it, ``ways`` finds what is joined,
``places`` where, ``doors`` and ``links`` make doors and stairs of it, ``outside`` what leads out; ``reader`` puts it
together. IndoorGML 2 and later are other formats and are not read.
"""

from __future__ import annotations

import re
from pathlib import Path

from building.formats.format import Format
from building.model import Building

MAX_BYTES = 128 * 1024 * 1024

_ROOT = re.compile(rb"<(?:[\w.-]+:)?IndoorFeatures[\s>/]")
_NAMESPACE = re.compile(rb"opengis\.net/indoorgml/1\.\d+/core")


def _sniff(head: bytes) -> bool:
    text = head.replace(b"\0", b"")  # UTF-16 is XML too
    return _ROOT.search(text) is not None and _NAMESPACE.search(text) is not None


def _read(path: Path) -> Building:
    from building.formats.indoorgml.reader import read

    return read(path)


FORMAT = Format(name="indoorgml", sniff=_sniff, read=_read, max_bytes=MAX_BYTES)
