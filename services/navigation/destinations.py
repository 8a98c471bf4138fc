"""Words become places: those of the building first, then what other modules know (a ticket, an item, a department)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from building.errors import AmbiguousPlace, UnknownPlace
from building.model import Building
from building.places import Place
from services.kernel.places import PlaceSource
from services.navigation.errors import AmbiguousWord, UnknownWord

Resolve: TypeAlias = Callable[[str], Place]
"""``building.places.resolve`` on one building."""


def find_place(resolve: Resolve, sources: Sequence[PlaceSource], word: str) -> Place:
    """The one place ``word`` means now; ``prefix:rest`` asks the source of that prefix and nobody else."""
    prefix, colon, rest = word.partition(":")
    named = next((s for s in sources if colon and s.prefix == prefix), None)
    if named is not None:
        target = named.find_target(rest)
        if target is None:
            raise UnknownWord(word)
        return _resolve(resolve, target)
    try:
        return resolve(word)
    except AmbiguousPlace as error:
        raise AmbiguousWord(word, error.candidates) from None
    except UnknownPlace as error:
        for source in sources:
            if (target := source.find_target(word)) is not None:
                return _resolve(resolve, target)
        raise UnknownWord(word, error.candidates) from None


def _resolve(resolve: Resolve, target: str) -> Place:
    """A source's answer is an id: the building knows it, unless it was rebuilt in between."""
    try:
        return resolve(target)
    except (AmbiguousPlace, UnknownPlace) as error:
        raise UnknownWord(target, error.candidates) from None


def find_closable(building: Building, word: str) -> frozenset[str]:
    """The ids to close when someone says ``closed=LIFT-1``: an id, or the key of an opening, link, space or device.

    A device stands for the door or link it drives.
    """
    ways = [*((o, o.device) for o in building.openings), *((v, v.device) for v in building.vertical_links)]
    things = [*(way for way, _ in ways), *building.spaces]
    wanted = word.casefold()
    direct = {t.id for t in things if wanted in (t.id.casefold(), t.key.casefold())}
    devices = {d.id for d in building.devices if wanted in (d.id.casefold(), d.key.casefold())}
    driven = {way.id for way, device in ways if device in devices}
    sources = {t.id for t in things if t.source is not None and t.source.value.casefold() == wanted}
    if not (found := direct | driven | sources):
        raise UnknownWord(word)
    return frozenset(found)
