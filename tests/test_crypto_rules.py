"""What computes with keys, and with what: each place has its reason, and anything else fails until it has one.

docs/security/keys.md says the same in words; ``tests/ui/test_keys_document.py`` holds it against the keys themselves.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("building", "wayfinding", "iot", "twin", "services", "ui")
NOT_SERVING = re.compile(r"ui/cli/bench/|ui/testing|iot/(fuzz|testing)|(services/\w+|twin)/testing|ui/web/")
"""Measures and fakes: they protect nothing."""

LIBRARIES = {
    "cryptography": {
        "iot/broker/authority.py", "iot/broker/link.py", "services/accounts/card_signin.py",
        "services/accounts/factors.py", "services/kernel/vault_ciphers.py", "services/privacy/model.py",
        "twin/store/audit_heads.py", "twin/store/audit_seal.py", "twin/store/audit_tree.py", "ui/admitting.py",
        "ui/launcher/certificate.py",
    },
    "argon2": {"services/accounts/passwords.py"},
    "webauthn": {"services/accounts/passkeys.py"},
    "authlib": {"services/accounts/oidc.py"},
    "joserfc": {"services/accounts/oidc.py"},
}  # fmt: skip
OTHERS = {
    "Crypto", "Cryptodome", "OpenSSL", "M2Crypto", "nacl", "jwt", "jose", "jwcrypto", "rsa", "ecdsa", "pyaes", "bcrypt",
    "passlib", "pwdlib", "gmssl", "itsdangerous", "crypt", "md5", "sha",
}  # fmt: skip
"""Never, not even where something else has brought them."""
CHANCE = {
    "ui/bootstrap.py": "SystemRandom, for pauses",
    "twin/live_broker.py": "SystemRandom, for pauses",
}
"""Who imports ``random``: pauses only. What nobody may guess comes from the system (``os.urandom``, ``secrets``)."""
NAMES = {"building/writers/ifc_file.py", "building/formats/imdf/extension.py"}
"""Who imports ``uuid``: names of things in files of others, never secrets."""
HASHES = {"sha256", "sha512", "file_digest", "blake2b", "blake2s", "pbkdf2_hmac"}
SHA1_OF_CODES = "services/accounts/factors.py"
"""HMAC-SHA-1 of one-time codes (RFC 6238): the only kind that all authenticator programs know."""
WEAK = {
    "ECB", "CBC", "CFB", "CFB8", "OFB", "CTR", "XTS", "PKCS1v15", "MD5", "SHA1", "SHA224", "ARC4", "RC2", "TripleDES",
    "Blowfish", "CAST5", "IDEA", "SEED", "DSAPrivateKey", "SECP192R1", "SECP224R1", "PROTOCOL_TLSv1",
    "PROTOCOL_TLSv1_1",
    "PROTOCOL_SSLv3", "PROTOCOL_SSLv23", "PROTOCOL_TLS", "OP_LEGACY_SERVER_CONNECT", "_create_unverified_context",
}  # fmt: skip
UNVERIFIED = {"ui/launcher/launcher.py": "its own socket, asked whether it answers"}
UNHARDENED = {"ui/launcher/launcher.py", "ui/launcher/certificate.py"}
"""Who makes a context that nothing of worth goes through: the launcher's question, and a list of authorities."""


_TELLING = re.compile(rf"\b({'|'.join(sorted({*LIBRARIES, *OTHERS, *WEAK, 'hashlib', 'random', 'uuid', 'ssl'}))})\b")


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    """Those that hold a word of any of this: the others need not be read as programs."""
    found = []
    for path in sorted(path for package in PRODUCT for path in (ROOT / package).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if NOT_SERVING.match(name) or "node_modules" in path.parts:
            continue
        if _TELLING.search(text := path.read_text(encoding="utf-8")):
            found.append((name, ast.parse(text)))
    return tuple(found)


def imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def names(tree: ast.AST) -> Iterator[str]:
    """Every name that is used, imported or asked of something."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.alias(name=name):
                yield name


def calls(tree: ast.AST, owner: str) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=said), attr=name)) if said == owner:
                yield name


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_each_library_of_ciphers_is_used_where_it_is_meant_to_be(library: str) -> None:
    assert {name for name, tree in sources() if library in imports(tree)} == LIBRARIES[library]


def test_no_other_library_of_ciphers_is_used() -> None:
    assert [(name, found) for name, tree in sources() if (found := imports(tree) & OTHERS)] == []


def test_chance_that_can_be_foretold_makes_nothing() -> None:
    assert {name for name, tree in sources() if "random" in imports(tree)} == CHANCE.keys()
    assert {call for name, tree in sources() if name in CHANCE for call in calls(tree, "random")} == {"SystemRandom"}
    assert {name for name, tree in sources() if "uuid" in imports(tree)} == NAMES


def test_only_hashes_that_hold_are_called() -> None:
    assert {call for _, tree in sources() for call in calls(tree, "hashlib")} <= HASHES
    from_hashlib = [
        name for name, tree in sources() for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "hashlib"
    ]  # fmt: skip
    assert from_hashlib == [], "by its full name, so that it is seen"


def test_no_weak_cipher_mode_padding_curve_or_protocol_is_named() -> None:
    found = {(name, said) for name, tree in sources() for said in names(tree) if said in WEAK}
    assert found == {(SHA1_OF_CODES, "SHA1")}


def test_certificates_are_checked_wherever_something_of_worth_goes() -> None:
    assert {name for name, tree in sources() if "CERT_NONE" in set(names(tree))} == UNVERIFIED.keys()


def test_each_tls_context_speaks_what_we_speak() -> None:
    """``iot/tls.py`` is around each that is made."""
    loose = set()
    for name, tree in sources():
        made = {
            node for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"create_default_context", "SSLContext"}
        }  # fmt: skip
        hardened = {
            argument for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "harden"
            for argument in node.args
        }  # fmt: skip
        if made - hardened:
            loose.add(name)
    assert loose == UNHARDENED


@pytest.mark.parametrize(
    "written",
    [
        "import hashlib\nhashlib.md5(b'')",
        "from cryptography.hazmat.primitives.ciphers import modes\nmodes.ECB()",
        "from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15",
        "import random\nrandom.random()",
        "import jwt",
    ],
)
def test_what_is_wrong_is_seen(written: str) -> None:
    tree = ast.parse(written)
    seen = (
        imports(tree) & OTHERS, set(calls(tree, "hashlib")) - HASHES, set(names(tree)) & WEAK,
        set(calls(tree, "random")) - {"SystemRandom"},
    )  # fmt: skip
    assert any(seen)
