"""The words of our own property sets, for who writes them and who reads them: ``Halltwin_Space``, ``Halltwin_Zone``...

A set holds the members of our own format that the drawing does not show: a program that moves, turns or redraws the
building makes no set a lie. ``key`` is ours, ``name.zh`` the name in a language; lengths are metres.
"""

from __future__ import annotations

from building.formats.hall.entities import ALL, Entities

PREFIX = "Halltwin_"
HOUSE = PREFIX + "Building"
ASSUMED = "assumed"
"""The kind of a wall that no file drew: rooms that touch and are not joined have something between them."""

STOPS_AT, PITCH = "stops_at", "pitch_deg"
"""Not members of our own format: the floors a lift stops at, and how far a device looks up or down."""

_PLACED = frozenset({"footprint", "at", "facing_deg", "z0_m", "z_m", "source"})
_NONE: frozenset[str] = frozenset()
_SHOWN = {
    "floor": frozenset({"outline", "elevation_m"}),
    "space": frozenset({"height_m"}),
    "wall": frozenset({"line", "height_m"}),
    "opening": frozenset({"between", "line", "height_m", "evidence"}),
    "link": frozenset({"stops", "paths", "shafts", "evidence"}),
    "window": frozenset({"stand"}),
    "furniture": frozenset({"height_m"}),
    "device": frozenset({"pose"}),
    "outdoor_link": frozenset({"path"}),
    "approach": frozenset({"path", "step_free_path"}),
}


def set_name(kind: str) -> str:
    """``outdoor_link`` -> ``Halltwin_OutdoorLink``."""
    return PREFIX + "".join(word.capitalize() for word in kind.split("_"))


def shown(kind: str) -> frozenset[str]:
    """The members that geometry, structure or GlobalId say."""
    return _PLACED | _SHOWN.get(kind, _NONE)


BY_KIND: dict[str, Entities] = {table.kind: table for table in ALL}
BY_SET: dict[str, Entities] = {set_name(table.kind): table for table in ALL}
