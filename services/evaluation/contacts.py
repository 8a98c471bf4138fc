"""回访: whom to call about a low rating, as long as they agree to it, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.evaluation import store
from services.evaluation.errors import ContactNotAgreed, ContactNotNeeded
from services.evaluation.model import Level, Rating
from services.kernel.actor import Actor
from services.kernel.consents import Consents
from services.kernel.masking import mask_phone
from services.kernel.ports import Connection
from services.kernel.vault import Vault, subject_of_token

PURPOSE = "evaluation.follow_up"
CONTACT = "evaluation.contact.phone_sealed"
LISTED_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A low rating and the masked number of whoever wants to be called; ``subject``: to ask for it in clear."""

    rating_id: str
    day: date
    level: Level
    tags: Sequence[str]
    department: str
    item: str | None
    window: str | None
    subject: str
    phone: str


class Contacts:
    """Each use asks for the consent anew, within its own transaction."""

    def __init__(self, *, site: str, vault: Vault, consents: Consents) -> None:
        self._site, self._vault, self._consents = site, vault, consents

    def may(self, conn: Connection, actor: Actor) -> bool:
        """Whether this person agreed to be called; a visitor whom nobody knows could not take it back."""
        return actor.kind == "user" and self._agreed(conn, actor.id)

    def add(self, conn: Connection, actor: Actor, rating: Rating, phone: str) -> None:
        if not rating.needs_followup:
            raise ContactNotNeeded
        if not self.may(conn, actor):
            raise ContactNotAgreed
        sealed = self._vault.seal(conn, subject=actor.id, field="phone", text=phone)
        store.insert_contact(conn, self._site, rating.id, phone_sealed=sealed, asked_ms=rating.rated_ms)

    def list_latest(self, conn: Connection) -> list[FollowUp]:
        rows = store.list_contacts(conn, self._site, limit=LISTED_MAX)
        phones = self._vault.open_many(conn, [sealed for _, sealed in rows])
        subjects = [subject_of_token(sealed) for _, sealed in rows]
        agreed = {subject for subject in set(subjects) if self._agreed(conn, subject)}
        return [
            FollowUp(
                rating_id=rating.id,
                day=rating.day,
                level=rating.level,
                tags=rating.tags,
                department=rating.department,
                item=rating.item,
                window=rating.window,
                subject=subject,
                phone=mask_phone(phone),
            )
            for (rating, _), subject, phone in zip(rows, subjects, phones, strict=True)
            if phone is not None and subject in agreed
        ]

    def _agreed(self, conn: Connection, subject: str) -> bool:
        return self._consents.has_consent(conn, subject=subject, purpose=PURPOSE)
