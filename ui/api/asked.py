"""How a request says which points it means: the same words wherever the hall's data are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Query
from starlette.datastructures import QueryParams

from services.kernel.errors import Invalid
from twin.selection import Directory, Selection
from ui.bootstrap import Hall

WORDS_MAX, WORD_MAX = 50, 120
_Words = Annotated[list[Annotated[str, Query(max_length=WORD_MAX)]] | None, Query(max_length=WORDS_MAX)]


def _selection(
    entity: _Words = None, point: _Words = None, kind: _Words = None, space: _Words = None, brick: _Words = None
) -> Selection:
    return Selection(
        entities=entity or (), points=point or (), kinds=kind or (), spaces=space or (), bricks=brick or ()
    )


Asked = Annotated[Selection, Depends(_selection)]
"""``entity``, ``point``, ``kind``, ``space`` and ``brick``, each as often as wanted."""


def parse_asked(query: QueryParams) -> Selection:
    """The same of an address that no route reads: a WebSocket's. Raises Invalid for too much."""
    words = {name: query.getlist(name) for name in ("entity", "point", "kind", "space", "brick")}
    if any(len(said) > WORDS_MAX or max(map(len, said), default=0) > WORD_MAX for said in words.values()):
        raise Invalid(
            zh="筛选条件过多或过长。",
            en=f"Of each filter at most {WORDS_MAX} words of {WORD_MAX} characters.",
        )
    return _selection(**words)


def directory_of(hall: Hall, *, entities: Iterable[str] = (), version: str | None = None) -> Directory:
    """Of the building and devices there are now, or of what stood in that version of it."""
    if version is None:
        return Directory(hall.building()[1], hall.devices(), hall.kinds, entities=entities)
    building = hall.twin.versions.get(version)
    return Directory(building, [*hall.devices(), *building.devices], hall.kinds, entities=entities)
