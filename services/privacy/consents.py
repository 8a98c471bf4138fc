"""Consents: given for one purpose and one version of its text, withdrawn as easily, kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping

from services.kernel.actor import Actor
from services.kernel.ports import Connection
from services.privacy import declared, store
from services.privacy.errors import GuardianNeeded, OtherVersion, UnknownPurpose
from services.privacy.house import House
from services.privacy.model import Consent, Guardian, Purpose


class Consents:
    """Implements ``kernel.consents.Consents``."""

    def __init__(self, house: House, purposes: Mapping[str, Purpose]) -> None:
        self._house, self.purposes = house, purposes

    def has_consent(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        if purpose not in self.purposes:
            raise UnknownPurpose(purpose)
        last = store.find_consent(conn, self._house.site, subject, purpose)
        return last is not None and last.given and last.version == self.purposes[purpose].version

    def is_withdrawn(self, conn: Connection, *, subject: str, purpose: str) -> bool:
        """They said no: more than never having been asked."""
        last = store.find_consent(conn, self._house.site, subject, purpose)
        return last is not None and not last.given

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
        """``version`` is that of the text on the page: whoever read another one is shown the new one first."""
        known = self._get(purpose)
        if version != known.version:
            raise OtherVersion(known.version)
        if under_14 and guardian is None:
            raise GuardianNeeded
        house = self._house
        with house.database.transaction() as conn:
            sealed = (
                None
                if guardian is None
                else house.vault.seal(conn, subject=actor.id, field="guardian", text=guardian.name)
            )
            self._add(conn, actor, known, given=True, channel=channel, sealed=sealed, guardian=guardian)

    def withdraw(self, actor: Actor, *, purpose: str, channel: str) -> None:
        """Counts at once; what is kept for this purpose alone is emptied in the same transaction."""
        house, known = self._house, self._get(purpose)
        with house.database.transaction() as conn:
            self._add(conn, actor, known, given=False, channel=channel, sealed=None, guardian=None)
            for field in house.fields.values():
                if field.consent == purpose:
                    declared.empty(conn, field, house.site, actor.id)

    def _add(
        self,
        conn: Connection,
        actor: Actor,
        purpose: Purpose,
        *,
        given: bool,
        channel: str,
        sealed: str | None,
        guardian: Guardian | None,
    ) -> None:
        house = self._house
        consent = Consent(
            purpose=purpose.id,
            version=purpose.version,
            text_digest=purpose.digest,
            given=given,
            at_ms=house.now_ms(),
            channel=channel,
            guardian_sealed=sealed,
            guardian_relation=guardian.relation if guardian else None,
        )
        store.add_consent(conn, house.site, actor.id, consent, actor=actor.id)
        house.record(
            conn,
            actor,
            "privacy.consent.given" if given else "privacy.consent.withdrawn",
            actor.id,
            after={"purpose": purpose.id, "version": purpose.version, "guardian": guardian is not None},
        )

    def _get(self, purpose: str) -> Purpose:
        if purpose not in self.purposes:
            raise UnknownPurpose(purpose)
        return self.purposes[purpose]
