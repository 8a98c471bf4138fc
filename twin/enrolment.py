"""Letting devices in: one or many in one transaction, each with a credential of its own or behind a gateway.

Every defect of a list is told at once, before anything is changed. Passwords are made here, returned once, never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from iot.broker.credentials import DASHBOARD_USER, hash_password, is_reserved, is_web, new_password, new_salt
from iot.codecs.native import is_device_key
from iot.kind import Kind, Text
from twin.errors import NotFound, Refused
from twin.registry import Registry
from twin.store.database import Database

WISHES_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One device to let in. ``kind`` None: as the building says. ``via``: it speaks through this gateway only."""

    row: int
    key: str
    kind: str | None = None
    name: Text | None = None
    via: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """Why a row cannot be: ``what`` in both languages."""

    row: int
    key: str
    what: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """``password`` is None for a device behind a gateway. It is told here only; ``hashed`` is what is kept."""

    key: str
    kind: str
    password: str | None
    hashed: str | None
    via: str | None = None


class Enrolment:
    """Works on the registry; whoever calls it tells the broker's keeper afterwards."""

    def __init__(
        self, *, registry: Registry, database: Database, kinds: Mapping[str, Kind], random: Callable[[int], bytes]
    ) -> None:
        self._registry, self._database, self._kinds, self._random = registry, database, kinds, random

    def list_defects(self, wishes: Sequence[Wish], *, again: bool = False) -> list[Defect]:
        """Everything that is wrong; ``again``: one that has a credential may get a new one."""
        seen: dict[str, int] = {}
        listed = {wish.key for wish in wishes}
        found: list[Defect] = []
        for wish in wishes:
            defects = self._defects_of(wish, seen, listed, again=again)
            found += [Defect(row=wish.row, key=wish.key, what=what) for what in defects]
            seen.setdefault(wish.key, wish.row)
        return found

    def enrol(self, wishes: Sequence[Wish], *, actor: str, why: str, again: bool = False) -> list[Enrolled]:
        """All of them, or none: ``Refused`` where one cannot be."""
        if len(wishes) > WISHES_MAX:
            raise Refused(f"{len(wishes)} devices; {WISHES_MAX} at a time")
        if defects := self.list_defects(wishes, again=again):
            raise Refused("; ".join(f"{d.key}: {d.what['en']}" for d in defects[:20]))
        made = [self._make(wish.key, self._kind_of(wish), via=wish.via) for wish in wishes]
        with self._database.transaction() as conn:
            for wish, one in zip(wishes, made, strict=True):
                if self._registry.find_device(wish.key) is None:
                    self._registry.write_device(conn, wish.key, one.kind, name=wish.name, actor=actor, why=why)
            hashes = {one.key: one.hashed for one in made if one.hashed}
            self._registry.write_credentials(conn, hashes, actor=actor, why=why)
            for one in made:
                if one.via is not None:
                    self._registry.write_grants(conn, one.via, [one.key], actor=actor, why=why)
        self._registry.load()
        return made

    def register(self, wish: Wish, *, actor: str, why: str, anew: bool = False) -> None:
        """A place in the hall without a credential. ``anew``: it is known, and is of this kind from now on."""
        defects = [d for d in self.list_defects([wish], again=True) if not (anew and wish.kind in self._kinds)]
        if defects:
            raise Refused("; ".join(f"{d.key}: {d.what['en']}" for d in defects))
        with self._database.transaction() as conn:
            self._registry.write_device(conn, wish.key, wish.kind or "", name=wish.name, actor=actor, why=why)
        self._registry.load()

    def rotate(self, keys: Collection[str], *, actor: str, why: str) -> list[Enrolled]:
        """A new password for each of these; the old one ends at once. Dashboards and web processes get their first one
        so too.
        """
        known = [(key, self._registry.find_device(key)) for key in keys]
        unasked = [key for key in keys if key != DASHBOARD_USER and not is_web(key)]
        if missing := [key for key in unasked if not self._registry.is_enrolled(key)]:
            raise NotFound(f"no credential {', '.join(sorted(missing))}")
        made = [self._make(key, device.kind if device else "", via=None) for key, device in known]
        hashes = {one.key: one.hashed for one in made if one.hashed}
        self._registry.set_credentials(hashes, actor=actor, why=why)
        return made

    def _defects_of(
        self, wish: Wish, seen: Mapping[str, int], listed: Collection[str], *, again: bool
    ) -> Iterable[Text]:
        key, kind, known = wish.key, wish.kind, self._registry.find_device(wish.key)
        if not is_device_key(key):
            yield {
                "zh": f"编号“{key}”不可用：只能用字母、数字、点、横线和下划线，最多 64 个字符",
                "en": f"{key!r} cannot be a device: use letters, digits, dots, dashes and underscores, 64 at most",
            }
        elif is_reserved(key):
            yield {"zh": f"编号“{key}”由系统保留", "en": f"{key!r} is a name of the hall's own"}
        if key in seen:
            yield {"zh": f"与第 {seen[key]} 行重复", "en": f"is in row {seen[key]} already"}
        if known is not None and kind is not None and known.kind != kind:
            yield {
                "zh": f"{key} 在建筑中是 {known.kind}，不是 {kind}",
                "en": f"{key} is a {known.kind} of this building, not a {kind}: give --kind {known.kind}",
            }
        elif known is None and kind not in self._kinds:
            listing = ", ".join(sorted(self._kinds))
            yield {
                "zh": f"没有类型“{kind or ''}”；可用：{listing}",
                "en": f"there is no kind {kind}; there are: {listing}" if kind else f"give its --kind: {listing}",
            }
        if not again and self._registry.is_enrolled(key):
            yield {"zh": "已有凭证；要换新的请用“更换”", "en": "has a credential already: rotate it to get a new one"}
        via = wish.via
        if via is not None and (via == key or not (self._registry.is_enrolled(via) or via in listed)):
            yield {"zh": f"网关“{via}”未注册", "en": f"its gateway {via!r} is not enrolled"}

    def _kind_of(self, wish: Wish) -> str:
        known = self._registry.find_device(wish.key)
        return known.kind if known is not None else wish.kind or ""

    def _make(self, key: str, kind: str, *, via: str | None) -> Enrolled:
        if via is not None:
            return Enrolled(key=key, kind=kind, password=None, hashed=None, via=via)
        password = new_password(self._random)
        return Enrolled(key=key, kind=kind, password=password, hashed=hash_password(password, new_salt(self._random)))
