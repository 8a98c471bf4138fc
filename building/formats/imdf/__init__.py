"""IMDF 1.0 archives (OGC 20-094, Apple's Indoor Mapping Data Format): a ZIP of GeoJSON files, one a feature type.

``archive`` opens the ZIP safely, ``features`` makes checked features of the JSON, ``vocabulary`` knows the categories,
``extension`` holds what is ours among the properties, ``units``, ``openings``, ``links`` and ``places`` each read one
kind of evidence, ``reader`` puts them together. ``rules`` judges an archive by the specification.
"""

from __future__ import annotations

from pathlib import Path

from building.formats.format import Format
from building.formats.imdf.vocabulary import FEATURE_TYPES
from building.formats.packed import names_in
from building.model import Building

MAX_BYTES = 64 * 1024 * 1024

_SIGNS = frozenset(f"{name}{ending}" for name in (*FEATURE_TYPES, "manifest") for ending in (".json", ".geojson"))


def _sniff(head: bytes) -> bool:
    """A ZIP (the magic is at its very start) with a file that only an IMDF archive has, by its local headers."""
    return any(name.rsplit("/", 1)[-1].lower() in _SIGNS for name in names_in(head))


def _read(path: Path) -> Building:
    from building.formats.imdf.reader import read

    return read(path)


FORMAT = Format(name="imdf", sniff=_sniff, read=_read, max_bytes=MAX_BYTES)
