"""Consents: given for one purpose and one version of its text, withdrawn as easily, kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.actor import Actor
from services.kernel.audit import Audit
from services.kernel.ports import Clock, Connection
from services.privacy import declared, store
from services.privacy.errors import GuardianNeeded, OtherVersion, UnknownPurpose
from services.privacy.house import House
from services.privacy.model import Consent, Guardian, Purpose


class ConsentBook:
    """Implements ``kernel.consents.Consents``: what was said last counts, for the text in force."""

    def __init__(self, *, site: str, audit: Audit, now_ms: Clock, purposes: Mapping[str, Purpose]) -> None:
        self._site, self._audit, self._now_ms, self.purposes = site, audit, now_ms, purposes

    def has_consent(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        last = store.find_consent(conn, self._site, subject, self.get(purpose).id)
        return last is not None and last.given and last.version == self.purposes[purpose].version

    def is_withdrawn(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        """They said no: more than never having been asked."""
        last = store.find_consent(conn, self._site, subject, purpose)
        return last is not None and not last.given

    def give(
        self, conn: Connection, actor: Actor, *, subject: str, purpose: str, version: int, channel: str
    ) -> None:  # fmt: skip
        self.check_version(purpose, version)
        self.add(conn, actor, subject=subject, purpose=purpose, given=True, channel=channel)

    def get(self, purpose: str) -> Purpose:
        if purpose not in self.purposes:
            raise UnknownPurpose(purpose)
        return self.purposes[purpose]

    def check_version(self, purpose: str, version: int) -> None:
        """Whoever read another text is shown the new one first."""
        if version != (known := self.get(purpose)).version:
            raise OtherVersion(known.version)

    def add(
        self,
        conn: Connection,
        actor: Actor,
        *,
        subject: str,
        purpose: str,
        given: bool,
        channel: str,
        sealed: str | None = None,
        guardian: Guardian | None = None,
    ) -> None:
        """A row of evidence, and its line in the audit."""
        known = self.get(purpose)
        consent = Consent(
            purpose=known.id,
            version=known.version,
            text_digest=known.digest,
            given=given,
            at_ms=self._now_ms(),
            channel=channel,
            guardian_sealed=sealed,
            guardian_relation=guardian.relation if guardian else None,
        )
        store.add_consent(conn, self._site, subject, consent, actor=actor.id)
        self._audit.record(
            conn,
            actor=actor,
            action="privacy.consent.given" if given else "privacy.consent.withdrawn",
            target=subject,
            after={"purpose": known.id, "version": known.version, "guardian": guardian is not None},
        )


class Consents:
    """One's own: given, withdrawn, looked at."""

    def __init__(self, house: House, purposes: Mapping[str, Purpose]) -> None:
        self._house, self.purposes = house, purposes
        self.book = ConsentBook(site=house.site, audit=house.audit, now_ms=house.now_ms, purposes=purposes)

    def history(self, actor: Actor) -> list[Consent]:
        """One's own, the newest first."""
        with self._house.database.transaction() as conn:
            return store.list_consents(conn, self._house.site, actor.id)

    def give(
        self,
        actor: Actor,
        *,
        purpose: str,
        version: int,
        channel: str,
        under_14: bool,
        guardian: Guardian | None,
    ) -> None:
        """``version`` is that of the text on the page."""
        self.book.check_version(purpose, version)
        if under_14 and guardian is None:
            raise GuardianNeeded
        house = self._house
        with house.database.transaction() as conn:
            sealed = (
                None
                if guardian is None
                else house.vault.seal(conn, subject=actor.id, field="guardian", text=guardian.name)
            )
            self.book.add(
                conn, actor, subject=actor.id, purpose=purpose, given=True, channel=channel, sealed=sealed,
                guardian=guardian,
            )  # fmt: skip

    def withdraw(self, actor: Actor, *, purpose: str, channel: str) -> None:
        """Counts at once; what is kept for this purpose alone is emptied in the same transaction."""
        house = self._house
        with house.database.transaction() as conn:
            self.book.add(conn, actor, subject=actor.id, purpose=purpose, given=False, channel=channel)
            for field in house.fields.values():
                if field.consent == purpose:
                    declared.empty(conn, field, house.site, actor.id)
