"""Logging in and out: opaque tokens, a new one at each login, ended by idling, by age or by hand.

Whoever has a second factor, or whom the house asks for one, may do nothing but show or add it until it is shown.
"""

from __future__ import annotations

import json

from services.accounts.errors import NobodyLogsIn, WrongLogin
from services.accounts.factors import Factors
from services.accounts.house import House
from services.accounts.model import Asker, Login, Shown, subject_of
from services.accounts.remembered import Found
from services.accounts.signin_errors import SecondFactorNeeded, WrongPasskey, WrongSecondFactor
from services.accounts.store import factors as factor_rows
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.kernel.access import OUTSIDERS
from services.kernel.actor import Actor, make_visitor
from services.kernel.errors import ServiceError
from services.kernel.ports import Connection, new_id, new_token
from twin.errors import DatabaseUnavailable

TOUCH_EVERY_S = 30
"""A session's last use is written no more often than this, nor less often than a quarter of its idle time."""
WAY_IN = frozenset({"signin.own"})
"""All that one may do whose second factor is still to be shown."""
OWN_LOGIN = frozenset({"session.own"})
"""With the way in, all that one may do whose password was made by somebody else: changing it is among it."""


class Sessions:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, factors: Factors) -> None:
        self._house, self._factors = house, factors
        self._limiter = house.limiter()
        self._addresses = house.limiter(attempts_max=house.limits.address_attempts_max)

    def begin(
        self, *, login: str, password: str, asker: Asker, shown: Shown | None = None, previous: Actor | None = None
    ) -> Login:
        """A new session, never an old one carried on; whatever ``previous`` was logged in as has ended.

        Nobody begins one while the database is away: an attempt that is not counted may be made without end, and a
        login that is not on record, of somebody who may have been dismissed by now, is none.
        """
        try:
            return self._begin(_spelled(login), password, asker, shown or Shown(), previous)
        except DatabaseUnavailable as error:
            raise NobodyLogsIn from error

    def check_may_try(self, login: str, asker: Asker) -> None:
        """Raises what ``begin`` would where it is known without asking anybody; never blocks."""
        self._addresses.check(self._from(asker))
        if asker.known is None:
            self._limiter.check(self._key(_spelled(login), asker, known=False))
            self._house.passwords.check_room(asker.address)

    def _begin(self, login: str, password: str, asker: Asker, shown: Shown, previous: Actor | None) -> Login:
        house = self._house
        with house.database.transaction() as conn:
            found = person_rows.find_person_by_login(conn, house.site, login)
            known = found is not None and asker.known is not None and self._knows(conn, found.id, asker.known)
            key = self._key(login, asker, known=known)
            tried = self._limiter.count(conn, key)
            came = self._addresses.count(conn, self._from(asker))
        person = found if found and found.may_log_in(house.now_ms()) else None
        try:
            # Outside any transaction: a hash takes longer than a connection may be held.
            right = house.passwords.verify(
                password, person.password_hash if person else None, address=asker.address, known=known
            )
        except ServiceError:  # it was not looked at: no guess was made
            with house.database.transaction() as conn:
                self._limiter.take_back(conn, tried)
                self._addresses.take_back(conn, came)
            raise
        if person is None or not right:
            self._refuse(key, "password")
            raise WrongLogin
        factor = self._show(person.id, shown, asker, key, attempts=(tried, came))
        anew = house.passwords.hash(password) if house.passwords.is_outdated(person.password_hash) else None
        with house.database.transaction() as conn:
            self._limiter.forget(conn, key)
            self._addresses.take_back(conn, came)
            if anew is not None:
                person_rows.set_password(conn, person.id, anew)
            return self.start(conn, person, asker, factor=factor, previous=previous)

    def _show(self, person_id: str, shown: Shown, asker: Asker, key: str, *, attempts: tuple[int, int]) -> str | None:
        """The factor that was shown beside the right password; None where this person has none."""
        house, question = self._house, None
        try:
            with house.database.transaction() as conn:
                have = self._factors.list_of(conn, person_id)
                ways = self._factors.ways(conn, person_id, have, asker.site)
                if not have and not ways:
                    return None
                if shown.code or shown.passkey:
                    return self._factors.accept(conn, person_id, shown, asker.site)
                for limiter, attempt in zip((self._limiter, self._addresses), attempts, strict=True):
                    limiter.take_back(conn, attempt)
                question = self._factors.passkey_question(conn, person_id, have, asker.site)
        except (WrongSecondFactor, WrongPasskey):
            self._refuse(key, "factor")
            raise
        raise SecondFactorNeeded(ways=ways, passkey=question)

    def _from(self, asker: Asker) -> str:
        return self._house.vault.match_key("address", asker.address)

    def _key(self, login: str, asker: Asker, *, known: bool) -> str:
        """A browser that was here before has tries of its own: strangers cannot use up those of its owner."""
        return self._house.vault.match_key("login", f"{login}|{asker.known}" if known else login)

    def _knows(self, conn: Connection, person_id: str, browser: str) -> bool:
        return factor_rows.is_known_browser(conn, person_id, browser, self._house.now_ms())

    def _refuse(self, key: str, what: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            stranger = make_visitor(house.site)
            house.record(conn, stranger, "session.refused", "session", after={"attempt": key, "wrong": what})

    def start(
        self,
        conn: Connection,
        person: person_rows.PersonRow,
        asker: Asker,
        *,
        factor: str | None,
        factor_ms: int | None = None,
        previous: Actor | None = None,
        pairing_id: str | None = None,
    ) -> Login:
        """A session of somebody who proved to be this person. ``pairing_id``: of this kiosk only, and short."""
        house, limits, now = self._house, self._house.limits, self._house.now_ms()
        if previous is not None and previous.session is not None:
            session_rows.delete_session(conn, previous.session)
        session_rows.delete_expired_sessions(conn, house.site, now_ms=now)
        self._make_room(conn, person)
        idle_s, absolute_s = limits.of(person.roles, kiosk=pairing_id is not None)
        place = json.dumps({"address": asker.address, "browser": asker.browser}, ensure_ascii=False)
        token = new_token(house.random)
        row = session_rows.SessionRow(
            id=new_id(house.random),
            person_id=person.id,
            name_sealed=person.name_sealed,
            roles=person.roles,
            created_ms=now,
            last_used_ms=now,
            expires_ms=now + absolute_s * 1000,
            idle_s=idle_s,
            factor=factor,
            factor_ms=(factor_ms or now) if factor else None,
            place_sealed=house.vault.seal(conn, subject=subject_of(person.id), field="place", text=place),
            pairing_id=pairing_id,
        )
        session_rows.insert_session(conn, house.site, row, token=token)
        kept = session_rows.find_session_by_id(conn, house.site, row.id) or row
        actor = self.actor_of(conn, kept)
        house.record(conn, actor, "session.begin", actor.id, after={"factor": factor, "kiosk": pairing_id})
        known = None if pairing_id else self._know(conn, person.id, asker.known)
        return Login(token=token, actor=actor, expires_ms=row.expires_ms, known=known)

    def _make_room(self, conn: Connection, person: person_rows.PersonRow) -> None:
        """One login more than there may be ends the one that was not used for longest; its page is told why."""
        house = self._house
        person_rows.lock_person(conn, person.id)  # who signs in twice at once does so one after the other
        kept = session_rows.list_sessions(conn, house.site, person.id, house.now_ms())
        for row in kept[house.limits.sessions_max - 1 :]:
            session_rows.crowd_out(conn, row.id, house.now_ms())
            house.record(conn, self.actor_of(conn, row), "session.crowded_out", subject_of(person.id))

    def was_crowded_out(self, token: str | None) -> bool:
        """Whether this browser's login ended because its person signed in at more places than they may."""
        if token is None:
            return False
        with self._house.database.transaction() as conn:
            return session_rows.is_crowded_out(conn, self._house.site, token)

    def _know(self, conn: Connection, person_id: str, browser: str | None) -> str:
        house, limits = self._house, self._house.limits
        token = browser or new_token(house.random)
        until_ms = house.now_ms() + limits.known_browser_s * 1000
        factor_rows.know_browser(conn, house.site, person_id, token, until_ms=until_ms, most=limits.known_browsers_max)
        return token

    def end(self, actor: Actor) -> None:
        """Ends this login; the other ones of the same person go on."""
        if actor.session is None:
            return
        with self._house.database.transaction() as conn:
            if session_rows.delete_session(conn, actor.session):
                self._house.record(conn, actor, "session.end", actor.id)

    def find_expiry_ms(self, actor: Actor) -> int | None:
        """When this login ends at the latest, however busy it is kept."""
        if actor.session is None:
            return None
        with self._house.database.transaction() as conn:
            row = session_rows.find_session_by_id(conn, self._house.site, actor.session)
        return row.expires_ms if row else None

    def find_actor(self, token: str) -> Found | None:
        """The person logged in with this token; asking keeps the session from idling out."""
        now = self._house.now_ms()
        with self._house.database.transaction() as conn:
            row = session_rows.find_session(conn, self._house.site, token)
            if row is None:
                return None
            if now >= row.expires_ms or now - row.last_used_ms >= row.idle_s * 1000:
                session_rows.delete_session(conn, row.id)
                return None
            if now - row.last_used_ms >= min(TOUCH_EVERY_S, row.idle_s // 4) * 1000:
                session_rows.touch_session(conn, row.id, now)
            return Found(actor=self.actor_of(conn, row), idle_s=row.idle_s, until_ms=row.expires_ms)

    def actor_of(self, conn: Connection, row: session_rows.SessionRow) -> Actor:
        house, roles = self._house, frozenset(row.roles)
        if row.pairing_id is not None:  # at a kiosk everybody is a visitor of the hall, whatever else they are
            roles = roles & frozenset(OUTSIDERS) or frozenset({"citizen"})
        missing = row.factor is None and (row.has_factor or house.needs_factor(roles))
        return Actor(
            id=subject_of(row.person_id),
            name=house.vault.open(conn, row.name_sealed),
            roles=roles,
            permissions=self._permissions(row, roles, missing=missing),
            site=house.site,
            session=row.id,
            must_show_factor=missing,
            must_change_password=row.onetime_until_ms is not None,
            bound_to=f"pairing:{row.pairing_id}" if row.pairing_id else None,
        )

    def _permissions(self, row: session_rows.SessionRow, roles: frozenset[str], *, missing: bool) -> frozenset[str]:
        if missing:
            return WAY_IN
        if row.onetime_until_ms is not None:
            return WAY_IN | OWN_LOGIN
        return self._house.access.permissions_of(roles, () if row.pairing_id else row.composed)


def place_of(text: str | None) -> tuple[str, str]:
    """(address, browser) as it was sealed."""
    told = json.loads(text) if text else {}
    return str(told.get("address", "")), str(told.get("browser", ""))


def _spelled(login: str) -> str:
    """As all logins are kept: however it was typed."""
    return login.strip().lower()
