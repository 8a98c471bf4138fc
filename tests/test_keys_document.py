"""docs/security/keys.md says what is so: each key has the strength, the place and the life that stands there."""

from __future__ import annotations

import math
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from iot.broker import authority as authority_module
from iot.broker.authority import Authority
from iot.broker.credentials import hash_password, new_password, verify_password
from iot.broker.link import HallLink, certify
from services.accounts import card_signin, factors, pairings, passwords
from services.accounts.passwords import new_password as new_first_password
from services.accounts.passwords import new_recovery_code
from services.kernel import vault_ciphers
from services.kernel.ports import TOKEN_BYTES, new_token
from services.kernel.vault import load_master_key
from services.queue import tickets
from tests.test_crypto_rules import LIBRARIES
from twin.lobby import VALID_S_MAX
from twin.store.audit_heads import KEY, load_key
from ui.launcher.certificate import SOON
from ui.launcher.datadir import PRIVATE, DataDirectory
from ui.problems import NeedsAttention

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = (ROOT / "docs/security/keys.md").read_text(encoding="utf-8")
NOW = datetime.now(UTC)
ROWS = {
    cells[0]: cells[1:]
    for line in DOCUMENT.splitlines()
    if line.startswith("| ") and len(cells := [cell.strip() for cell in line.strip("|").split("|")]) >= 4
}


def bits(row: str) -> int:
    return int(ROWS[row][0])


def test_each_secret_has_as_many_bits_as_stand_there() -> None:
    letters = len(set(passwords._READABLE))
    made = {
        "master key": vault_ciphers.SECRET_BYTES * 8,
        "secret of a subject": vault_ciphers.SECRET_BYTES * 8,
        "session, browser, pairing": TOKEN_BYTES * 8,
        "program's token": TOKEN_BYTES * 8,
        "ticket's token": tickets._TOKEN_BYTES * 8,
        "trip's token": TOKEN_BYTES * 8,
        "one-time code's seed": factors.SECRET_BYTES * 8,
        "recovery code": int(math.log2(letters) * len(new_recovery_code(os.urandom).replace("-", ""))),
    }
    assert made == {row: bits(row) for row in made}
    assert min(bits(row) for row in ROWS if ROWS[row][0].isdecimal()) >= 128
    typed = int(math.log2(len(set(pairings.CODE_ALPHABET))) * pairings.CODE_LENGTH)
    first = int(math.log2(letters) * len(new_first_password(os.urandom).replace("-", "")))
    assert f"of {pairings.CODE_LENGTH} characters ({typed} bits" in DOCUMENT
    assert f"first passwords of {first} bits" in DOCUMENT


def test_what_nobody_may_guess_is_never_the_same_and_as_long_as_it_says() -> None:
    for make, length in ((new_token, 43), (new_password, 32), (new_recovery_code, 34)):
        made = {make(os.urandom) for _ in range(200)}
        assert len(made) == 200
        assert {len(one) for one in made} == {length}
    asked: list[int] = []

    def count(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    new_password(count)
    assert asked == [bits("device's broker password") // 8] == [bits("guest's broker password") // 8]


def test_certificates_and_signatures_are_of_the_kinds_and_lives_that_stand_there(tmp_path: Path) -> None:
    made = Authority(tmp_path / "authority")
    made.create(site="shifanqu", now=NOW)
    server, client = made.issue_server(["hall.example"], now=NOW), made.issue_client("UPS-1", now=NOW)
    certify(link := HallLink(socket=tmp_path / "s", certificate=tmp_path / "link.crt", key=tmp_path / "link.key"))
    pairs = [(made.certificate, made.folder / "ca.key"), (server.certificate, server.key),
             (client.certificate, client.key), (link.certificate, link.key)]  # fmt: skip
    for certificate, key in pairs:
        told = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
        private: Any = serialization.load_pem_private_key(key.read_bytes(), password=None)
        assert isinstance(private.curve, ec.SECP256R1)
        assert told.signature_hash_algorithm is not None
        assert told.signature_hash_algorithm.name == "sha256"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    days = {"certificate authority (EC P-256)": authority_module.AUTHORITY_DAYS,
            "broker's certificate (EC P-256)": authority_module.SERVER_DAYS,
            "device's certificate (EC P-256)": authority_module.CLIENT_DAYS}  # fmt: skip
    assert {row: ROWS[row][4].split(" ")[0] for row in days} == {row: str(value) for row, value in days.items()}
    assert f"{authority_module.RENEW_BEFORE_DAYS} days before" in ROWS["broker's certificate (EC P-256)"][4]
    assert f"within {SOON // timedelta(days=1)} days" in ROWS["certificate of the pages"][4]
    assert isinstance(load_key(tmp_path / "audit", os.urandom), Ed25519PrivateKey)
    assert ROWS["audit key (Ed25519)"][1] == f"`audit/{KEY}`"
    assert f"{card_signin.CARD_S} s" in ROWS["card asking (X25519)"][4]
    assert f"{VALID_S_MAX // 86_400} days at most" in ROWS["guest's broker password"][4]


def test_a_broker_password_is_kept_as_a_salted_hash() -> None:
    hashed = hash_password("secret", os.urandom(12))
    assert "secret" not in hashed
    assert verify_password("secret", hashed)
    assert hashed != hash_password("secret", os.urandom(12))


def test_passwords_of_people_cost_what_owasp_asks_for() -> None:
    """Argon2id, 19 MiB with two passes on one lane, or any of its equals with more memory."""
    assert (passwords.MEMORY_KIB >= 19 * 1024 and passwords.TIME_COST >= 2) or passwords.MEMORY_KIB >= 46 * 1024
    hashed = passwords.Passwords()._argon2.hash("x")
    assert hashed.startswith(
        f"$argon2id$v=19$m={passwords.MEMORY_KIB},t={passwords.TIME_COST},p={passwords.PARALLELISM}$"
    )
    assert (
        f"argon2id, {passwords.MEMORY_KIB} KiB, {passwords.TIME_COST} passes, {passwords.PARALLELISM} lane" in DOCUMENT
    )


def test_sealing_is_sm4_of_128_bits_and_hashes_without_a_key_find_nothing() -> None:
    box = vault_ciphers.Sm4Box(bytes(32), b"test")
    assert (box._key.name, box._key.key_size) == ("SM4", 128)
    sealed = box.seal(os.urandom(vault_ciphers.NONCE_BYTES), b"text", b"here")
    assert box.open(sealed, b"here") == b"text"
    with pytest.raises(vault_ciphers.BadBox):
        box.open(sealed, b"elsewhere")
    assert vault_ciphers.Matcher(bytes(32)).digest(b"x") != vault_ciphers.Matcher(bytes([1]) * 32).digest(b"x")


def test_every_file_that_computes_with_keys_is_named() -> None:
    listed = set(re.findall(r"`([a-z_/0-9]+\.py)`", DOCUMENT.partition("## Where code may")[2].partition("\n## ")[0]))
    named = {file for files in LIBRARIES.values() for file in files}
    assert named - listed == set()
    assert [file for file in listed if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("name", ["vault.key", "authority/ca.key", "audit/head.key"])
def test_a_hall_does_not_start_with_a_secret_that_others_may_read(tmp_path: Path, name: str) -> None:
    data = DataDirectory(tmp_path / "data")
    try:
        path = data.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(32))
        path.chmod(0o600)
        data.check_private()
        path.chmod(0o640)
        with pytest.raises(NeedsAttention, match="chmod 600"):
            data.check_private()
    finally:
        data.close()


def test_every_file_of_the_data_folder_that_is_a_secret_is_watched() -> None:
    """Those of the table, and the two with which a demo's devices and people come in."""
    told = set(re.findall(r"`((?:vault|audit/|authority/|run\.)[a-zA-Z./]*)`", DOCUMENT))
    watched = {re.sub(r"\*", "[^/]+", pattern).replace(".", r"\.", 0) for pattern in PRIVATE}
    assert [name for name in told if not any(re.fullmatch(pattern, name) for pattern in watched)] == []


def test_keys_are_made_once_by_chance_and_kept(tmp_path: Path) -> None:
    first, second = (load_master_key(tmp_path / name, os.urandom) for name in ("a", "b"))
    assert first != second
    assert load_master_key(tmp_path / "a", os.urandom) == first
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


SECRET_LIKE = re.compile(
    rb"-----BEGIN (?:EC |RSA |OPENSSH |ENCRYPTED )?PRIVATE KEY|\$argon2|\$7\$\d+\$[A-Za-z0-9+/]{16}"
    rb"|halltwin_[A-Za-z0-9_-]{40}"
)
SOURCES = {".py", ".json", ".toml", ".sql", ".ts", ".tsx", ".md"}


def test_no_secret_stands_in_the_sources() -> None:
    """Nothing that looks like a key, a stored hash or a token of ours; the wheel is made of these files."""
    found, seen = [], 0
    for package in ("building", "wayfinding", "iot", "twin", "services", "ui", "simulators"):
        for folder, folders, names in os.walk(ROOT / package):
            folders[:] = [name for name in folders if name not in {"node_modules", "dist", "__pycache__"}]
            paths = [Path(folder, name) for name in names if Path(name).suffix in SOURCES]
            seen += len(paths)
            found += [str(path) for path in paths if SECRET_LIKE.search(path.read_bytes())]
    assert found == []
    assert seen > 500
