"""Rooms of a floor that the file shows only by its walls."""

from __future__ import annotations

from collections.abc import Sequence

from building.survey import SeenFloor, SeenSpace, Survey


def derive_rooms(survey: Survey, floors: Sequence[SeenFloor]) -> list[SeenSpace]:
    """The rooms that the walls of these floors enclose, each with its evidence."""
    return []
