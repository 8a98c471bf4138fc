"""Building versions: immutable, named by their content, exactly one of them current."""

from __future__ import annotations

import threading
from collections.abc import Callable

from building.model import Building, make_id
from twin.errors import NotFound
from twin.registry import Registry
from twin.store import audit
from twin.store.database import Database


class Versions:
    """Publishing is one transaction: the version, the devices it places, and the audit line."""

    def __init__(self, *, site: str, database: Database, registry: Registry, now_ms: Callable[[], int]) -> None:
        self._site, self._database, self._registry, self._now_ms = site, database, registry, now_ms
        self._lock = threading.Lock()
        self._current: tuple[str, Building] | None = None

    def publish(self, building: Building, *, actor: str = "system", why: str = "published") -> str:
        """Make this the current version; returns its hash. The same content again changes nothing."""
        from building.formats.hall import dumps
        from building.versions import content_hash

        version = content_hash(building)
        with self._lock:
            before = self._find_current_hash()
            if before != version:
                now_ms = self._now_ms()
                with self._database.transaction() as conn:
                    conn.execute(
                        "update twin.building_version set current = false where site = %s and current", [self._site]
                    )
                    conn.execute(
                        "insert into twin.building_version (hash, site, published_ms, current, document)"
                        " values (%s, %s, %s, true, %s)"
                        " on conflict (hash) do update set current = true, published_ms = excluded.published_ms",
                        [version, self._site, now_ms, dumps(building)],
                    )
                    self._registry.adopt(conn, building)
                    audit.append(
                        conn, site=self._site, actor=actor, action="building.publish",
                        target=make_id(self._site, "building", version), before={"hash": before},
                        after={"hash": version}, why=why, at_ms=now_ms,
                    )  # fmt: skip
            self._registry.load()
            self._current = (version, building)
        return version

    def current(self) -> tuple[str, Building]:
        """Raises NotFound before the first publication."""
        with self._lock:
            if self._current is None:
                self._current = self._read()
            return self._current

    def _find_current_hash(self) -> str | None:
        with self._database.transaction() as conn:
            row = conn.execute(
                "select hash from twin.building_version where site = %s and current", [self._site]
            ).fetchone()
        return None if row is None else str(row[0])

    def _read(self) -> tuple[str, Building]:
        from building.formats.hall import loads

        with self._database.transaction() as conn:
            row = conn.execute(
                "select hash, document from twin.building_version where site = %s and current", [self._site]
            ).fetchone()
        if row is None:
            raise NotFound(f"site {self._site} has no published building")
        return str(row[0]), loads(str(row[1]))
