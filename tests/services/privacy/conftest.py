"""A hall with one module that keeps people, the privacy module, and an officer who decides."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.kernel.actor import Actor
from services.kernel.calendar import HallCalendar
from services.kernel.erasures import ErasureJournal
from services.kernel.modules import Fact, Module, PersonalField, migration_sets
from services.kernel.ports import Connection
from services.kernel.testing import FakeAudit, FakeClock, make_actor, seeded
from services.kernel.vault import SealedVault, Vault
from services.privacy.commands import Privacy
from services.privacy.house import House
from services.privacy.module import DECIDE, MODULE, OWN, REVEAL, VIEW
from twin.store.database import Database

TABLES = """
CREATE TABLE club.member (
    site text NOT NULL, subject text NOT NULL, nick text NOT NULL, name_sealed text, name_match text, phone_sealed text,
    seed_sealed text, left_ms bigint
);
CREATE UNIQUE INDEX member_name ON club.member (site, name_match);
CREATE TABLE club.note (site text NOT NULL, text_sealed text NOT NULL, made_ms bigint NOT NULL);
"""
_BOTH = {"zh": "测试", "en": "test"}


def _erase(conn: Connection, vault: Vault, subject: str) -> None:
    conn.execute("UPDATE club.member SET nick = 'gone' WHERE subject = %s", (subject,))
    vault.erase(conn, subject)


def _read(conn: Connection, site: str, subject: str) -> Sequence[Fact]:
    rows = conn.execute("SELECT nick FROM club.member WHERE site = %s AND subject = %s", (site, subject))
    return [Fact(what="club.member.nick", label=_BOTH, value=row[0]) for row in rows]


def _field(column: str, **said: object) -> PersonalField:
    return PersonalField(column=column, label=_BOTH, purpose=_BOTH, **({"retention_days": 30} | said))  # type: ignore[arg-type]


def make_club(migrations: Path) -> Module:
    return Module(
        name="club",
        label=_BOTH,
        personal_data=(
            _field("club.member.name_sealed", category="personal", mask="name", match="name_match", correctable=True),
            _field(
                "club.member.phone_sealed", category="personal", mask="phone", consent="contact.phone", since="left_ms"
            ),
            _field("club.member.seed_sealed"),
            _field("club.note.text_sealed", category="personal", mask="text", since="made_ms", ends="subject"),
        ),
        eraser=_erase,
        reader=_read,
        migrations=migrations,
    )


@dataclass(kw_only=True)
class World:
    """``ada`` is a member; ``officer`` decides and may look."""

    site: str
    database: Database
    clock: FakeClock
    data: Path
    privacy: Privacy
    vault: SealedVault
    house: House
    audit: FakeAudit
    ada: Actor
    officer: Actor
    tokens: dict[str, str] = field(default_factory=dict)

    def join(self, actor: Actor, name: str, phone: str) -> None:
        with self.database.transaction() as conn:
            sealed = {
                field: self.vault.seal(conn, subject=actor.id, field=field, text=text)
                for field, text in (("name", name), ("phone", phone), ("seed", "JBSWY3DPEHPK3PXP"))
            }
            conn.execute(
                "INSERT INTO club.member (site, subject, nick, name_match, name_sealed, phone_sealed, seed_sealed)"
                " VALUES (%s, %s, 'ada', %s, %s, %s, %s)",
                (self.site, actor.id, self.vault.match_key("name", name), *sealed.values()),
            )
        self.tokens |= sealed

    def note(self, subject: str, text: str, at_ms: int) -> str:
        with self.database.transaction() as conn:
            token = self.vault.seal(conn, subject=subject, field="text", text=text)
            conn.execute("INSERT INTO club.note VALUES (%s, %s, %s)", (self.site, token, at_ms))
        return token

    def opened(self, *tokens: str) -> list[str | None]:
        with self.database.transaction() as conn:
            return self.vault.open_many(conn, tokens)


@pytest.fixture(scope="session")
def club(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Module:
    folder = tmp_path_factory.mktemp("club")
    (folder / "0001_club.sql").write_text(TABLES)
    club = make_club(folder)
    database.migrate(migration_sets((MODULE, club)))
    return club


@pytest.fixture
def world(database: Database, club: Module, site: str, clock: FakeClock, tmp_path: Path) -> World:
    return make_world(database, club, site=site, clock=clock, data=tmp_path)


def make_world(database: Database, club: Module, *, site: str, clock: FakeClock, data: Path) -> World:
    audit = FakeAudit()
    vault = SealedVault(site=site, master_key=bytes(range(32)), random=seeded(1))
    house = House(
        site=site,
        modules=(MODULE, club),
        database=database,
        audit=audit,
        vault=vault,
        calendar=HallCalendar("Asia/Shanghai"),
        now_ms=clock,
        random=os.urandom,
    )
    journal = ErasureJournal(data, site=site, database=database)
    ada = make_actor(OWN, id=f"user:{site}-ada", site=site)
    officer = make_actor(OWN, VIEW, DECIDE, REVEAL, id=f"user:{site}-officer", site=site)
    world = World(
        site=site, database=database, clock=clock, data=data, vault=vault, house=house, audit=audit,
        privacy=Privacy(house, flush=journal.flush), ada=ada, officer=officer,
    )  # fmt: skip
    world.join(ada, "张小三", "13812348000")
    return world
