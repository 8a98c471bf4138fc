"""Answers what the hall offers, what an item needs, and, from the live hall, where and how long it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from building.departments import find_department, floor_number, waiting_space, windows_of
from building.model import Building, Department, ServiceWindow, make_id
from services.guide.catalogue import Catalogue
from services.guide.errors import UnknownItem
from services.guide.model import Item
from services.guide.phonetic import sort_key
from services.guide.search import Document, SearchIndex
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


class Guide:
    """Items whose department is not in this building are not offered; ``not_offered`` counts them."""

    def __init__(self, *, catalogue: Catalogue, building: Building, live: LiveReader) -> None:
        self._building, self._live = building, live
        self._departments = {d.key: d for d in building.departments}
        offered = [i for i in catalogue.items if i.department in self._departments]
        self.not_offered = len(catalogue.items) - len(offered)
        self._items: Mapping[str, Item] = {i.code.casefold(): i for i in offered}
        self._popular: Sequence[Item] = sorted(
            offered, key=lambda i: (i.popular is None, i.popular or 0, sort_key(i.name["zh"]))
        )
        self._index = SearchIndex(_document(i, self._departments[i.department]) for i in offered)

    # --- items

    def list_items(self, query: str = "", *, department: str | None = None, limit: int = 20) -> list[Item]:
        """The best matches first; without a query what is asked for most, then the rest by pinyin."""
        if query.strip():
            found = [self._items[h.key.casefold()] for h in self._index.search(query, limit=MAX_PAGE)]
        else:
            found = list(self._popular)
        return [i for i in found if department in (None, i.department)][: min(limit, MAX_PAGE)]

    def get_item(self, code: str) -> Item:
        item = self._items.get(code.strip().casefold())
        if item is None:
            raise UnknownItem(code[:40])
        return item

    def find_item(self, code: str) -> ServiceItem | None:
        """The kernel's ``ItemSource``."""
        item = self._items.get(code.strip().casefold())
        return None if item is None else ServiceItem(code=item.code, name=item.name, department=item.department)

    # --- departments

    def list_desks(self) -> list[Desk]:
        """All departments by pinyin."""
        return [self.desk(d.key) for d in sorted(self._departments.values(), key=lambda d: sort_key(d.name["zh"]))]

    def desk(self, key: str) -> Desk:
        department = self._departments[key]
        windows = windows_of(self._building, department.id)
        return Desk(
            department=department,
            windows=windows,
            floors=tuple(dict.fromkeys(floor_number(self._building, w.floor) for w in windows)),
            items=sum(1 for i in self._items.values() if i.department == key),
            now=self._now(key, windows),
        )

    def _now(self, key: str, windows: Sequence[ServiceWindow]) -> Now:
        queue = make_id(self._building.site, "queue", key)
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
        department = find_department(self._building, word)
        windows = windows_of(self._building, department.id) if department else ()
        if not windows:
            return None
        best = next((w for w in windows if self._is_serving(w)), windows[0])
        return waiting_space(self._building, best)

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
