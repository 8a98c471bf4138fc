"""Which points are asked for, by id, kind, place and Brick class: one pure filter for now, for then and for export.

    directory = Directory(building, hall.devices(), kinds, entities=state)
    chosen = choose(state, directory.chooser(Selection(spaces=("1F",), bricks=("brick:Temperature_Sensor",))))

Within one field any word will do; all fields must hold. A place or kind that nobody knows is an error, not an empty
answer: who misspells it would take that for the truth.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from building.model import Bay, Building, Entity, Floor, Poi, Seat, Space, Zone, key_of
from iot.brick import EQUIPMENT, POINT, is_a
from iot.kind import Kind, Text
from twin.errors import UnknownSelection

V = TypeVar("V")
_CLASSES = {"window": "hall:Service_Window", "zone": "brick:Zone"}
"""Of what is no device and yet has values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Empty: any. ``entities`` are ids or keys, ``points`` names, ``kinds`` of devices or of entities (``window``).

    ``spaces`` are floors, rooms and zones by id, key, number or name. ``bricks`` are classes of devices (all points
    of theirs are meant) or of points, each with all that stand under it.
    """

    entities: Collection[str] = ()
    points: Collection[str] = ()
    kinds: Collection[str] = ()
    spaces: Collection[str] = ()
    bricks: Collection[str] = ()


class Located(Protocol):
    """A device as the registry or the building knows it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> Text: ...
    @property
    def kind(self) -> str: ...
    @property
    def floor(self) -> str | None: ...
    @property
    def space(self) -> str | None: ...


class Directory:
    """What stands where and is of which class, of one version of the building. ``entities``: what else has values."""

    def __init__(
        self, building: Building, devices: Iterable[Located], kinds: Mapping[str, Kind], *,
        entities: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self._building, self._kinds = building, kinds
        self._devices = {d.id: d for d in devices}
        self._ids = {*self._devices, *entities, *(w.id for w in building.windows), *(z.id for z in building.zones)}
        self._places = _places(building) | {
            d.id: frozenset(p for p in (d.id, d.space, d.floor) if p) for d in self._devices.values()
        }

    def chooser(self, selection: Selection) -> Chooser:
        """Raises UnknownSelection for a place or kind that nobody knows."""
        known = {*self._kinds, *(d.kind for d in self._devices.values()), *(kind_of(i) for i in self._ids)}
        if unknown := sorted(set(selection.kinds) - known):
            raise UnknownSelection("kind", unknown[0], known=sorted(known))
        return Chooser(self, selection, spaces=frozenset().union(*(self._named(word) for word in selection.spaces)))

    def kinds_of(self, entity_id: str) -> set[str]:
        """``device`` and ``door``: what it may be asked for as."""
        device = self._devices.get(entity_id)
        return {kind_of(entity_id), *([device.kind] if device else [])}

    def places_of(self, entity_id: str) -> frozenset[str]:
        """The ids of rooms and floors that it stands in or spans."""
        return self._places.get(entity_id, frozenset())

    def sort_of(self, entity_id: str) -> str:
        """Of one sort are those whose points are of the same classes."""
        device = self._devices.get(entity_id)
        return kind_of(entity_id) if device is None else f"device {device.kind}"

    def class_of(self, entity_id: str) -> str:
        device = self._devices.get(entity_id)
        if device is None:
            return _CLASSES.get(kind_of(entity_id), "")
        return self._kinds[device.kind].brick if device.kind in self._kinds else EQUIPMENT

    def class_of_point(self, entity_id: str, point: str) -> str:
        device = self._devices.get(entity_id)
        declared = self._kinds[device.kind].points if device and device.kind in self._kinds else ()
        return next((p.brick for p in declared if p.name == point), POINT)

    def points_of(self, entity_id: str) -> tuple[str, ...]:
        """What it should tell."""
        device = self._devices.get(entity_id)
        return tuple(p.name for p in self._kinds[device.kind].points) if device and device.kind in self._kinds else ()

    def is_device(self, entity_id: str) -> bool:
        return entity_id in self._devices

    def _named(self, word: str) -> frozenset[str]:
        """Every room of that name: a filter has no use for asking which of four toilets was meant."""
        wanted = word.strip().casefold()
        there: list[Floor | Space | Zone] = [*self._building.floors, *self._building.spaces, *self._building.zones]
        for answers in (_by_id, _by_number, _by_name):
            found = [e for e in there if answers(e, wanted)]
            if found:
                return frozenset().union(*(self._covered(e) for e in found))
        raise UnknownSelection("space", word, known=[f.number for f in self._building.floors])

    def _covered(self, place: Floor | Space | Zone) -> frozenset[str]:
        return frozenset({place.id, *place.spaces}) if isinstance(place, Zone) else frozenset({place.id})


class Chooser:
    """Says of each point whether it is meant; what it found out about an entity, and about its like, it keeps."""

    def __init__(self, directory: Directory, selection: Selection, *, spaces: frozenset[str]) -> None:
        self._directory, self._selection, self._spaces = directory, selection, spaces
        self._known: dict[str, bool] = {}
        self._classes: dict[tuple[str, str], bool] = {}

    def takes_entity(self, entity_id: str) -> bool:
        """Whether any of its points may be meant."""
        found = self._known.get(entity_id)
        if found is None:
            found = self._known[entity_id] = self._look(entity_id)
        return found

    def takes(self, entity_id: str, point: str) -> bool:
        asked = self._selection
        if (asked.points and point not in asked.points) or not self.takes_entity(entity_id):
            return False
        if not asked.bricks:
            return True
        key = (self._directory.sort_of(entity_id), point)
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = self._is_of_class(entity_id, point)
        return found

    def concerns(self, entity_id: str) -> bool:
        """Whether what happens to it is meant: any of the points that it should tell is."""
        points = self._directory.points_of(entity_id) or self._selection.points or ("",)
        return any(self.takes(entity_id, point) for point in points)

    def _look(self, entity_id: str) -> bool:
        asked, directory = self._selection, self._directory
        if asked.entities and not {entity_id, key_of(entity_id)} & set(asked.entities):
            return False
        if asked.kinds and directory.kinds_of(entity_id).isdisjoint(asked.kinds):
            return False
        return not asked.spaces or not directory.places_of(entity_id).isdisjoint(self._spaces)

    def _is_of_class(self, entity_id: str, point: str) -> bool:
        whole, part = self._directory.class_of(entity_id), self._directory.class_of_point(entity_id, point)
        equipment = self._directory.is_device(entity_id)
        return any(
            is_a(whole, brick) or is_a(part, brick) or is_a(POINT, brick) or (equipment and is_a(EQUIPMENT, brick))
            for brick in self._selection.bricks
        )


def choose(state: Mapping[str, Mapping[str, V]], chooser: Chooser) -> dict[str, dict[str, V]]:
    """What is meant of a whole state; entities of which nothing is meant are left out."""
    chosen: dict[str, dict[str, V]] = {}
    for entity_id, points in state.items():
        if chooser.takes_entity(entity_id):
            meant = {name: value for name, value in points.items() if chooser.takes(entity_id, name)}
            if meant:
                chosen[entity_id] = meant
    return chosen


def kind_of(entity_id: str) -> str:
    """The middle word of an id."""
    return entity_id.split(":", 2)[1] if entity_id.count(":") > 1 else ""


def _places(b: Building) -> dict[str, frozenset[str]]:
    floor_of = {s.id: s.floor for s in b.spaces}

    def spanned(*spaces: str | None) -> frozenset[str]:
        return frozenset(p for s in spaces if s for p in (s, floor_of.get(s)) if p)

    located: list[Seat | Bay | Poi] = [*b.seats, *b.bays, *b.pois]
    return (
        {f.id: frozenset({f.id}) for f in b.floors}
        | {s.id: spanned(s.id) for s in b.spaces}
        | {z.id: spanned(*z.spaces) | {z.id} | ({z.floor} if z.floor else set()) for z in b.zones}
        | {w.id: spanned(w.space, w.staff_space) | {w.floor} for w in b.windows}
        | {x.id: spanned(x.space) for x in located}
    )


def _by_id(e: Entity, wanted: str) -> bool:
    return wanted in (e.id.casefold(), e.key.casefold())


def _by_number(e: Floor | Space | Zone, wanted: str) -> bool:
    number = None if isinstance(e, Zone) else e.number
    return number is not None and wanted == number.casefold()


def _by_name(e: Entity, wanted: str) -> bool:
    return wanted in (name.casefold() for name in e.name.values())
