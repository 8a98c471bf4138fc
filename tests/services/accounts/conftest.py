"""The accounts service on the real database, with a clock and randomness of the test's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest

from services.accounts.api import router
from services.accounts.commands import Accounts
from services.accounts.house import House
from services.accounts.house_words import house_words
from services.accounts.model import Limits, Resetting
from services.accounts.module import MODULE
from services.accounts.oidc import Oidc, Provider
from services.accounts.passwords import Passwords
from services.accounts.people_model import Person, PersonFilter
from services.accounts.store import people as person_rows
from services.accounts.store import units as unit_rows
from services.accounts.testing import LocalProvider
from services.kernel.access import OUTSIDERS, UNIT_ADMIN, AccessTable
from services.kernel.actor import Actor
from services.kernel.http import LOOPBACK_COOKIES
from services.kernel.modules import access_table, migration_sets
from services.kernel.outgoing import Outgoing
from services.kernel.testing import Browser, FakeAudit, FakeClock, FakeConsents, make_actor, make_app, seeded
from services.kernel.vault import SealedVault
from twin.store.database import Database

PASSWORD = "correct horse battery"
LOST = Resetting(why="lost it", proof="id_document")


@pytest.fixture(scope="session")
def accounts_database(kernel_database: Database) -> Database:
    kernel_database.migrate(migration_sets([MODULE]))
    return kernel_database


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    return Passwords()


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The service, what it acts through, and an administrator."""

    accounts: Accounts
    audit: FakeAudit
    clock: FakeClock
    database: Database
    vault: SealedVault
    consents: FakeConsents
    limits: Limits
    access: AccessTable
    admin: Actor
    site: str

    def hire(self, login: str = "li", *, name: str = "李晓梅", phone: str | None = None, role: str = "clerk") -> str:
        """Somebody whose password is their own, as after the first login."""
        kind = role if role in OUTSIDERS else "staff"
        person = self.accounts.people.create(
            self.admin, login=login, password=PASSWORD, name=name, roles=[role], phone=phone, kind=kind
        )
        with self.database.transaction() as conn:
            person_rows.set_onetime(conn, person.id, None)
        return person.id

    def people(self) -> list[Person]:
        return list(self.accounts.people.list_page(self.admin, PersonFilter()).people)

    def as_(self, person_id: str) -> Actor:
        """What this person may do now, whatever they would have to show to log in."""
        with self.database.transaction() as conn:
            row = person_rows.find_person(conn, self.site, person_id)
            assert row is not None
            managed = unit_rows.list_managed(conn, self.site, person_id)
            composed = person_rows.list_composed(conn, self.site, person_id)
        roles = {*row.roles, *([UNIT_ADMIN] if managed else [])}
        return make_actor(
            *self.access.permissions_of(roles, composed), id=f"user:{person_id}", site=self.site, roles=frozenset(roles)
        )

    def browser(self, actor: Actor, *, device: Actor | None = None, address: str = "10.0.0.1") -> Browser:
        return Browser(
            make_app(router(self.accounts, cookies=LOOPBACK_COOKIES), actor=actor, device=device), address=address
        )


@pytest.fixture
def office(accounts_database: Database, passwords: Passwords, site: str, clock: FakeClock) -> Office:
    return make_office(accounts_database, passwords, site, clock)


@pytest.fixture
def new_office(
    accounts_database: Database, passwords: Passwords, site: str, clock: FakeClock
) -> Callable[[], Office]:  # fmt: skip
    """One more each time it is asked, each at a site of its own."""
    numbers = itertools.count()
    return lambda: make_office(accounts_database, passwords, f"{site}-{next(numbers)}", clock)


def make_office(database: Database, passwords: Passwords, site: str, clock: FakeClock) -> Office:
    audit, limits, access = FakeAudit(), Limits(), access_table([MODULE])
    consents = FakeConsents()
    vault = SealedVault(site=site, master_key=bytes(32), random=seeded(1))
    house = House(
        database=database,
        audit=audit,
        vault=vault,
        consents=consents,
        access=access,
        passwords=passwords,
        site=site,
        now_ms=clock,
        random=seeded(int.from_bytes(site.encode())),
        limits=limits,
        second_factor="administrators",
        words=house_words(site, "市民之家, riverside"),
    )
    admin = make_actor(*access.permissions_of({"admin", "security_admin"}), id="user:admin", site=site)
    return Office(
        accounts=Accounts(house),
        audit=audit,
        clock=clock,
        database=database,
        vault=vault,
        consents=consents,
        limits=limits,
        access=access,
        admin=admin,
        site=site,
    )


@pytest.fixture(scope="session")
def running_provider() -> Iterator[LocalProvider]:
    with LocalProvider(now_s=lambda: 0) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: LocalProvider, office: Office) -> LocalProvider:
    running = running_provider
    running._now_s = lambda: office.clock.ms / 1000
    running.forge, running.more_keys = running.sign, []
    running.asked.clear()
    return running


@pytest.fixture
def oidc(provider: LocalProvider, office: Office) -> Oidc:
    known = Provider(
        issuer=provider.issuer, client_id=LocalProvider.CLIENT, client_secret=LocalProvider.SECRET, name="省统一认证"
    )
    port = urlsplit(provider.issuer).port or 0
    out = Outgoing([ip_network("127.0.0.0/8")], ports={"http": frozenset({port})})
    return Oidc(office.accounts.sessions._house, office.accounts.sessions, provider=known, fetch=out.fetch)
