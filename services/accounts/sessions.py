"""Logging in and out: opaque tokens, a new one at each login, ended by idling, by age or by hand."""

from __future__ import annotations

from collections.abc import Sequence

from services.accounts.errors import NobodyLogsIn, WrongLogin
from services.accounts.house import House
from services.accounts.model import Login, subject_of
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.kernel.actor import Actor, make_visitor
from services.kernel.ports import Connection, new_id, new_token
from twin.errors import DatabaseUnavailable

TOUCH_EVERY_S = 30
"""A session's last use is written no more often than this."""


class Sessions:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House) -> None:
        self._house, self._limiter = house, house.limiter()

    def begin(self, *, login: str, password: str, address: str, previous: Actor | None = None) -> Login:
        """A new session, never an old one carried on; whatever ``previous`` was logged in as has ended.

        Nobody begins one while the database is away: an attempt that is not counted may be made without end, and a
        login that is not on record, of somebody who may have been dismissed by now, is none.
        """
        try:
            return self._begin(login=login, password=password, address=address, previous=previous)
        except DatabaseUnavailable as error:
            raise NobodyLogsIn from error

    def _begin(self, *, login: str, password: str, address: str, previous: Actor | None) -> Login:
        house, login = self._house, login.strip().lower()
        attempt = house.vault.match_key("login", f"{login}|{address}")
        with house.database.transaction() as conn:
            self._limiter.count(conn, attempt)
            found = person_rows.find_person_by_login(conn, house.site, login)
        person = found if found and found.disabled_ms is None else None
        # Outside any transaction: a hash takes longer than a connection may be held.
        right = house.passwords.verify(password, person.password_hash if person else None)
        if person is None or not right:
            with house.database.transaction() as conn:
                stranger = make_visitor(house.site)
                house.record(conn, stranger, "session.refused", "session", after={"attempt": attempt})
            raise WrongLogin
        with house.database.transaction() as conn:
            self._limiter.forget(conn, attempt)
            if previous is not None and previous.session is not None:
                session_rows.delete_session(conn, previous.session)
            return self._insert(conn, person)

    def _insert(self, conn: Connection, person: person_rows.PersonRow) -> Login:
        house, now = self._house, self._house.now_ms()
        idle_before_ms = now - house.limits.idle_s * 1000
        session_rows.delete_expired_sessions(conn, house.site, idle_before_ms=idle_before_ms, now_ms=now)
        token = new_token(house.random)
        row = session_rows.SessionRow(
            id=new_id(house.random),
            person_id=person.id,
            name_sealed=person.name_sealed,
            roles=person.roles,
            last_used_ms=now,
            expires_ms=now + house.limits.absolute_s * 1000,
        )
        session_rows.insert_session(conn, house.site, row, token=token)
        actor = self._actor(conn, row)
        house.record(conn, actor, "session.begin", actor.id)
        return Login(token=token, actor=actor, expires_ms=row.expires_ms)

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

    def find_actor(self, token: str) -> Actor | None:
        """The person logged in with this token; asking keeps the session from idling out."""
        now, limits = self._house.now_ms(), self._house.limits
        with self._house.database.transaction() as conn:
            row = session_rows.find_session(conn, self._house.site, token)
            if row is None:
                return None
            if now >= row.expires_ms or now - row.last_used_ms >= limits.idle_s * 1000:
                session_rows.delete_session(conn, row.id)
                return None
            if now - row.last_used_ms >= TOUCH_EVERY_S * 1000:
                session_rows.touch_session(conn, row.id, now)
            return self._actor(conn, row)

    def _actor(self, conn: Connection, row: session_rows.SessionRow) -> Actor:
        roles: Sequence[str] = row.roles
        return Actor(
            id=subject_of(row.person_id),
            name=self._house.vault.open(conn, row.name_sealed),
            roles=frozenset(roles),
            permissions=self._house.access.permissions_of(roles),
            site=self._house.site,
            session=row.id,
        )
