"""Tokens of programs: a third party does with one what its scopes say, and can do nothing else with it.

A scope is a permission that its module opened to programs; whoever makes a token picks some of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.accounts.errors import TooManyTokens, UnknownToken
from services.accounts.house import House
from services.accounts.model import NewToken, Token
from services.accounts.signin_errors import UnknownScope
from services.accounts.store import tokens as token_rows
from services.kernel.access import PROGRAM, require
from services.kernel.actor import Actor
from services.kernel.ports import new_token

PREFIX = "halltwin_"
"""So that a token that was published by mistake is found and known for what it is."""
ID_BYTES = 8
"""Its id is typed on command lines, where a word must not begin with a dash."""
TOUCH_EVERY_S = 60
READ = "data.read"
DAY_MS = 86_400_000


class Tokens:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House) -> None:
        self._house = house

    def scopes(self) -> Mapping[str, Mapping[str, str]]:
        """What programs may be let do, in words."""
        access = self._house.access
        return {name: access.permissions[name].label for name in sorted(access.permissions_of({PROGRAM}))}

    def create(self, actor: Actor, *, name: str, days: int, scopes: Sequence[str] = (READ,)) -> NewToken:
        """The only moment the token itself is known."""
        require(actor, "tokens.manage")
        if not scopes or set(scopes) - self.scopes().keys():
            raise UnknownScope(known=list(self.scopes()))
        house, now = self._house, self._house.now_ms()
        secret = PREFIX + new_token(house.random)
        token = Token(
            id=house.random(ID_BYTES).hex(),
            name=name,
            scopes=sorted(set(scopes)),
            created_by=actor.id,
            created_ms=now,
            expires_ms=now + days * DAY_MS,
            last_used_ms=None,
        )
        with house.database.transaction() as conn:
            if len(token_rows.list_tokens(conn, house.site, now)) >= house.limits.tokens_max:
                raise TooManyTokens(most=house.limits.tokens_max)
            token_rows.insert_token(conn, house.site, token, secret=secret)
            house.record(
                conn, actor, "token.create", _target(token), after={"name": name, "days": days, "scopes": token.scopes}
            )
        return NewToken(token=token, secret=secret)

    def list_all(self, actor: Actor) -> list[Token]:
        """Those that work."""
        require(actor, "tokens.manage")
        with self._house.database.transaction() as conn:
            return token_rows.list_tokens(conn, self._house.site, self._house.now_ms())

    def revoke(self, actor: Actor, token_id: str) -> None:
        """The program is nobody again, from its next request on; a feed it follows ends within a minute."""
        require(actor, "tokens.manage")
        house, now = self._house, self._house.now_ms()
        with house.database.transaction() as conn:
            token = next((t for t in token_rows.list_tokens(conn, house.site, now) if t.id == token_id), None)
            if token is None:
                raise UnknownToken
            token_rows.revoke_token(conn, token.id, now)
            house.record(conn, actor, "token.revoke", _target(token), before={"name": token.name})

    def find_actor(self, secret: str) -> Actor | None:
        """The program that holds this token."""
        house, now = self._house, self._house.now_ms()
        with house.database.transaction() as conn:
            token = token_rows.find_token(conn, house.site, secret, now)
            if token is None:
                return None
            if token.last_used_ms is None or now - token.last_used_ms >= TOUCH_EVERY_S * 1000:
                token_rows.touch_token(conn, token.id, now)
            actor = self._actor(token)
            if token.last_used_ms is None or token.last_used_ms // DAY_MS != now // DAY_MS:
                # Once a day: a line each read would bury all others, none would hide who read.
                house.record(conn, actor, "token.used", _target(token), after={"scopes": list(token.scopes)})
        return actor

    def _actor(self, token: Token) -> Actor:
        house = self._house
        return Actor(
            id=_target(token),
            name=token.name,
            roles=frozenset({PROGRAM}),
            permissions=house.access.permissions_of({PROGRAM}) & frozenset(token.scopes),
            site=house.site,
            kind="program",
        )


def _target(token: Token) -> str:
    return f"token:{token.id}"
