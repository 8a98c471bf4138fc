"""The vault: personal data is sealed with a key of its subject, and forgotten by deleting that key.

Envelope: AES-256-GCM with one key a subject, wrapped by a key from the master file; a sealed token is bound to its
site, subject and field, so that it opens nowhere else. Equal values are found by a keyed HMAC, never in clear.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import unicodedata
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.kernel.errors import ContractBroken, Gone
from services.kernel.ports import Connection, Random

KEY_BYTES = 32
NONCE_BYTES = 12
MAX_TEXT_BYTES = 4_096
"""A field of personal data, not a document."""
_VERSION = "v1"


class Erased(Gone):
    """The subject was forgotten: nothing of it can be read or written any more."""

    code = "vault.erased"


class WrongMasterKey(Exception):
    """The master key is not the one this database was sealed with: start-up must not go on."""


class Vault(Protocol):
    """``subject`` is an opaque id (``user:...``, ``ticket:...``), never itself personal."""

    def seal(self, conn: Connection, *, subject: str, field: str, text: str) -> str:
        """A token to store in place of ``text``."""
        ...

    def open(self, conn: Connection, token: str) -> str:
        """What was sealed; raises ``Erased`` once the subject is forgotten."""
        ...

    def erase(self, conn: Connection, subject: str) -> None:
        """Deletes the subject's key: all of its tokens, wherever they are, backups too, mean nothing now."""
        ...

    def match_key(self, field: str, text: str) -> str:
        """The same for the same text in the same field, and useless without the master key."""
        ...


def load_master_key(path: Path, random: Random) -> bytes:
    """The key in the file; a new one is written (readable by its owner only) when there is no file."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise WrongMasterKey(f"{path} holds {len(key)} bytes, a master key has {KEY_BYTES}") from None
        return key
    with os.fdopen(handle, "wb") as file:
        key = random(KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


class SealedVault:
    """The default: keys in ``kernel.subject_key``, wrapped by the master key."""

    def __init__(self, *, site: str, master_key: bytes, random: Random) -> None:
        self._site, self._random = site, random
        self._wrap = AESGCM(_derive(master_key, b"halltwin vault wrap"))
        self._match = _derive(master_key, b"halltwin vault match")

    def verify(self, conn: Connection) -> None:
        """Raises ``WrongMasterKey`` when this database was sealed with another one; call it once at start."""
        mine = hmac.new(self._match, b"fingerprint", hashlib.sha256).digest()
        conn.execute(
            "INSERT INTO kernel.vault_fingerprint (site, fingerprint) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (self._site, mine),
        )
        row = conn.execute("SELECT fingerprint FROM kernel.vault_fingerprint WHERE site = %s", (self._site,)).fetchone()
        if row is None or not hmac.compare_digest(bytes(row[0]), mine):
            raise WrongMasterKey("the vault was sealed with another master key: bring back the key file of this data")

    def seal(self, conn: Connection, *, subject: str, field: str, text: str) -> str:
        raw = text.encode()
        if len(raw) > MAX_TEXT_BYTES:
            raise ContractBroken(f"{field} is {len(raw)} bytes, the vault takes {MAX_TEXT_BYTES}: check it at the edge")
        nonce = self._random(NONCE_BYTES)
        sealed = AESGCM(self._ensure_key(conn, subject)).encrypt(nonce, raw, self._bound(subject, field))
        return ".".join((_VERSION, _pack(subject.encode()), _pack(field.encode()), _pack(nonce + sealed)))

    def open(self, conn: Connection, token: str) -> str:
        subject, field, box = _parse(token)
        key = AESGCM(self._find_key(conn, subject) or _erased())
        try:
            return key.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], self._bound(subject, field)).decode()
        except InvalidTag:
            raise ContractBroken(f"a sealed {field} was changed, or moved here from another site") from None

    def erase(self, conn: Connection, subject: str) -> None:
        conn.execute(
            "INSERT INTO kernel.subject_key (site, subject, wrapped) VALUES (%s, %s, NULL)"
            " ON CONFLICT (site, subject) DO UPDATE SET wrapped = NULL",
            (self._site, subject),
        )

    def match_key(self, field: str, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).strip().casefold()
        return hmac.new(self._match, f"{self._site}|{field}|{plain}".encode(), hashlib.sha256).hexdigest()

    def _ensure_key(self, conn: Connection, subject: str) -> bytes:
        if (key := self._find_key(conn, subject)) is not None:
            return key
        nonce = self._random(NONCE_BYTES)
        wrapped = nonce + self._wrap.encrypt(nonce, self._random(KEY_BYTES), self._bound(subject, "key"))
        conn.execute(
            "INSERT INTO kernel.subject_key (site, subject, wrapped) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (self._site, subject, wrapped),
        )
        # Two may seal for a new subject at once: the row that won is the key of both.
        return self._find_key(conn, subject) or _erased()

    def _find_key(self, conn: Connection, subject: str) -> bytes | None:
        row = conn.execute(
            "SELECT wrapped FROM kernel.subject_key WHERE site = %s AND subject = %s", (self._site, subject)
        ).fetchone()
        if row is None:
            return None
        wrapped = bytes(row[0] or _erased())
        try:
            return self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], self._bound(subject, "key"))
        except InvalidTag:
            raise WrongMasterKey(f"the key of {subject} does not open with this master key") from None

    def _bound(self, subject: str, field: str) -> bytes:
        return f"{_VERSION}|{self._site}|{subject}|{field}".encode()


def _erased() -> bytes:
    raise Erased(zh="这些个人信息已被删除。", en="This personal data has been erased.")


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    if len(master_key) != KEY_BYTES:
        raise WrongMasterKey(f"a master key has {KEY_BYTES} bytes, not {len(master_key)}")
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master_key)


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _parse(token: str) -> tuple[str, str, bytes]:
    version, *parts = token.split(".")
    if version != _VERSION or len(parts) != 3:
        raise ContractBroken("this is no sealed token: was personal data stored in clear?")
    subject, field, box = (base64.urlsafe_b64decode(p) for p in parts)
    return subject.decode(), field.decode(), box
