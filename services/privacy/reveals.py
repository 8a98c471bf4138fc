"""Shows one field of one person in clear: to a role that may, for a stated reason, counted and audited."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.ports import Connection
from services.privacy import declared, store
from services.privacy.consents import ConsentBook
from services.privacy.errors import ConsentWithdrawn, LookedTooOften, NotHeld
from services.privacy.house import House, check_reason
from services.privacy.model import REVEAL_S, REVEALS_MAX, REVEALS_WINDOW_S
from services.privacy.module import REVEAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """``until_ms``: the page hides it then, and nothing keeps it."""

    value: str
    until_ms: int


class Reveals:
    """The one way to see what is masked everywhere else."""

    def __init__(self, house: House, consents: ConsentBook) -> None:
        self._house, self._consents = house, consents

    def reveal(self, actor: Actor, *, subject: str, column: str, reason: str) -> Revealed:
        require(actor, REVEAL)
        why, field, house = check_reason(reason), self._house.get_field(column), self._house
        now_ms = house.now_ms()
        with house.database.transaction() as conn:
            self._count(conn, actor, now_ms)
        # What is asked for in vain counts too: so that nobody tries who is known here.
        with house.database.transaction() as conn:
            if field.consent is not None and self._consents.is_withdrawn(conn, subject=subject, purpose=field.consent):
                raise ConsentWithdrawn
            tokens = declared.find_tokens(conn, field, house.site, subject)
            texts = [text for text in house.vault.open_many(conn, tokens) if text is not None]
            if not texts:
                raise NotHeld
            house.record(conn, actor, "privacy.reveal", subject, after={"field": column}, why=why)
        return Revealed(value="\n".join(dict.fromkeys(texts)), until_ms=now_ms + REVEAL_S * 1000)

    def _count(self, conn: Connection, actor: Actor, now_ms: int) -> None:
        site, window_ms = self._house.site, REVEALS_WINDOW_S * 1000
        count, first_ms = store.count_reveals(conn, site, actor.id, since_ms=now_ms - window_ms)
        if count >= REVEALS_MAX:
            raise LookedTooOften(max(1, (first_ms + window_ms - now_ms) // 1000))
        store.add_reveal(conn, site, actor.id, now_ms)
