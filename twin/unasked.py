"""What appeared unasked, led nowhere and could be let in: kept until a person approves or dismisses it.

Heard of in any thread at any rate, written down every few seconds, so that it outlives a restart and other processes
see it. What has become right by itself (registered, bound, granted meanwhile) waits no more.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from psycopg.types.json import Jsonb

from building.model import make_id
from iot.messages import Description, Message
from twin.errors import NotFound
from twin.store import audit
from twin.store.database import Connection, Database

What = Literal["device", "binding", "grant", "kind"]
"""device: nobody registered it. binding: nobody bound this foreign address. grant: its gateway may not speak for it.
kind: it says that it is of another kind than the hall knows.
"""
HEARD_MAX = 1_000
"""Different ones between two looks; more are counted."""
KEPT_MAX = 1_000
WORDS_CHARS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """``name``: a device's key, or its address in a foreign ``convention``. ``via``: whose credential it came with.

    ``said``: what it told of itself, shown and not believed.
    """

    what: What
    name: str
    convention: str = ""
    via: str | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        words = "\0".join((self.what, self.convention, self.name, self.via or ""))
        return hashlib.blake2s(words.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One that waits: since when, and how often it was heard."""

    unasked: Unasked
    first_ms: int
    last_ms: int
    times: int


class UnaskedBook:
    """The registry's. ``is_settled`` tells whether one needs nobody's word any more."""

    def __init__(
        self, *, site: str, database: Database, now_ms: Callable[[], int], is_settled: Callable[[Unasked], bool]
    ) -> None:
        self._site, self._database, self._now_ms, self._is_settled = site, database, now_ms, is_settled
        self._lock = threading.Lock()
        self._heard: dict[str, Waiting] = {}
        self.forgotten = 0

    def seen(self, unasked: Unasked, now_ms: int) -> None:
        """Once more. What it says now replaces what it said before, where it says anything."""
        key = unasked.id
        with self._lock:
            before = self._heard.get(key)
            if before is None:
                if len(self._heard) >= HEARD_MAX:
                    self.forgotten += 1
                    return
                self._heard[key] = Waiting(unasked=_cut(unasked), first_ms=now_ms, last_ms=now_ms, times=1)
                return
            said = _cut(unasked) if unasked.said and unasked.said != before.unasked.said else before.unasked
            self._heard[key] = replace(before, unasked=said, last_ms=now_ms, times=before.times + 1)

    def flush(self) -> None:
        """Write down what was heard since; the longest silent give way."""
        with self._lock:
            heard, self._heard = self._heard, {}
        if not heard:
            return
        with self._database.transaction() as conn:
            for key, one in heard.items():
                conn.execute(
                    "insert into twin.unasked (site, id, body, first_ms, last_ms, times)"
                    " values (%s, %s, %s, %s, %s, %s)"
                    " on conflict (site, id) do update set last_ms = excluded.last_ms,"
                    " times = twin.unasked.times + excluded.times, body = case"
                    " when excluded.body->'said' = '{}' then twin.unasked.body else excluded.body end",
                    [self._site, key, Jsonb(asdict(one.unasked)), one.first_ms, one.last_ms, one.times],
                )
            conn.execute(
                "delete from twin.unasked where site = %s and id in"
                " (select id from twin.unasked where site = %s order by last_ms desc offset %s)",
                [self._site, self._site, KEPT_MAX],
            )

    def list_waiting(self) -> list[Waiting]:
        """The latest first; those that were sent away are not among them."""
        self.flush()
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select body, first_ms, last_ms, times from twin.unasked where site = %s and dismissed_ms is null"
                " order by last_ms desc",
                [self._site],
            ).fetchall()
            listed = [_waiting(row) for row in rows]
            settled = [one.unasked.id for one in listed if self._is_settled(one.unasked)]
            if settled:
                conn.execute("delete from twin.unasked where site = %s and id = any(%s)", [self._site, settled])
        return [one for one in listed if one.unasked.id not in settled]

    def get(self, ident: str) -> Unasked:
        self.flush()
        with self._database.transaction() as conn:
            row = conn.execute(
                "select body, first_ms, last_ms, times from twin.unasked where site = %s and id = %s",
                [self._site, ident],
            ).fetchone()
        if row is None:
            raise NotFound(f"nothing waits under {ident}")
        return _waiting(row).unasked

    def dismiss(self, ident: str, *, actor: str, why: str) -> None:
        """Not shown again, however often it comes; refused it is already."""
        unasked = self.get(ident)
        with self._database.transaction() as conn:
            conn.execute(
                "update twin.unasked set dismissed_ms = %s where site = %s and id = %s",
                [self._now_ms(), self._site, ident],
            )
            self._audit(conn, "lobby.dismiss", unasked, actor=actor, why=why)

    def approved(self, unasked: Unasked, device: str, *, actor: str, why: str) -> None:
        """It was let in as this device."""
        with self._database.transaction() as conn:
            conn.execute("delete from twin.unasked where site = %s and id = %s", [self._site, unasked.id])
            self._audit(conn, "lobby.approve", unasked, actor=actor, why=why, after={"device": device})

    def _audit(
        self, conn: Connection, action: str, unasked: Unasked, *, actor: str, why: str, after: Any = None
    ) -> None:
        audit.append(
            conn, site=self._site, actor=actor, action=action, target=make_id(self._site, "unasked", unasked.id),
            before=asdict(unasked), after=after, why=why, at_ms=self._now_ms(),
        )  # fmt: skip


def words_of(message: Message) -> dict[str, str]:
    """What a device says of itself in a description; nothing in other messages."""
    if not isinstance(message, Description):
        return {}
    words = {"kind": message.kind, "model": message.model, "firmware": message.firmware, "serial": message.serial}
    return {**words, "points": ", ".join(message.points)}


def _cut(unasked: Unasked) -> Unasked:
    return replace(unasked, said={name: word[:WORDS_CHARS_MAX] for name, word in unasked.said.items() if word})


def _waiting(row: tuple[Any, ...]) -> Waiting:
    body, first_ms, last_ms, times = row
    return Waiting(unasked=Unasked(**body), first_ms=first_ms, last_ms=last_ms, times=times)
