"""The accounts service: its parts under one name, and the kernel's identity port."""

from __future__ import annotations

from collections.abc import Callable

from services.accounts.agents import Agents
from services.accounts.card_signin import CardReaders, CardSignIn
from services.accounts.credentials import Credentials
from services.accounts.factors import Factors
from services.accounts.first import FirstPeople
from services.accounts.house import House
from services.accounts.importing import Importing
from services.accounts.oidc import Fetch, Oidc, Provider
from services.accounts.organisation import Organisation
from services.accounts.own_ways import OwnWays
from services.accounts.pairings import Pairings
from services.accounts.passkey_login import PasskeyLogin
from services.accounts.people import People
from services.accounts.qr_signin import QrSignIn
from services.accounts.registration import Registrations
from services.accounts.remembered import Found, Remembered
from services.accounts.rights import Rights
from services.accounts.sessions import Sessions
from services.accounts.tokens import Tokens
from services.kernel.actor import Actor
from services.kernel.outgoing import Outgoing


class Accounts:
    """Implements ``kernel.actor.Identity``."""

    def __init__(
        self,
        house: House,
        *,
        outside: Provider | None = None,
        fetch: Fetch | None = None,
        card_readers: CardReaders | None = None,
    ) -> None:
        factors = Factors(house)
        self.sessions = Sessions(house, factors)
        self.own_ways = OwnWays(house, factors, self.sessions)
        self.qr = QrSignIn(house, self.sessions)
        self.cards = CardSignIn(house, self.sessions, card_readers)
        self.oidc = Oidc(house, self.sessions, provider=outside, fetch=fetch or Outgoing().fetch)
        self.passkey_login = PasskeyLogin(house, factors, self.sessions)
        self.pairings, self.tokens = Pairings(house), Tokens(house)
        self._people = Remembered(self.sessions.find_actor, now_ms=house.now_ms)
        changed = self._people.forget
        self.people, self.first = People(house, changed=changed), FirstPeople(house)
        self.credentials = Credentials(house, changed=changed)
        self.rights, self.organisation = Rights(house, changed=changed), Organisation(house, changed=changed)
        self.registrations, self.agents = Registrations(house), Agents(house)
        self.importing = Importing(house, self.people)
        self._screens = Remembered(_standing(house, self.pairings.find_actor), now_ms=house.now_ms)
        self._programs = Remembered(_standing(house, self.tokens.find_actor), now_ms=house.now_ms)

    def resolve_session(self, token: str) -> Actor | None:
        return self._people.find(token)

    def resolve_device(self, token: str) -> Actor | None:
        return self._screens.find(token)

    def resolve_token(self, token: str) -> Actor | None:
        return self._programs.find(token)


def _standing(house: House, find: Callable[[str], Actor | None]) -> Callable[[str], Found | None]:
    """Screens and programs are no logins of their own: without the database they go on for as long as one lives."""
    absolute_s = house.limits.absolute_s

    def found(token: str) -> Found | None:
        actor = find(token)
        until_ms = house.now_ms() + absolute_s * 1000
        return Found(actor=actor, idle_s=absolute_s, until_ms=until_ms) if actor else None

    return found
