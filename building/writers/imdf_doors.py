"""What kind of entrance an opening is in IMDF's words."""

from __future__ import annotations

from typing import Any

from building.model import OUT, Opening

_DOORS: dict[str, tuple[str, bool | None]] = {
    "automatic": ("sliding", True),
    "door": ("unspecified", None),
    "fire": ("swinging", False),
    "lift": ("sliding", True),
    "open": ("open", None),
    "opening": ("open", None),
    "passage": ("open", None),
    "rolling": ("shutter", None),
    "swing": ("swinging", False),
    "turnstile": ("turnstile", None),
}
"""By our kind of opening: IMDF's type of door, and whether it opens by itself."""


def category_of(o: Opening) -> str:
    leads_out = o.between is not None and OUT in o.between
    if o.vehicles_only:
        return "automobile"
    if o.goods_only:
        return "service"
    if leads_out and o.exit:
        return "emergencyexit" if o.one_way else "pedestrian.principal"
    return "emergencyexit" if o.one_way and o.kind == "fire" else "pedestrian"


def door_of(kind: str) -> dict[str, Any]:
    door, automatic = _DOORS.get(kind, ("unspecified", None))
    return {"type": door, "automatic": automatic, "material": None}
