"""Wires the service modules to the twin and to each other's ports; they never import one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from building.model import Building
from services.guide import api as guide_api
from services.guide.catalogue import load_catalogue
from services.guide.service import DepartmentPlaces, Guide, ItemPlaces
from services.kernel.ports import Clock
from services.navigation import api as navigation_api
from services.navigation.service import Buildings, Navigation
from twin.store.database import Database
from twin.twin import Twin
from wayfinding import load_profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Modules:
    """The modules' routers, and what must happen when the hall opens and closes."""

    routers: Sequence[APIRouter]
    start: Callable[[], None]


def wire_modules(
    *, building: Building, buildings: Buildings, twin: Twin, database: Database, vault_key: bytes, now_ms: Clock
) -> Modules:
    """All modules on this twin."""
    guide = Guide(catalogue=load_catalogue(), building=building, live=twin)
    navigation = Navigation(
        buildings=buildings,
        live=twin,
        profiles=load_profiles(),
        sources=[ItemPlaces(guide), DepartmentPlaces(guide)],
    )

    def start() -> None:
        navigation.prepare()

    return Modules(routers=[guide_api.router(guide), navigation_api.router(navigation)], start=start)
