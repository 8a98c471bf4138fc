"""One's own ways of signing in: factors added, shown again and removed, logins looked at and ended.

Who changes how they sign in has shown a factor within the last minutes, or logged in then where they have none.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.accounts.errors import UnknownPerson
from services.accounts.factors import SECRET_BYTES, Factors, totp_of
from services.accounts.house import House
from services.accounts.model import Factor, Login, OwnSession, Shown, Site, subject_of
from services.accounts.passwords import new_recovery_code
from services.accounts.sessions import Sessions, place_of
from services.accounts.signin_errors import (
    LastFactor,
    NotAtAKiosk,
    ShowAgain,
    TooManyFactors,
    UnknownFactor,
    UnknownSession,
    WrongPasskey,
    WrongSecondFactor,
)
from services.accounts.store import factors as factor_rows
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.accounts.store.factors import FactorRow
from services.accounts.store.sessions import SessionRow
from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.documents import qr_svg
from services.kernel.ports import Connection, new_token

RECOVERY_CODES = 10
TOTP_NAME = "动态码 One-time codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTotp:
    """The only moment the secret is known. ``qr`` is an SVG of ``uri``."""

    id: str
    secret: str
    uri: str
    qr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """``codes``: new recovery codes, shown this once, where there were none."""

    factor: Factor
    login: Login
    codes: tuple[str, ...]


class OwnWays:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, factors: Factors, sessions: Sessions) -> None:
        self._house, self._factors, self._sessions = house, factors, sessions
        self._limiter = house.limiter()

    # --- what there is

    def list_factors(self, actor: Actor) -> tuple[list[Factor], int]:
        """And how many recovery codes are left."""
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            left = factor_rows.count_recovery_codes(conn, row.person_id)
            return [_factor(f) for f in self._factors.list_of(conn, row.person_id)], left

    # --- showing who one is, once more

    def show(self, actor: Actor, shown: Shown, site: Site | None, *, password: str | None = None) -> Login:
        """The same login under a new token, now with a factor; a person without one shows their password again."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._session(conn, actor)
            key = house.vault.match_key("show", row.person_id)
            self._limiter.count(conn, key)
            person = person_rows.find_person(conn, house.site, row.person_id)
        right = password is not None and house.passwords.verify(
            password, person.password_hash if person else None, known=True
        )
        try:
            with house.database.transaction() as conn:
                has = self._factors.list_of(conn, row.person_id)
                alone = right and not has and not self._factors.has_codes(conn, row.person_id)
                factor = "password" if alone else self._factors.accept(conn, row.person_id, shown, site)
                self._limiter.forget(conn, key)
                house.record(conn, actor, "session.show", actor.id, after={"factor": factor})
                return self._raise(conn, row, factor)
        except (WrongSecondFactor, WrongPasskey):
            with house.database.transaction() as conn:
                house.record(conn, actor, "session.refused", actor.id, after={"wrong": "factor"})
            raise

    def require_fresh(self, actor: Actor, site: Site | None) -> None:
        """Raises ``ShowAgain`` unless a factor was shown, or the login begun, within the last minutes."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._session(conn, actor)
            have = self._factors.list_of(conn, row.person_id)
            codes = self._factors.has_codes(conn, row.person_id)
            shown_ms = row.factor_ms if have or codes else max(row.created_ms, row.factor_ms or 0)
            if shown_ms is not None and house.now_ms() - shown_ms < house.limits.fresh_s * 1000:
                return
            ways = self._factors.ways(conn, row.person_id, have, site) or ["password"]
            question = self._factors.passkey_question(conn, row.person_id, have, site)
        raise ShowAgain(ways=ways, passkey=question)

    def _raise(self, conn: Connection, row: SessionRow, factor: str) -> Login:
        """What is trusted more than before goes on under another token."""
        house = self._house
        token = new_token(house.random)
        real = None if factor == "password" else factor
        session_rows.raise_session(conn, row.id, token=token, factor=real, now_ms=house.now_ms())
        raised = session_rows.find_session_by_id(conn, house.site, row.id) or row
        return Login(token=token, actor=self._sessions.actor_of(conn, raised), expires_ms=row.expires_ms)

    # --- one-time codes

    def begin_totp(self, actor: Actor, site: Site | None) -> NewTotp:
        """A secret for an authenticator app; it opens nothing until a code of it was shown."""
        self.require_fresh(actor, site)
        house, secret = self._house, self._house.random(SECRET_BYTES)
        with house.database.transaction() as conn:
            row = self._session(conn, actor)
            self._check_room(conn, row.person_id)
            factor_rows.delete_unconfirmed(conn, row.person_id)
            made = self._factors.add_totp(conn, row.person_id, TOTP_NAME, secret, confirmed=False)
            person = self._person(conn, row.person_id)
        uri = totp_of(secret).get_provisioning_uri(person.login, house.site)
        return NewTotp(id=made.id, secret=base64.b32encode(secret).decode(), uri=uri, qr=qr_svg(uri))

    def confirm_totp(self, actor: Actor, factor_id: str, code: str) -> Added:
        house = self._house
        with house.database.transaction() as conn:
            key = house.vault.match_key("show", actor.id)
            self._limiter.count(conn, key)
        with house.database.transaction() as conn:
            row = self._session(conn, actor)
            waiting = factor_rows.find_factor(conn, row.person_id, factor_id)
            if waiting is None or waiting.confirmed_ms is not None or waiting.kind != "totp":
                raise UnknownFactor
            if not self._factors.use_code(conn, waiting, code.replace(" ", "")):
                raise WrongSecondFactor
            self._limiter.forget(conn, key)
            return self._added(conn, actor, row, waiting)

    # --- passkeys

    def begin_passkey(self, actor: Actor, site: Site | None) -> Any:
        """What the browser makes a passkey with."""
        self.require_fresh(actor, site)
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            self._check_room(conn, row.person_id)
            return self._factors.passkeys.ask_to_register(
                conn,
                person_id=row.person_id,
                login=self._person(conn, row.person_id).login,
                have=self._factors.list_of(conn, row.person_id),
                site=site,
            )

    def add_passkey(self, actor: Actor, *, name: str, answer: Mapping[str, Any], site: Site | None) -> Added:
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            made = self._factors.passkeys.register(conn, person_id=row.person_id, name=name, answer=answer, site=site)
            return self._added(conn, actor, row, made)

    def _added(self, conn: Connection, actor: Actor, row: SessionRow, made: FactorRow) -> Added:
        """A first factor comes with recovery codes; other logins of this person have not shown it, and end."""
        house = self._house
        session_rows.delete_sessions_of(conn, row.person_id, but=row.id)
        first = factor_rows.count_recovery_codes(conn, row.person_id) == 0
        codes = self._new_codes(conn, row.person_id) if first else ()
        house.record(conn, actor, "factor.add", actor.id, after={"kind": made.kind, "factor": made.id})
        return Added(factor=_factor(made), login=self._raise(conn, row, made.kind), codes=codes)

    # --- fewer, and others

    def remove(self, actor: Actor, factor_id: str, site: Site | None) -> None:
        self.require_fresh(actor, site)
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            have = self._factors.list_of(conn, row.person_id)
            gone = next((f for f in have if f.id == factor_id), None)
            if gone is None:
                raise UnknownFactor
            if len(have) == 1 and self._house.needs_factor(row.roles):
                raise LastFactor
            factor_rows.delete_factor(conn, gone.id)
            if len(have) == 1:
                factor_rows.replace_recovery_codes(conn, self._house.site, row.person_id, ())
            self._house.record(conn, actor, "factor.remove", actor.id, before={"kind": gone.kind, "factor": gone.id})

    def renew_codes(self, actor: Actor, site: Site | None) -> tuple[str, ...]:
        """Ten new recovery codes, shown this once; the ones before open nothing any more."""
        self.require_fresh(actor, site)
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            if not self._factors.list_of(conn, row.person_id):
                raise UnknownFactor
            self._house.record(conn, actor, "factor.codes", actor.id)
            return self._new_codes(conn, row.person_id)

    def _new_codes(self, conn: Connection, person_id: str) -> tuple[str, ...]:
        codes = tuple(new_recovery_code(self._house.random) for _ in range(RECOVERY_CODES))
        factor_rows.replace_recovery_codes(conn, self._house.site, person_id, [code.replace("-", "") for code in codes])
        return codes

    def _check_room(self, conn: Connection, person_id: str) -> None:
        most = self._house.limits.factors_max
        if len(self._factors.list_of(conn, person_id)) >= most:
            raise TooManyFactors(most=most)

    # --- logins

    def list_sessions(self, actor: Actor) -> list[OwnSession]:
        with self._house.database.transaction() as conn:
            return self._sessions_of(conn, self._session(conn, actor).person_id, actor)

    def end_session(self, actor: Actor, session_id: str, site: Site | None) -> None:
        """Here: at once. Elsewhere: by whoever has shown who they are, or a stolen login would end its owner's."""
        if session_id != actor.session:
            self.require_fresh(actor, site)
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            session_rows.delete_session(conn, self._access_own_session(conn, row, session_id).id)
            self._house.record(conn, actor, "session.end", actor.id)

    def end_others(self, actor: Actor, site: Site | None) -> int:
        """Every login of this person but the one that asks; how many those were."""
        self.require_fresh(actor, site)
        with self._house.database.transaction() as conn:
            row = self._session(conn, actor)
            ended = session_rows.delete_sessions_of(conn, row.person_id, but=row.id)
            factor_rows.forget_browsers(conn, row.person_id)
            self._house.record(conn, actor, "session.end_others", actor.id, after={"ended": ended})
            return ended

    # --- of somebody else

    def list_sessions_of(self, actor: Actor, person_id: str) -> list[OwnSession]:
        require(actor, "sessions.manage")
        with self._house.database.transaction() as conn:
            return self._sessions_of(conn, self._person(conn, person_id).id, actor)

    def end_sessions_of(self, actor: Actor, person_id: str) -> int:
        """From the next request on the person is nobody, until they log in again."""
        require(actor, "sessions.manage")
        with self._house.database.transaction() as conn:
            person = self._person(conn, person_id)
            ended = session_rows.delete_sessions_of(conn, person.id)
            factor_rows.forget_browsers(conn, person.id)
            self._house.record(conn, actor, "session.end_others", subject_of(person.id), after={"ended": ended})
            return ended

    def ensure_demo_totp(self, login: str, secret: bytes) -> None:
        """Only a demo calls this: its administrators' secret is printed, so that scripts can compute the codes."""
        with self._house.database.transaction() as conn:
            person = person_rows.find_person_by_login(conn, self._house.site, login)
            if person is None:
                raise UnknownPerson
            kept = [f for f in self._factors.list_of(conn, person.id) if f.kind == "totp" and f.name == TOTP_NAME]
            told = base64.b32encode(secret).decode()
            if any(self._house.vault.open(conn, f.secret_sealed or "") == told for f in kept):
                return  # which codes were used already stays on record
            for factor in kept:
                factor_rows.delete_factor(conn, factor.id)
            self._factors.add_totp(conn, person.id, TOTP_NAME, secret, confirmed=True)

    # --- parts

    def _session(self, conn: Connection, actor: Actor) -> SessionRow:
        row = session_rows.find_session_by_id(conn, self._house.site, actor.session or "")
        if row is None:
            raise UnknownSession
        if row.pairing_id is not None:
            raise NotAtAKiosk
        return row

    def _access_own_session(self, conn: Connection, mine: SessionRow, session_id: str) -> SessionRow:
        found = session_rows.find_session_by_id(conn, self._house.site, session_id)
        if found is None or found.person_id != mine.person_id:
            raise UnknownSession
        return found

    def _person(self, conn: Connection, person_id: str) -> person_rows.PersonRow:
        person = person_rows.find_person(conn, self._house.site, person_id)
        if person is None:
            raise UnknownPerson
        return person

    def _sessions_of(self, conn: Connection, person_id: str, actor: Actor) -> list[OwnSession]:
        house, found = self._house, []
        for row in session_rows.list_sessions(conn, house.site, person_id, house.now_ms()):
            address, browser = place_of(house.vault.open(conn, row.place_sealed) if row.place_sealed else None)
            found.append(
                OwnSession(
                    id=row.id,
                    current=row.id == actor.session,
                    address=address,
                    browser=browser,
                    factor=row.factor,
                    created_ms=row.created_ms,
                    last_used_ms=row.last_used_ms,
                    expires_ms=row.expires_ms,
                )
            )
        return found


def _factor(row: FactorRow) -> Factor:
    return Factor(
        id=row.id, kind=row.kind, name=row.name, created_ms=row.created_ms, last_used_ms=row.last_used_ms
    )  # fmt: skip
