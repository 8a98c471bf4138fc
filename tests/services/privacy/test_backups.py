"""Erasing holds in a backup that was made before: its keys go at once, what modules kept at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.kernel import erasures
from services.kernel.erasures import BACKUPS, JOURNAL, TODO, ErasureJournal
from services.kernel.modules import Module, migration_sets
from services.kernel.testing import FakeClock, seeded
from services.kernel.vault import SealedVault
from services.privacy.module import MODULE
from tests.services.privacy.conftest import World, make_world
from twin.store.backup.dump import dump
from twin.store.backup.load import load
from twin.store.database import Database
from twin.testing import TestServer

pytestmark = pytest.mark.integration


def quiet(_: str) -> None:
    pass


def erase(world: World) -> None:
    asked = world.privacy.requests.make(world.ada, kind="erasure", channel="web")
    world.privacy.requests.decide(world.officer, asked.id, grant=True, reason=None)


def test_who_was_erased_after_the_backup_stays_erased_in_what_is_restored_of_it(
    server: TestServer, club: Module, site: str, clock: FakeClock, tmp_path: Path
) -> None:
    with server.database() as url, server.database() as empty_url:
        database = Database(url)
        try:
            database.migrate(migration_sets((MODULE, club)))
            world = make_world(database, club, site=site, clock=clock, data=tmp_path)
            _erase_and_restore(world, club, url=url, empty_url=empty_url, folder=tmp_path)
        finally:
            database.close()


def _erase_and_restore(world: World, club: Module, *, url: str, empty_url: str, folder: Path) -> None:
    backup, new = folder / "backup", folder / "new"
    backup.mkdir()
    new.mkdir()
    bob = world.officer
    ada_tokens = list(world.tokens.values())
    world.join(bob, "王五", "13912348000")
    bob_tokens = list(world.tokens.values())
    erasures.remember_backup(world.data, backup)
    part = dump(url, backup, tell=quiet)
    erase(world)

    # The very tables hold her key, as it was: without the journal she would be back.
    load(empty_url, backup, part, migration_sets((MODULE, club)), tell=quiet)
    restored = Database(empty_url)
    vault = SealedVault(site=world.site, master_key=bytes(range(32)), random=seeded(9))
    try:
        with restored.transaction() as conn:
            assert vault.open_many(conn, ada_tokens)[0] == "张小三"
            found = erasures.read(backup / JOURNAL)
            assert (world.site, world.ada.id) in found
            assert erasures.destroy_keys(conn, found) == 1
            wrapped = conn.execute("SELECT wrapped FROM kernel.subject_key WHERE subject = %s", (world.ada.id,))
            assert wrapped.fetchall() == [(None,)]
        erasures.take_over(new, found=found)
        with restored.transaction() as conn:
            assert vault.open_many(conn, ada_tokens) == [None, None, None]
            assert vault.open_many(conn, bob_tokens)[0] == "王五"

        modules = (MODULE, club)
        count = erasures.forget_again(new, site=world.site, database=restored, vault=vault, modules=modules)
        assert count == 1
        with restored.transaction() as conn:
            nicks = conn.execute("SELECT nick FROM club.member WHERE site = %s ORDER BY nick", (world.site,)).fetchall()
        assert nicks == [("ada",), ("gone",)]
        assert not (new / TODO).exists()
        assert erasures.forget_again(new, site=world.site, database=restored, vault=vault, modules=modules) == 0
        assert (world.site, world.ada.id) in erasures.read(new / JOURNAL)
    finally:
        restored.close()


def test_backups_are_told_as_soon_as_they_can_be_reached_and_never_twice(world: World, tmp_path: Path) -> None:
    near, far = tmp_path / "near", tmp_path / "far"
    near.mkdir()
    for folder in (near, far, near):
        erasures.remember_backup(world.data, folder)
    assert (world.data / BACKUPS).read_text().splitlines() == [str(near), str(far)]
    erase(world)
    assert erasures.read(near / JOURNAL) == [(world.site, world.ada.id)]
    far.mkdir()
    world.privacy.tick()
    assert (far / JOURNAL).read_bytes() == (world.data / JOURNAL).read_bytes() == (near / JOURNAL).read_bytes()
    assert (far / JOURNAL).stat().st_mode & 0o777 == 0o600


def test_an_erasure_that_nobody_wrote_down_yet_is_written_at_the_next_tick(world: World) -> None:
    with world.database.transaction() as conn:
        world.vault.erase(conn, world.ada.id)
    assert not (world.data / JOURNAL).exists()
    ErasureJournal(world.data, site=world.site, database=world.database).flush()
    assert erasures.read(world.data / JOURNAL) == [(world.site, world.ada.id)]


def test_a_line_that_a_crash_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / JOURNAL
    erasures.append(path, [("s", "user:a")])
    with path.open("ab") as file:
        file.write(b'{"site": "s", "subj')
    erasures.append(path, [("s", "user:b"), ("s", "user:c")])
    assert erasures.read(path) == [("s", "user:a"), ("s", "user:b"), ("s", "user:c")]
