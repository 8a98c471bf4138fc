"""Answers what the hall offers, what an item needs, and, from the live hall, where and how long it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from building.departments import find_department, floor_number, waiting_space, windows_of
from building.model import Building, Department, ServiceWindow, make_id
from services.guide.catalogue import Catalogue
from services.guide.errors import UnknownItem
from services.guide.model import Item
from services.guide.phonetic import sort_key
from services.guide.search import Document, SearchIndex
from services.kernel.buildings import TakeOver
from services.kernel.live import LiveReader, read
from services.kernel.visits import ServiceItem

MAX_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """How it stands at a department's windows; ``wait_min`` None: it cannot be told."""

    open_windows: tuple[str, ...]
    waiting: int | None
    wait_min: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A department with its windows in this building."""

    department: Department
    windows: tuple[ServiceWindow, ...]
    floors: tuple[str, ...]
    items: int
    now: Now

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(w.number for w in self.windows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """What is offered in one building version; items whose department is not in it are not."""

    building: Building
    departments: Mapping[str, Department]
    items: Mapping[str, Item]
    popular: Sequence[Item]
    index: SearchIndex


class Guide:
    """A ``Follower``. Items whose department is not in the building are not offered; ``not_offered`` counts them."""

    def __init__(self, *, catalogue: Catalogue, building: Building, live: LiveReader) -> None:
        self._catalogue, self._live = catalogue, live
        self._offer = self._make_offer(building)

    @property
    def not_offered(self) -> int:
        return len(self._catalogue.items) - len(self._offer.items)

    def prepare(self, version: str, building: Building) -> TakeOver:
        del version
        offer = self._make_offer(building)

        def take_over() -> None:
            self._offer = offer

        return take_over

    def _make_offer(self, building: Building) -> _Offer:
        departments = {d.key: d for d in building.departments}
        offered = [i for i in self._catalogue.items if i.department in departments]
        return _Offer(
            building=building,
            departments=departments,
            items={i.code.casefold(): i for i in offered},
            popular=sorted(offered, key=lambda i: (i.popular is None, i.popular or 0, sort_key(i.name["zh"]))),
            index=SearchIndex(_document(i, departments[i.department]) for i in offered),
        )

    # --- items

    def list_items(self, query: str = "", *, department: str | None = None, limit: int = 20) -> list[Item]:
        """The best matches first; without a query what is asked for most, then the rest by pinyin."""
        offer = self._offer
        if query.strip():
            found = [offer.items[h.key.casefold()] for h in offer.index.search(query, limit=MAX_PAGE)]
        else:
            found = list(offer.popular)
        return [i for i in found if department in (None, i.department)][: min(limit, MAX_PAGE)]

    def get_offer(self, code: str) -> tuple[Item, Desk]:
        """An item with its department as it is now."""
        offer = self._offer
        item = offer.items.get(code.strip().casefold())
        if item is None:
            raise UnknownItem(code[:40])
        return item, self._desk(offer, offer.departments[item.department])

    def find_item(self, code: str) -> ServiceItem | None:
        """The kernel's ``ItemSource``."""
        item = self._offer.items.get(code.strip().casefold())
        return None if item is None else ServiceItem(code=item.code, name=item.name, department=item.department)

    # --- departments

    def list_desks(self) -> list[Desk]:
        """All departments by pinyin."""
        offer = self._offer
        return [self._desk(offer, d) for d in sorted(offer.departments.values(), key=lambda d: sort_key(d.name["zh"]))]

    def desks(self, keys: Iterable[str]) -> Mapping[str, Desk]:
        """By key; a department that left the building since is not among them."""
        offer = self._offer
        return {key: self._desk(offer, offer.departments[key]) for key in keys if key in offer.departments}

    def _desk(self, offer: _Offer, department: Department) -> Desk:
        windows = windows_of(offer.building, department.id)
        return Desk(
            department=department,
            windows=windows,
            floors=tuple(dict.fromkeys(floor_number(offer.building, w.floor) for w in windows)),
            items=sum(1 for i in offer.items.values() if i.department == department.key),
            now=self._now(offer.building.site, department, windows),
        )

    def _now(self, site: str, department: Department, windows: Sequence[ServiceWindow]) -> Now:
        queue = make_id(site, "queue", department.key)
        waiting = read(self._live, queue, "waiting")
        low, high = (read(self._live, queue, p) for p in ("wait_lo_min", "wait_hi_min"))
        known = read(self._live, queue, "wait_known") is True and low is not None and high is not None
        return Now(
            open_windows=tuple(w.number for w in windows if self._is_serving(w)),
            waiting=None if waiting is None else int(waiting),
            wait_min=(int(low), int(high)) if known and low is not None and high is not None else None,
        )

    def _is_serving(self, window: ServiceWindow) -> bool:
        opened = read(self._live, window.id, "open") is True
        return opened and read(self._live, window.id, "online") is not False

    # --- where to go

    def find_department_place(self, word: str) -> str | None:
        """Where one waits for a department (its id, key or name): at an open window's area, if there is one."""
        building = self._offer.building
        department = find_department(building, word)
        windows = windows_of(building, department.id) if department else ()
        if not windows:
            return None
        best = next((w for w in windows if self._is_serving(w)), windows[0])
        return waiting_space(building, best)

    def find_item_place(self, code: str) -> str | None:
        item = self.find_item(code)
        return None if item is None else self.find_department_place(item.department)


@dataclass(frozen=True, slots=True)
class ItemPlaces:
    """``item:RSJ-01`` as a place to go to."""

    guide: Guide
    prefix: str = "item"

    def find_target(self, word: str) -> str | None:
        return self.guide.find_item_place(word)


@dataclass(frozen=True, slots=True)
class DepartmentPlaces:
    """``department:rsj`` (a key, an id or a name) as a place to go to."""

    guide: Guide
    prefix: str = "department"

    def find_target(self, word: str) -> str | None:
        return self.guide.find_department_place(word)


def _document(item: Item, department: Department) -> Document:
    return Document(
        key=item.code,
        names=tuple(item.name.values()),
        aliases=item.aliases,
        context=(*department.name.values(), *department.short.values()),
    )
