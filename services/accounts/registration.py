"""Citizens and enterprises ask for an account themselves; the hall answers, as it has decided who may.

Whoever asks hears the same whether the login, or the person, is known already: only those who answer are told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

from services.accounts.house import House
from services.accounts.model import subject_of
from services.accounts.password_rules import check_password
from services.accounts.people import make_row
from services.accounts.people_errors import RegistrationClosed, RegistrationsFull, UnknownRegistration, WrongKind
from services.accounts.people_model import Registration
from services.accounts.records import CALLS, Records, own_words
from services.accounts.store import people as person_rows
from services.accounts.store import registrations as rows
from services.accounts.store import roles as role_rows
from services.accounts.store.registrations import RegistrationRow
from services.kernel.access import OUTSIDERS, require
from services.kernel.actor import Actor, make_visitor
from services.kernel.errors import Forbidden
from services.kernel.masking import mask_id_number, mask_name, mask_phone
from services.kernel.ports import Connection

REVIEW, VERIFY = "registrations.review", "registrations.verify"
Policy: TypeAlias = Literal["closed", "review", "window"]
"""Nobody; the security administrator looks at each; or a window clerk too, who has the papers in hand."""
POLICY_AT_FIRST: Policy = "review"
SETTING = "registration"
WAITING_MAX = 1_000
WAITS_S = 30 * 86_400
"""Nobody answered for so long: it is forgotten."""
LISTED_MAX = 200


class Registrations:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House) -> None:
        self._house, self._records, self._limiter = house, Records(house), house.limiter()
        self._looks = house.limiter(attempts_max=house.limits.address_attempts_max)

    def policy(self) -> Policy:
        with self._house.database.transaction() as conn:
            return self._policy(conn)

    def set_policy(self, actor: Actor, policy: Policy) -> None:
        require(actor, REVIEW)
        house = self._house
        with house.database.transaction() as conn:
            before = self._policy(conn)
            role_rows.set_setting(conn, house.site, SETTING, policy)
            house.record(
                conn, actor, "registration.policy", SETTING, before={"policy": before}, after={"policy": policy}
            )

    def ask(
        self, *, kind: str, login: str, password: str, name: str, phone: str | None, id_number: str | None,
        address: str, agreed: int | None = None,
    ) -> None:  # fmt: skip
        """Says nothing: what is wrong with the request itself raises, what is wrong with it here does not.

        ``agreed``: the version of the text about calls that they agree to; without it the number goes once answered.
        """
        house = self._house
        if kind not in OUTSIDERS:
            raise WrongKind
        with house.database.transaction() as conn:
            self._looks.count(conn, house.vault.match_key("register-look", address))
        check_password(password, roles=(kind,), own=own_words(login, name), house=house.words)
        with house.database.transaction() as conn:
            if self._policy(conn) == "closed":
                raise RegistrationClosed
            self._limiter.count(conn, house.vault.match_key("register", address))
        password_hash = house.passwords.hash(password)
        with house.database.transaction() as conn:
            self._forget_old(conn)
            if rows.count_registrations(conn, house.site) >= WAITING_MAX:
                raise RegistrationsFull
            row = make_row(house, login=login, password_hash=password_hash, roles=(kind,), kind=kind)
            row = self._records.seal(conn, row, name=name, phone=phone, id_number=id_number)
            rows.insert_registration(conn, house.site, row)
            visitor = make_visitor(house.site)
            house.record(conn, visitor, "registration.ask", _target(row.id), after={"kind": kind})
            if agreed is not None:
                house.consents.give(
                    conn, visitor, subject=subject_of(row.id), purpose=CALLS, version=agreed, channel="web"
                )

    def list_waiting(self, actor: Actor) -> list[Registration]:
        house = self._house
        with house.database.transaction() as conn:
            self._require(conn, actor)
            self._forget_old(conn)
            found = rows.list_registrations(conn, house.site, limit=LISTED_MAX)
            texts = iter(
                house.vault.open_many(conn, [t for r in found for t in (r.name_sealed, r.phone_sealed, r.id_sealed)])
            )
        return [
            Registration(
                id=row.id,
                kind=row.kind,
                login=row.login,
                name=mask_name(name) if name else None,
                phone=mask_phone(phone) if phone else None,
                id_number=mask_id_number(number) if number else None,
                asked_ms=row.asked_ms,
                taken=row.taken,
            )
            for row, name, phone, number in zip(found, texts, texts, texts, strict=False)
        ]

    def accept(self, actor: Actor, registration_id: str) -> str:
        """Who asked becomes a person, with the password they chose. Returns whom; raises where the login is taken."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._access(conn, actor, registration_id)
            person = person_rows.PersonRow(
                id=row.id,
                login=row.login,
                password_hash=row.password_hash,
                roles=(row.kind,),
                name_sealed=row.name_sealed,
                phone_sealed=row.phone_sealed,
                created_ms=house.now_ms(),
                disabled_ms=None,
                kind=row.kind,
                id_sealed=row.id_sealed,
                name_match=row.name_match,
                phone_match=row.phone_match,
                id_match=row.id_match,
            )
            if not self._records.agreed(conn, person):
                person = replace(person, phone_sealed=None, phone_match=None)
            person_rows.insert_person(conn, house.site, person)
            rows.delete_registration(conn, row.id)
            house.record(
                conn, actor, "registration.accept", subject_of(row.id), after={"login": row.login, "kind": row.kind}
            )
        return row.id

    def refuse(self, actor: Actor, registration_id: str, *, why: str) -> None:
        """What was told is forgotten."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._access(conn, actor, registration_id)
            self._forget(conn, row.id)
            house.record(conn, actor, "registration.refuse", _target(row.id), before={"kind": row.kind}, why=why)

    def _policy(self, conn: Connection) -> Policy:
        found: Policy | None = role_rows.find_setting(conn, self._house.site, SETTING)
        return found or POLICY_AT_FIRST

    def _require(self, conn: Connection, actor: Actor) -> None:
        """The security administrator, or where the hall decided so, whoever sits at a window."""
        if actor.can(VERIFY) and self._policy(conn) == "window":
            return
        if actor.can(VERIFY) and not actor.can(REVIEW):
            raise Forbidden(
                zh="本大厅的注册由安全管理员审核。", en="In this hall the security administrator answers registrations."
            )
        require(actor, REVIEW)

    def _access(self, conn: Connection, actor: Actor, registration_id: str) -> RegistrationRow:
        self._require(conn, actor)
        row = rows.lock_registration(conn, self._house.site, registration_id)
        if row is None:
            raise UnknownRegistration
        return row

    def _forget_old(self, conn: Connection) -> None:
        for registration_id in rows.list_older(conn, self._house.site, self._house.now_ms() - WAITS_S * 1000):
            self._forget(conn, registration_id)

    def _forget(self, conn: Connection, registration_id: str) -> None:
        rows.delete_registration(conn, registration_id)
        self._house.vault.erase(conn, subject_of(registration_id))


def _target(registration_id: str) -> str:
    return f"registration:{registration_id}"
