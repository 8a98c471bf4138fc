"""Passwords as people have them: changed by oneself, or made anew by an administrator for one login; so is what was to
be shown beside them. Whoever lost either is seen in person first, and the audit says by what they were known.
"""

from __future__ import annotations

from collections.abc import Callable

from services.accounts.errors import OwnAccount, UnknownPerson, WrongLogin
from services.accounts.house import House
from services.accounts.model import NewCode, Resetting, subject_of
from services.accounts.password_rules import check_password
from services.accounts.passwords import new_password, new_recovery_code
from services.accounts.people import STOP
from services.accounts.people_errors import SamePassword, WrongProof
from services.accounts.people_model import ONETIME_S, STAFF_KIND, NewPassword
from services.accounts.reach import Reach
from services.accounts.records import own_words
from services.accounts.store import factors as factor_rows
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.kernel.actor import Actor
from services.kernel.errors import Unauthenticated
from services.kernel.ports import Connection

RESET = "factors.reset"


class Credentials:
    """All methods block; none runs on an event loop. ``changed`` hears whose logins have ended."""

    def __init__(self, house: House, *, changed: Callable[[str], None]) -> None:
        self._house, self._reach, self._limiter = house, Reach(house), house.limiter()
        self._changed = changed

    def change(self, actor: Actor, *, old: str, new: str) -> None:
        """One's own. Every other login of the same person ends; this one goes on."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._own(conn, actor)
            attempt = house.vault.match_key("password", row.id)
            self._limiter.count(conn, attempt)
            name = house.vault.open(conn, row.name_sealed)
        # Outside any transaction: a hash takes longer than a connection may be held.
        if not house.passwords.verify(old, row.password_hash):
            with house.database.transaction() as conn:
                house.record(conn, actor, "password.refused", actor.id)
            raise WrongLogin
        if old == new:
            raise SamePassword
        check_password(new, roles=row.roles, own=own_words(row.login, name), house=house.words)
        password_hash = house.passwords.hash(new)
        with house.database.transaction() as conn:
            self._limiter.forget(conn, attempt)
            person_rows.set_password(conn, row.id, password_hash)
            person_rows.set_onetime(conn, row.id, None)
            session_rows.delete_sessions_of(conn, row.id, but=actor.session)
            house.record(conn, actor, "password.change", actor.id)
        self._changed(actor.id)

    def reset(self, actor: Actor, person_id: str, asked: Resetting) -> NewPassword:
        """A password for one login, to be told to its person, who changes it first of all; their logins end.

        Their second factor stays what it was, and is asked for as ever.
        """
        house = self._house
        password = new_password(house.random)
        password_hash, until_ms = house.passwords.hash(password), house.now_ms() + ONETIME_S * 1000
        with house.database.transaction() as conn:
            row = self._access_lost(conn, actor, person_id, STOP, asked)
            person_rows.set_password(conn, row.id, password_hash)
            person_rows.set_onetime(conn, row.id, until_ms)
            session_rows.delete_sessions_of(conn, row.id)
            after = {"until_ms": until_ms, "proof": asked.proof}
            house.record(conn, actor, "password.reset", subject_of(row.id), after=after, why=asked.why)
        self._changed(subject_of(row.id))
        return NewPassword(password=password, until_ms=until_ms)

    def reset_factors(self, actor: Actor, person_id: str, asked: Resetting) -> NewCode:
        """Who lost phone and codes gets one code in person: with their password it lets them in to add a factor anew.

        The password alone never does: whoever has stolen it gains nothing by the loss.
        """
        house = self._house
        code, until_ms = new_recovery_code(house.random), house.now_ms() + ONETIME_S * 1000
        with house.database.transaction() as conn:
            row = self._access_lost(conn, actor, person_id, RESET, asked)
            gone = factor_rows.forget_factors(conn, row.id)
            factor_rows.replace_recovery_codes(conn, house.site, row.id, [code.replace("-", "")], until_ms=until_ms)
            session_rows.delete_sessions_of(conn, row.id)
            house.record(
                conn, actor, "factor.reset", subject_of(row.id), before={"factors": gone},
                after={"until_ms": until_ms, "proof": asked.proof}, why=asked.why,
            )  # fmt: skip
        self._changed(subject_of(row.id))
        return NewCode(code=code, until_ms=until_ms)

    def _access_lost(
        self, conn: Connection, actor: Actor, person_id: str, permission: str, asked: Resetting
    ) -> person_rows.PersonRow:
        """Somebody else who showed in person who they are, by what they were let in with first."""
        row = self._reach.access_managed(conn, actor, person_id, permission)
        if subject_of(row.id) == actor.id:
            raise OwnAccount
        if row.kind != STAFF_KIND and asked.proof != "id_document":
            raise WrongProof
        self._house.vault.open(conn, row.name_sealed)  # raises for the erased: they do not come back
        return row

    def _own(self, conn: Connection, actor: Actor) -> person_rows.PersonRow:
        if actor.kind != "user" or actor.session is None:
            raise Unauthenticated(zh="请先登录。", en="Log in first.")
        row = person_rows.find_person(conn, self._house.site, actor.id.removeprefix("user:"))
        if row is None:
            raise UnknownPerson
        return row
