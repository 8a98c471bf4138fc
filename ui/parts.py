"""Parts of a hall that both its preparation and its server are made of."""

from __future__ import annotations

import os

from services.accounts.commands import Accounts
from services.accounts.house import House
from services.accounts.model import Limits
from services.accounts.passwords import Passwords
from services.kernel.audit import StoreAudit
from services.kernel.modules import access_table, load_modules
from services.kernel.ports import Clock
from services.kernel.vault import Vault
from twin.store.database import Database


def make_accounts(
    *, site: str, database: Database, vault: Vault, now_ms: Clock, limits: Limits | None = None
) -> Accounts:
    """The accounts module of this site."""
    house = House(
        database=database,
        audit=StoreAudit(now_ms=now_ms),
        vault=vault,
        access=access_table(load_modules()),
        passwords=Passwords(),
        site=site,
        now_ms=now_ms,
        random=os.urandom,
        limits=limits or Limits(),
    )
    return Accounts(house)
