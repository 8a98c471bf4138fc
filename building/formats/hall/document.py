"""The frame of a file of our own format: its header and the order of its lists."""

from __future__ import annotations

from building.formats.hall import codecs as c
from building.formats.hall.codecs import Json, ListOf, MapOf, OrNull, Scope, Str
from building.formats.hall.entities import AFTER_FLOORS, BEFORE_FLOORS, FLOORS, GEOREFERENCE
from building.formats.hall.fields import Field, Fields, Getter
from building.model import Building

FORMAT_ID = "halltwin-building/1"


def _made_here(_get: Getter, _scope: Scope) -> dict[str, str]:
    return {}


HEADER = Fields(
    Building,
    (
        Field("site", c.Site()),
        Field("name", c.TextMap()),
        Field("timezone", Str(100)),
        Field("georeference", OrNull(GEOREFERENCE)),
        Field("opening_hours", MapOf(Str())),
        Field("attributes", Json()),
        Field("warnings", ListOf(Str())),
        Field("origin", MapOf(Str(), c.Enum(("format", "schema"))), _made_here),
    ),
)
"""``origin`` says which format the building came from, when it was not ours."""

LISTS = (*BEFORE_FLOORS, FLOORS, *AFTER_FLOORS)
KNOWN_MEMBERS = ("format", *(f.name for f in HEADER.fields), *(e.list_name for e in LISTS))
