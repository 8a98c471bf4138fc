"""Blind indexes of values sealed before there were any: filled in the background, so that people are found."""

from __future__ import annotations

import threading

from psycopg.errors import UniqueViolation

from services.kernel.actor import make_system
from services.kernel.modules import PersonalField
from services.kernel.ports import Connection
from services.privacy import declared
from services.privacy.house import House

BATCH = 500
"""Rows of one transaction; ``tick`` fills one batch, others have their turn in between."""


class Indexes:
    """``tick`` until ``done``. What is filled is not looked for again, so a start that was cut off goes on from there.

    What cannot be filled (the person was erased, somebody else has the same) is left, and looked at once a start.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._actor = make_system(house.site, "indexes")
        self._todo = [field for field in house.fields.values() if field.match is not None]
        self._after = ""
        self._filled = 0
        self._lock = threading.Lock()
        self.filled = self.same = 0
        """Since the start; ``same``: left out, because another row has this very value where each may have it once."""

    @property
    def done(self) -> bool:
        return not self._todo

    def tick(self) -> None:
        """The next batch, if there is any."""
        with self._lock:
            if self._todo:
                self._fill(self._todo[0])

    def _fill(self, field: PersonalField) -> None:
        house = self._house
        with house.database.transaction() as conn:
            tokens = declared.list_unmatched(conn, field, house.site, after=self._after, limit=BATCH)
            texts = house.vault.open_many(conn, tokens)
            found = [(token, text) for token, text in zip(tokens, texts, strict=True) if text is not None]
            filled = sum(self._put(conn, field, token, text) for token, text in found)
            is_last = len(tokens) < BATCH
            if is_last and self._filled + filled:
                house.record(
                    conn, self._actor, "privacy.indexed", field.column, after={"filled": self._filled + filled}
                )
        self.filled += filled
        self.same += len(found) - filled
        self._filled += filled
        self._after = tokens[-1] if tokens else ""
        if is_last:
            self._todo.pop(0)
            self._after, self._filled = "", 0

    def _put(self, conn: Connection, field: PersonalField, token: str, text: str) -> int:
        house = self._house
        try:
            with conn.transaction():
                return declared.match(conn, field, house.site, token=token, key=house.match_key(field, token, text))
        except UniqueViolation:
            return 0
