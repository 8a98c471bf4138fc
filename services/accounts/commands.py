"""The accounts service: its parts under one name, and the kernel's identity port."""

from __future__ import annotations

from services.accounts.house import House
from services.accounts.pairings import Pairings
from services.accounts.people import People
from services.accounts.sessions import Sessions
from services.accounts.tokens import Tokens
from services.kernel.actor import Actor


class Accounts:
    """Implements ``kernel.actor.Identity``."""

    def __init__(self, house: House) -> None:
        self.sessions, self.pairings, self.people = Sessions(house), Pairings(house), People(house)
        self.tokens = Tokens(house)

    def resolve_session(self, token: str) -> Actor | None:
        return self.sessions.find_actor(token)

    def resolve_device(self, token: str) -> Actor | None:
        return self.pairings.find_actor(token)

    def resolve_token(self, token: str) -> Actor | None:
        return self.tokens.find_actor(token)
