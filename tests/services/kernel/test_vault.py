from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import ContractBroken
from services.kernel.testing import FakeVault, NoDatabase, seeded
from services.kernel.vault import MAX_TEXT_BYTES, Erased, SealedVault, Vault, WrongMasterKey, load_master_key
from twin.store.database import Database

ID_NUMBER = "11010519491231002X"
KEY = bytes(range(32))


def make_vault(site: str, *, key: bytes = KEY, seed: int = 1) -> SealedVault:
    return SealedVault(site=site, master_key=key, random=seeded(seed))


def keeps_its_promises(vault: Vault, database: Database | NoDatabase) -> None:
    """The contract of the port; the fake and the real one are held to it."""
    with database.transaction() as conn:
        mine = vault.seal(conn, subject="user:a", field="phone", text="13812348000")
        again = vault.seal(conn, subject="user:a", field="phone", text="13812348000")
        other = vault.seal(conn, subject="user:b", field="phone", text="13912348000")
        assert mine != again
        assert "13812348000" not in mine
        assert vault.open(conn, mine) == "13812348000"
        assert vault.open(conn, again) == "13812348000"
        vault.erase(conn, "user:a")
        with pytest.raises(Erased):
            vault.open(conn, mine)
        with pytest.raises(Erased):
            vault.seal(conn, subject="user:a", field="phone", text="13812348000")
        assert vault.open(conn, other) == "13912348000"
    assert vault.match_key("id", ID_NUMBER) == vault.match_key("id", f" {ID_NUMBER.lower()} ")
    assert vault.match_key("id", ID_NUMBER) != vault.match_key("phone", ID_NUMBER)


def test_the_fake_keeps_the_promises() -> None:
    keeps_its_promises(FakeVault(), NoDatabase())


@pytest.mark.integration
def test_the_sealed_vault_keeps_the_promises(kernel_database: Database, site: str) -> None:
    keeps_its_promises(make_vault(site), kernel_database)


@pytest.mark.integration
def test_nothing_in_the_database_shows_what_was_sealed(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        token = vault.seal(conn, subject="user:a", field="id", text=ID_NUMBER)
        rows = conn.execute("SELECT wrapped FROM kernel.subject_key WHERE site = %s", (site,)).fetchall()
    assert len(rows) == 1
    assert ID_NUMBER.encode() not in bytes(rows[0][0]) + token.encode()


@pytest.mark.integration
def test_erasing_deletes_the_key_itself(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        vault.seal(conn, subject="user:a", field="id", text=ID_NUMBER)
        vault.erase(conn, "user:a")
        rows = conn.execute("SELECT wrapped FROM kernel.subject_key WHERE site = %s", (site,)).fetchall()
    assert rows == [(None,)]


@pytest.mark.integration
def test_a_token_opens_nowhere_but_where_it_was_sealed(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        token = vault.seal(conn, subject="user:a", field="id", text=ID_NUMBER)
        version, subject, _, box = token.split(".")
        other_field = f"{version}.{subject}.bmFtZQ==.{box}"
        with pytest.raises(ContractBroken):
            vault.open(conn, other_field)


@pytest.mark.integration
def test_another_master_key_is_refused_at_start_and_opens_nothing(kernel_database: Database, site: str) -> None:
    first, second = make_vault(site), make_vault(site, key=bytes(32))
    with kernel_database.transaction() as conn:
        first.verify(conn)
        first.verify(conn)
        token = first.seal(conn, subject="user:a", field="id", text=ID_NUMBER)
        with pytest.raises(WrongMasterKey):
            second.verify(conn)
        with pytest.raises(WrongMasterKey):
            second.open(conn, token)


def test_text_in_clear_is_no_token() -> None:
    with NoDatabase().transaction() as conn, pytest.raises(ContractBroken):
        make_vault("test").open(conn, "13812348000")


def test_more_than_a_field_is_not_taken() -> None:
    with NoDatabase().transaction() as conn, pytest.raises(ContractBroken):
        make_vault("test").seal(conn, subject="user:a", field="id", text="x" * (MAX_TEXT_BYTES + 1))


@given(st.text(max_size=40), st.text(max_size=40))
def test_matching_depends_on_the_master_key_and_on_nothing_random(one: str, other: str) -> None:
    key = make_vault("test", seed=1).match_key("id", one)
    assert make_vault("test", seed=2).match_key("id", one) == key
    assert make_vault("test", key=bytes(32)).match_key("id", one) != key
    assert make_vault("elsewhere").match_key("id", one) != key
    if one.strip().casefold() != other.strip().casefold() and one.isascii() and other.isascii():
        assert make_vault("test").match_key("id", other) != key


def test_the_master_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    key = load_master_key(path, seeded(1))
    assert load_master_key(path, seeded(2)) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_master_key_of_the_wrong_size_is_named(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    path.write_bytes(b"short")
    with pytest.raises(WrongMasterKey, match="holds 5 bytes"):
        load_master_key(path, seeded(1))
