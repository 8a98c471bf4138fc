"""Parts of a hall that both its preparation and its server are made of."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from services.accounts.card_signin import CardReaders
from services.accounts.commands import Accounts
from services.accounts.house import House
from services.accounts.house_words import house_words
from services.accounts.model import Limits, SecondFactor
from services.accounts.oidc import Provider
from services.accounts.passwords import Passwords
from services.kernel.audit import StoreAudit
from services.kernel.modules import access_table, load_modules
from services.kernel.outgoing import PORTS, Outgoing
from services.kernel.ports import Clock
from services.kernel.vault import Vault
from services.privacy.consents import ConsentBook
from services.privacy.model import load_purposes
from twin.store.database import Database
from ui.run_settings import OutsideAccess
from ui.settings import parse_subnets


def make_accounts(
    *,
    site: str,
    database: Database,
    vault: Vault,
    now_ms: Clock,
    limits: Limits | None = None,
    second_factor: SecondFactor = "staff",
    password_words: str = "",
    outside: OutsideAccess | None = None,
    card_readers: CardReaders | None = None,
) -> Accounts:
    """The accounts module of this site. ``outside``: the identity provider that people may sign in with;
    ``card_readers``: those beside its kiosks.
    """
    house = House(
        database=database,
        audit=StoreAudit(now_ms=now_ms),
        vault=vault,
        consents=ConsentBook(site=site, audit=StoreAudit(now_ms=now_ms), now_ms=now_ms, purposes=load_purposes()),
        access=access_table(load_modules()),
        passwords=Passwords(),
        site=site,
        now_ms=now_ms,
        random=os.urandom,
        limits=limits or Limits(),
        second_factor=second_factor,
        words=house_words(site, password_words),
    )
    if outside is None:
        return Accounts(house, card_readers=card_readers)
    provider = Provider(
        issuer=outside.issuer, client_id=outside.client_id, client_secret=outside.client_secret, name=outside.name
    )
    return Accounts(house, outside=provider, fetch=_outgoing(outside).fetch, card_readers=card_readers)


def _outgoing(outside: OutsideAccess) -> Outgoing:
    """To the provider's own port besides the usual ones, and in clear only where its own address is."""
    parts = urlsplit(outside.issuer)
    port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    return Outgoing(parse_subnets(outside.subnets), ports={parts.scheme: PORTS[parts.scheme] | {port}})
