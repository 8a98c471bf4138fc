"""Who sees what of the live feed: a view is a set of entities and a set of audiences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twin.errors import UnknownView

EVERYTHING = "*"
HALL_KINDS = ("window", "queue", "zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """``audiences``: lane items announced to one of these are delivered; ``*`` takes all."""

    name: str
    site: str
    audiences: frozenset[str]
    kinds: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    def shows(self, entity_id: str) -> bool:
        if EVERYTHING in self.kinds or entity_id in self.ids:
            return True
        return entity_id.split(":", 2)[1] in self.kinds

    def hears(self, scope: frozenset[str]) -> bool:
        return EVERYTHING in self.audiences or not self.audiences.isdisjoint(scope)


def parse_view(name: str, *, site: str) -> View:
    """``ops``, ``data``, ``alert``, ``hall``, ``desk:A07``, ``window:A07`` or ``ticket:TOKEN``; raises UnknownView."""
    word, _, key = name.partition(":")
    make = _VIEWS.get(word)
    if make is None or bool(key) != (word in _KEYED) or len(key) > 200:
        raise UnknownView(f"{name[:80]!r} is no view; there are: {', '.join(_VIEWS)}")
    return make(name, site, key)


def is_public(name: str) -> bool:
    """Whether a stranger may see it: the hall as its boards show it, a window's screen, one's own ticket."""
    return name.partition(":")[0] in {"hall", "ticket", "window"}


def _all(name: str, site: str, _: str) -> View:
    return View(name=name, site=site, audiences=frozenset({EVERYTHING}), kinds=frozenset({EVERYTHING}))


def _alert(name: str, site: str, _: str) -> View:
    return View(name=name, site=site, audiences=frozenset({"alert"}), kinds=frozenset({"device"}))


def _hall(name: str, site: str, _: str) -> View:
    return View(name=name, site=site, audiences=frozenset({"hall"}), kinds=frozenset(HALL_KINDS))


def _desk(name: str, site: str, _: str) -> View:
    return View(name=name, site=site, audiences=frozenset({"hall", "desk", name}), kinds=frozenset(HALL_KINDS))


def _window(name: str, site: str, key: str) -> View:
    return View(name=name, site=site, audiences=frozenset({name, "hall"}), ids=frozenset({f"{site}:window:{key}"}))


def _ticket(name: str, site: str, _: str) -> View:
    return View(name=name, site=site, audiences=frozenset({name, "hall"}), kinds=frozenset(HALL_KINDS))


def _data(name: str, site: str, _: str) -> View:
    """For programs of others: every value; of what happens only what stands on the hall's own boards."""
    return View(name=name, site=site, audiences=frozenset({"hall"}), kinds=frozenset({EVERYTHING}))


_VIEWS: dict[str, Callable[[str, str, str], View]] = {
    "ops": _all,
    "data": _data,
    "alert": _alert,
    "hall": _hall,
    "desk": _desk,
    "window": _window,
    "ticket": _ticket,
}
_KEYED = frozenset({"desk", "window", "ticket"})
