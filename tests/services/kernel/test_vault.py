import base64
import hashlib
import hmac
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Rollback

from services.kernel.errors import ContractBroken
from services.kernel.ports import Connection
from services.kernel.testing import FakeVault, NoDatabase, seeded
from services.kernel.vault import MAX_TEXT_BYTES, Erased, SealedVault, Vault, WrongMasterKey, load_master_key
from services.kernel.vault_ciphers import KEPT_S, KEYS_MAX, TEXTS_MAX, AesBox, BadBox, Kept, Sm4Box, SubjectKey
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


# --- many at once, keys that are kept


class Steps:
    """A clock that moves when told."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.integration
def test_many_open_in_order_for_the_price_of_one(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        tokens = [vault.seal(conn, subject=f"user:{n}", field="name", text=f"张{n}") for n in range(50)]
        vault.erase(conn, "user:7")
        asked: list[str] = []
        counted = cast("Connection", SimpleNamespace(execute=lambda *a: asked.append(a[0]) or conn.execute(*a)))
        found = vault.open_many(counted, [*tokens, None])
        assert vault.living(conn, ["user:7", "user:8", "user:none"]) == {"user:8"}
    assert found == [None if n == 7 else f"张{n}" for n in range(50)] + [None]
    assert len(asked) <= 2


@pytest.mark.integration
def test_what_one_process_erases_another_can_not_open_however_warm_it_is(kernel_database: Database, site: str) -> None:
    here, there = make_vault(site), make_vault(site, seed=2)
    with kernel_database.transaction() as conn:
        token = here.seal(conn, subject="user:a", field="name", text="张三")
    with kernel_database.transaction() as conn:
        assert there.open(conn, token) == "张三"
    with kernel_database.transaction() as conn:
        here.erase(conn, "user:a")
    with kernel_database.transaction() as conn:
        assert there.open_many(conn, [token]) == [None]
        with pytest.raises(Erased):
            there.open(conn, token)


@pytest.mark.integration
def test_an_erasure_that_was_rolled_back_erased_nothing(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        token = vault.seal(conn, subject="user:a", field="name", text="张三")
    with kernel_database.transaction() as conn, conn.transaction():
        vault.erase(conn, "user:a")
        raise Rollback
    with kernel_database.transaction() as conn:
        assert vault.open(conn, token) == "张三"


def keep(kept: Kept, state: int, name: str, key: SubjectKey) -> None:
    kept.keep(state, f"user:{name}", key, token=f"t{name}", text="张三")


def test_what_is_kept_is_little_and_for_a_short_while() -> None:
    clock = Steps()
    kept = Kept(clock)
    key = SubjectKey(KEY, version="v2", wrapped=b"w")
    for n in range(TEXTS_MAX + 10):
        keep(kept, 0, str(n), key)
    assert len(kept) == KEYS_MAX
    last = TEXTS_MAX + 9
    assert kept.find_key(0, f"user:{last}", b"w") is key
    assert kept.find_key(0, f"user:{last}", b"other") is None
    assert kept.find_key(0, "user:0", b"w") is None
    assert kept.find_texts(0, [f"t{last}", None, "t9", "t10"]) == ["张三", None, None, "张三"]
    clock.now_s = KEPT_S
    assert kept.find_texts(0, [f"t{last}"]) == [None]
    assert len(kept) == 0


def test_what_was_kept_before_an_erasure_is_given_to_nobody_not_even_who_looks_from_before() -> None:
    kept = Kept(Steps())
    key = SubjectKey(KEY, version="v2", wrapped=b"w")
    keep(kept, 1, "a", key)
    assert kept.find_texts(1, ["ta"]) == ["张三"]
    assert kept.find_texts(2, ["ta"]) == [None]
    # Somebody read the count before the erasure, and comes late with what they opened then.
    keep(kept, 1, "a", key)
    assert kept.find_texts(2, ["ta"]) == [None]
    assert kept.find_texts(1, ["ta"]) == [None]
    assert kept.find_key(1, "user:a", b"w") is None


@pytest.mark.integration
def test_a_key_of_a_transaction_that_was_rolled_back_is_nobodys(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        with conn.transaction():
            assert vault.open(conn, vault.seal(conn, subject="user:a", field="name", text="张三")) == "张三"
            raise Rollback
        token = vault.seal(conn, subject="user:a", field="name", text="李四")
        assert vault.open(conn, token) == "李四"


@pytest.mark.integration
def test_erasures_are_counted_once_a_transaction_as_it_commits(kernel_database: Database, site: str) -> None:
    vault = make_vault(site)

    def count(conn: Connection) -> list[tuple[int]]:
        return conn.execute("SELECT count FROM kernel.erasure_count WHERE site = %s", (site,)).fetchall()

    with kernel_database.transaction() as conn:
        for n in range(3):
            vault.erase(conn, f"user:{n}")
        assert count(conn) == []
    with kernel_database.transaction() as conn:
        assert count(conn) == [(1,)]
        vault.erase(conn, "user:9")
    with kernel_database.transaction() as conn:
        assert count(conn) == [(2,)]


# --- ciphers


def test_sm4_gcm_is_that_of_rfc_8998() -> None:
    key, nonce = bytes.fromhex("0123456789abcdeffedcba9876543210"), bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    text = bytes.fromhex("".join(digit * 16 for digit in "abcdefea"))
    box = Sm4Box(KEY, b"any")
    box._key = algorithms.SM4(key)
    sealed = box.seal(nonce, text, bound)
    assert sealed[-16:].hex() == "83de3541e4c2b58177e065a9bf7b62ec"
    assert box.open(sealed, bound) == text


@pytest.mark.parametrize("box", [b"", b"short", bytes(12 + 16), bytes(200)])
def test_what_was_never_sealed_opens_with_nothing(box: bytes) -> None:
    for cipher in (Sm4Box(KEY, b"any"), AesBox(KEY)):
        with pytest.raises(BadBox):
            cipher.open(box, b"here")


def sealed_before(conn: Connection, site: str, *, subject: str, field: str, text: str) -> str:
    """A key and a token as version 1 wrote them: AES-256-GCM under a key that HKDF-SHA256 derives."""
    secret = bytes(range(100, 132))
    wrap = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"halltwin vault wrap").derive(KEY)
    wrapped = bytes(12) + AESGCM(wrap).encrypt(bytes(12), secret, f"v1|{site}|{subject}|key".encode())
    conn.execute(
        "INSERT INTO kernel.subject_key (site, subject, wrapped) VALUES (%s, %s, %s)", (site, subject, wrapped)
    )
    box = bytes(12) + AESGCM(secret).encrypt(bytes(12), text.encode(), f"v1|{site}|{subject}|{field}".encode())
    return ".".join(("v1", *(base64.urlsafe_b64encode(p).decode() for p in (subject.encode(), field.encode(), box))))


@pytest.mark.integration
def test_what_version_1_sealed_opens_and_is_of_version_2_once_written_again(
    kernel_database: Database, site: str
) -> None:
    vault = make_vault(site)
    with kernel_database.transaction() as conn:
        old = sealed_before(conn, site, subject="user:old", field="name", text="张三")
        assert vault.open(conn, old) == "张三"
        new = vault.seal(conn, subject="user:old", field="name", text="张三")
        assert new.startswith("v2.")
        assert vault.open_many(conn, [old, new]) == ["张三", "张三"]
        version = conn.execute("SELECT version FROM kernel.subject_key WHERE site = %s", (site,)).fetchall()
        assert version == [(2,)]
        vault.erase(conn, "user:old")
        assert vault.open_many(conn, [old, new]) == [None, None]


@pytest.mark.integration
def test_a_database_of_version_1_is_known_by_its_old_mark(kernel_database: Database, site: str) -> None:
    match = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"halltwin vault match").derive(KEY)
    mark = hmac.new(match, b"fingerprint", hashlib.sha256).digest()
    with kernel_database.transaction() as conn:
        conn.execute("INSERT INTO kernel.vault_fingerprint (site, fingerprint) VALUES (%s, %s)", (site, mark))
        make_vault(site).verify(conn)
        with pytest.raises(WrongMasterKey):
            make_vault(site, key=bytes(32)).verify(conn)


def test_nobody_reads_a_key_in_a_repr() -> None:
    vault = make_vault("test")
    assert KEY.hex() not in repr(vars(vault))
    assert repr(KEY) not in repr(vars(vault))
