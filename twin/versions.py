"""Building versions: immutable, named by their content, exactly one of them current."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from building.counts import count
from building.formats.hall import dumps, loads
from building.model import Building, make_id
from building.versions import content_hash
from twin.errors import NotFound, StaleBase
from twin.registry import Registry
from twin.store import audit
from twin.store.database import Connection, Database

READ_MAX = 4
"""Old versions kept in memory once they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """``published_ms``, ``by`` and ``why`` are of the last time it was published."""

    hash: str
    published_ms: int
    by: str
    why: str
    current: bool
    name: Mapping[str, str]
    counts: Mapping[str, int] | None


class Versions:
    """Publishing is one transaction: the version, the devices it places or retires, and the audit line."""

    def __init__(self, *, site: str, database: Database, registry: Registry, now_ms: Callable[[], int]) -> None:
        self._site, self._database, self._registry, self._now_ms = site, database, registry, now_ms
        self._publishing = threading.Lock()
        self._current: tuple[str, Building] | None = None
        self._read: OrderedDict[str, Building] = OrderedDict()

    def publish(
        self, building: Building, *, actor: str = "system", why: str = "published", base: str | None = None
    ) -> str:
        """Make this the current version; returns its hash. The same content again changes nothing.

        ``base`` is the version that is to be replaced: raises StaleBase where another is current by now.
        """
        version, counts, document = content_hash(building), count(building), dumps(building)
        with self._publishing:
            with self._database.transaction() as conn:
                # Other processes publish too; the row of the current version may not be there yet.
                conn.execute("select pg_advisory_xact_lock(hashtext('twin.publish ' || %s))", [self._site])
                before = self._find_current(conn)
                _check_base(before, base)
                if before is None or before.hash != version:
                    now_ms = self._now_ms()
                    conn.execute(
                        "update twin.building_version set current = false where site = %s and current", [self._site]
                    )
                    conn.execute(
                        "insert into twin.building_version"
                        " (hash, site, published_ms, current, document, published_by, why, name, counts)"
                        " values (%s, %s, %s, true, %s, %s, %s, %s, %s)"
                        " on conflict (hash) do update set current = true, published_ms = excluded.published_ms,"
                        " published_by = excluded.published_by, why = excluded.why, counts = excluded.counts",
                        [version, self._site, now_ms, document, actor, why, Jsonb(dict(building.name)),
                         Jsonb(dict(counts))],
                    )  # fmt: skip
                    conn.execute(
                        "insert into twin.publication (site, at_ms, hash, published_by) values (%s, %s, %s, %s)",
                        [self._site, now_ms, version, actor],
                    )
                    self._registry.adopt(conn, building, actor=actor, why=why)
                    audit.append(
                        conn, site=self._site, actor=actor, action="building.publish",
                        target=make_id(self._site, "building", version),
                        before=None if before is None else {"hash": before.hash, "counts": before.counts},
                        after={"hash": version, "counts": dict(counts)}, why=why, at_ms=now_ms,
                    )  # fmt: skip
            self._registry.load()
            self._current = (version, building)
        return version

    def check_base(self, base: str | None) -> None:
        """Raises StaleBase where another version is current: worth knowing before anything slow is begun."""
        with self._database.transaction() as conn:
            _check_base(self._find_current(conn), base)

    def open(self, building: Building, *, actor: str, why: str = "opened") -> bool:
        """Publish the file a hall is started with; False where somebody published since, and that stays."""
        with self._database.transaction() as conn:
            before = self._find_current(conn)
        if before is not None and before.by != actor:
            return before.hash == content_hash(building)
        self.publish(building, actor=actor, why=why)
        return True

    def current(self) -> tuple[str, Building]:
        """Raises NotFound before the first publication."""
        if self._current is None:
            with self._publishing:
                if self._current is None:
                    self._current = self._read_current()
        return self._current

    @property
    def known(self) -> str | None:
        """The current version's hash as far as it was asked for in this process; never asks the database."""
        return None if self._current is None else self._current[0]

    def get(self, version: str) -> Building:
        """Any version that was ever published."""
        if self._current is not None and self._current[0] == version:
            return self._current[1]
        found = self._read.get(version)
        if found is None:
            with self._database.transaction() as conn:
                row = conn.execute(
                    "select document from twin.building_version where site = %s and hash = %s", [self._site, version]
                ).fetchone()
            if row is None:
                raise NotFound(f"no version {version[:64]} was published here")
            found = self._read[version] = loads(str(row[0]))
            while len(self._read) > READ_MAX:
                self._read.popitem(last=False)
        return found

    def list_all(self, limit: int = 100) -> list[Version]:
        """Those published last come first."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                f"{_SELECT} where site = %s order by published_ms desc, hash limit %s".encode(), [self._site, limit]
            ).fetchall()
        return [_version(row) for row in rows]

    def _find_current(self, conn: Connection) -> Version | None:
        row = conn.execute(f"{_SELECT} where site = %s and current".encode(), [self._site]).fetchone()
        return None if row is None else _version(row)

    def _read_current(self) -> tuple[str, Building]:
        with self._database.transaction() as conn:
            row = conn.execute(
                "select hash, document from twin.building_version where site = %s and current", [self._site]
            ).fetchone()
        if row is None:
            raise NotFound(f"site {self._site} has no published building")
        return str(row[0]), loads(str(row[1]))


_SELECT = "select hash, published_ms, published_by, why, current, name, counts from twin.building_version"


def _check_base(current: Version | None, base: str | None) -> None:
    if base is not None and current is not None and current.hash != base:
        raise StaleBase(version=current.hash, by=current.by, at_ms=current.published_ms)


def _version(row: tuple[Any, ...]) -> Version:
    return Version(hash=row[0], published_ms=row[1], by=row[2], why=row[3], current=row[4], name=row[5], counts=row[6])
