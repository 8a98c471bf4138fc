"""Retention: what has been kept as long as it was declared for goes by itself, field by field, counted and audited."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.actor import make_system
from services.kernel.modules import PersonalField
from services.kernel.ports import Connection
from services.privacy import declared, store
from services.privacy.house import House
from services.privacy.model import REVEALS_WINDOW_S, Swept

DAY_MS = 86_400_000
EVERY_MS = 3_600_000
BATCH = 500
"""Subjects forgotten in one transaction; the others wait for the next."""


class Retention:
    """``tick`` often; it works once an hour by the hall's clock."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._actor = make_system(house.site, "retention")
        self._due_ms = 0
        self.erased = 0

    def tick(self) -> None:
        began_ms = self._house.now_ms()
        if began_ms >= self._due_ms:
            self.sweep()
            self._due_ms = began_ms + EVERY_MS

    def sweep(self) -> None:
        for field in self._house.fields.values():
            if field.since is not None:
                self._sweep(field)
        with self._house.database.transaction() as conn:
            store.forget_reveals(conn, self._house.site, before_ms=self._house.now_ms() - REVEALS_WINDOW_S * 1000)

    def swept(self, conn: Connection) -> Mapping[str, Swept]:
        """By field."""
        return store.get_swept(conn, self._house.site)

    def _sweep(self, field: PersonalField) -> None:
        house = self._house
        before_ms = house.now_ms() - field.retention_days * DAY_MS
        if field.ends == "field":
            with house.database.transaction() as conn:
                count = declared.empty_older(conn, field, house.site, before_ms=before_ms)
                self._note(conn, field, count)
        else:
            self._forget(field, before_ms)
        with house.database.transaction() as conn:
            store.save_swept(conn, house.site, field.column, swept_ms=before_ms, ran_ms=house.now_ms())

    def _forget(self, field: PersonalField, before_ms: int) -> None:
        """From where the last sweep came to, batch by batch; one that was cut off begins there again."""
        house = self._house
        with house.database.transaction() as conn:
            done = store.get_swept(conn, house.site).get(field.column)
        after = declared.Row(since_ms=done.swept_ms if done else 0, token="")
        while True:
            with house.database.transaction() as conn:
                rows = declared.list_older(conn, field, house.site, after=after, before_ms=before_ms, limit=BATCH)
                subjects = house.vault.living(conn, {row.subject for row in rows})
                for subject in sorted(subjects):
                    house.erase(conn, subject)
                self._note(conn, field, len(subjects))
            if len(rows) < BATCH:
                return
            after = rows[-1]

    def _note(self, conn: Connection, field: PersonalField, count: int) -> None:
        if not count:
            return
        store.add_erased(conn, self._house.site, field.column, count)
        self._house.record(
            conn,
            self._actor,
            "privacy.retention",
            field.column,
            after={"erased": count, "older_than_days": field.retention_days},
            why="retention",
        )
        self.erased += count
