"""The accounts service: its parts under one name, and the kernel's identity port."""

from __future__ import annotations

from services.accounts.house import House
from services.accounts.pairings import Pairings
from services.accounts.people import People
from services.accounts.remembered import Remembered
from services.accounts.sessions import Sessions
from services.accounts.tokens import Tokens
from services.kernel.actor import Actor


class Accounts:
    """Implements ``kernel.actor.Identity``."""

    def __init__(self, house: House) -> None:
        self.sessions, self.pairings, self.people = Sessions(house), Pairings(house), People(house)
        self.tokens = Tokens(house)
        limits, now_ms = house.limits, house.now_ms
        self._people = Remembered(
            self.sessions.find_actor, now_ms=now_ms, idle_s=limits.idle_s, absolute_s=limits.absolute_s
        )
        self._screens = Remembered(
            self.pairings.find_actor, now_ms=now_ms, idle_s=limits.absolute_s, absolute_s=limits.absolute_s
        )
        self._programs = Remembered(
            self.tokens.find_actor, now_ms=now_ms, idle_s=limits.absolute_s, absolute_s=limits.absolute_s
        )

    def resolve_session(self, token: str) -> Actor | None:
        return self._people.find(token)

    def resolve_device(self, token: str) -> Actor | None:
        return self._screens.find(token)

    def resolve_token(self, token: str) -> Actor | None:
        return self._programs.find(token)
