"""Signing in with a passkey alone: something one has, and the device asked its owner for finger, face or PIN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.accounts.factors import Factors
from services.accounts.house import House
from services.accounts.model import Asker, Login
from services.accounts.sessions import Sessions
from services.accounts.signin_errors import WrongPasskey
from services.accounts.store import people as person_rows
from services.kernel.actor import Actor, make_visitor
from services.kernel.ports import Connection


class PasskeyLogin:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, factors: Factors, sessions: Sessions) -> None:
        self._house, self._factors, self._sessions = house, factors, sessions
        self._addresses = house.limiter(attempts_max=house.limits.address_attempts_max)

    def ask(self, asker: Asker) -> Any:
        """What any passkey for this address may answer."""
        with self._house.database.transaction() as conn:
            self._addresses.count(conn, self._house.vault.match_key("passkey", asker.address))
            return self._factors.passkeys.ask_to_sign(conn, person_id=None, have=(), site=asker.site)

    def begin(self, answer: Mapping[str, Any], asker: Asker, *, previous: Actor | None) -> Login:
        house, key = self._house, self._house.vault.match_key("passkey", asker.address)
        try:
            with house.database.transaction() as conn:
                signed = self._factors.passkeys.check(conn, answer, person_id=None, site=asker.site)
                person = self._owner(conn, signed.row.person_id)
                self._addresses.forget(conn, key)
                return self._sessions.start(conn, person, asker, factor="passkey", previous=previous)
        except WrongPasskey:
            with house.database.transaction() as conn:
                stranger = make_visitor(house.site)
                house.record(conn, stranger, "session.refused", "session", after={"attempt": key, "wrong": "passkey"})
            raise

    def _owner(self, conn: Connection, person_id: str) -> person_rows.PersonRow:
        person = person_rows.find_person(conn, self._house.site, person_id)
        if person is None or not person.may_log_in(self._house.now_ms()):
            raise WrongPasskey
        return person
