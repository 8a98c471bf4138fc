"""A building as an IMDF 1.0 archive (OGC 20-094): a ZIP of GeoJSON files that indoor map tools and services take.

The same building gives the same bytes, so neither the manifest nor the ZIP tells the time of day. What IMDF has no word
for stands under our own name beside its words (``building.formats.imdf.extension``); what neither holds is listed.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from building.errors import InvalidModel, UnwritableFile
from building.model import Building
from building.writers.writer import Loss, Writer

SUFFIXES = (".imdf.zip", ".imdf", ".zip")
CREATED = "2000-01-01T00:00:00Z"
"""The specification wants a moment; the same building must give the same bytes."""

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(building: Building, path: Path) -> tuple[Loss, ...]:
    from building.writers.imdf_features import features_of

    try:
        files, losses = features_of(building)
    except InvalidModel as error:
        raise UnwritableFile(
            path=str(path), what=f"IMDF cannot place this building ({error})", todo="Correct its georeference."
        ) from None
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, document in files.items():
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, _json(document))
    return losses


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False) + "\n"


WRITER = Writer(name="imdf", suffixes=SUFFIXES, write=write)
