"""Who sees what of the live feed: a view is a set of entities and a set of audiences, narrowed where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from twin.errors import TwinError, UnknownView

V = TypeVar("V")
EVERYTHING = "*"
HALL_KINDS = ("window", "queue", "zone")
_SUBJECT = {"alarm": "source", "command": "device", "desired": "entity", "call": "window_id"}
"""What of a lane item's body names the entity that it is about."""


class Filter(Protocol):
    """What a client wants to hear of; one object for all who want the same (``live_filters.py``).

    ``stamp`` is another where it may take other entities than before; ``broken``: why it takes nothing at all.
    """

    @property
    def stamp(self) -> int: ...
    @property
    def broken(self) -> TwinError | None: ...
    def reaches(self, epoch: str, seq: int) -> bool: ...
    def takes_entity(self, entity_id: str) -> bool: ...
    def cut(self, entity_id: str, points: Mapping[str, V]) -> Mapping[str, V] | None: ...
    def concerns(self, entity_id: str) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """``audiences``: lane items announced to one of these are delivered; ``*`` takes all."""

    name: str
    site: str
    audiences: frozenset[str]
    kinds: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    only: Filter | None = None

    @property
    def stamp(self) -> int:
        return 0 if self.only is None else self.only.stamp

    def shows(self, entity_id: str) -> bool:
        if self.only is not None and not self.only.takes_entity(entity_id):
            return False
        if EVERYTHING in self.kinds or entity_id in self.ids:
            return True
        return entity_id.split(":", 2)[1] in self.kinds

    def takes(self, topic: str, body: Mapping[str, Any]) -> bool:
        """Whether a lane item is about something that is wanted. A new building is everybody's business."""
        if self.only is None or topic == "building":
            return True
        subject = body.get(_SUBJECT.get(topic, ""))
        return isinstance(subject, str) and self.only.concerns(subject)

    def hears(self, scope: frozenset[str]) -> bool:
        return EVERYTHING in self.audiences or not self.audiences.isdisjoint(scope)


def parse_view(name: str, *, site: str) -> View:
    """``ops``, ``data``, ``alert``, ``alarms``, ``hall``, ``desk:A07``, ``window:A07`` or ``ticket:TOKEN``.

    Raises UnknownView.
    """
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


def _alarms(name: str, site: str, _: str) -> View:
    """What happens without any values: for who looks at another time and must not miss what is now."""
    return View(name=name, site=site, audiences=frozenset({"alert"}))


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
    "alarms": _alarms,
    "hall": _hall,
    "desk": _desk,
    "window": _window,
    "ticket": _ticket,
}
_KEYED = frozenset({"desk", "window", "ticket"})
