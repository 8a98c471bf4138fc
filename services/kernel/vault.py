"""The vault: personal data is sealed with a key of its subject, and forgotten by deleting that key.

Envelope: SM4-GCM with one secret a subject, wrapped by a key from the master file; a sealed token is bound to its site,
subject and field, so that it opens nowhere else. Equal values are found by a keyed HMAC-SM3, never in clear. Tokens and
keys of version 1 (AES-256-GCM) still open; whatever is written is of version 2.
"""

from __future__ import annotations

import base64
import hmac
import os
import time
import unicodedata
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NoReturn, Protocol

from services.kernel.errors import ContractBroken, Gone
from services.kernel.ports import Connection, Random
from services.kernel.vault_ciphers import (
    NONCE_BYTES,
    SECRET_BYTES,
    BadBox,
    Box,
    Kept,
    Matcher,
    Sm4Box,
    SubjectKey,
    old_fingerprint,
    old_wrap,
)

MAX_TEXT_BYTES = 4_096
"""A field of personal data, not a document."""
_NOW, _BEFORE = "v2", "v1"
_VERSIONS = {1: _BEFORE, 2: _NOW}
"""Of wrapped keys, as the table counts them."""
_COUNT = "SELECT count FROM kernel.erasure_count WHERE site = %s"
_UNKNOWN = -1
"""No state: nothing that is kept is used."""


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

    def open_many(self, conn: Connection, tokens: Sequence[str | None]) -> list[str | None]:
        """What was sealed, in the same order, for the price of one; None: nothing was, or it is erased."""
        ...

    def living(self, conn: Connection, subjects: Collection[str]) -> set[str]:
        """Those of whom something can still be read."""
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
        if len(key) != SECRET_BYTES:
            raise WrongMasterKey(f"{path} holds {len(key)} bytes, a master key has {SECRET_BYTES}") from None
        return key
    with os.fdopen(handle, "wb") as file:
        key = random(SECRET_BYTES)
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key


class SealedVault:
    """The default: keys in ``kernel.subject_key``, wrapped by the master key."""

    def __init__(
        self, *, site: str, master_key: bytes, random: Random, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        if len(master_key) != SECRET_BYTES:
            raise WrongMasterKey(f"a master key has {SECRET_BYTES} bytes, not {len(master_key)}")
        self._site, self._random = site, random
        self._wrap = Sm4Box(master_key, b"halltwin vault wrap v2")
        self._wraps: dict[str, Box] = {_NOW: self._wrap, _BEFORE: old_wrap(master_key)}
        self._matcher, self._old_mark = Matcher(master_key), old_fingerprint(master_key)
        self._kept = Kept(monotonic_s)

    def verify(self, conn: Connection) -> None:
        """Raises ``WrongMasterKey`` when this database was sealed with another one; call it once at start."""
        mine = self._matcher.digest(b"fingerprint")
        conn.execute(
            "INSERT INTO kernel.vault_fingerprint (site, fingerprint) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (self._site, mine),
        )
        row = conn.execute("SELECT fingerprint FROM kernel.vault_fingerprint WHERE site = %s", (self._site,)).fetchone()
        found = b"" if row is None else bytes(row[0])
        if not (hmac.compare_digest(found, mine) or hmac.compare_digest(found, self._old_mark)):
            raise WrongMasterKey("the vault was sealed with another master key: bring back the key file of this data")

    def seal(self, conn: Connection, *, subject: str, field: str, text: str) -> str:
        raw = text.encode()
        if len(raw) > MAX_TEXT_BYTES:
            raise ContractBroken(f"{field} is {len(raw)} bytes, the vault takes {MAX_TEXT_BYTES}: check it at the edge")
        key = self._ensure_key(conn, subject)
        if key.version == _BEFORE:
            self._wrap_again(conn, subject, key)
        box = key.now.seal(self._random(NONCE_BYTES), raw, self._bound(_NOW, subject, field))
        return ".".join((_NOW, _pack(subject.encode()), _pack(field.encode()), _pack(box)))

    def open(self, conn: Connection, token: str) -> str:
        _parse(token)
        text = self.open_many(conn, [token])[0]
        return _erased() if text is None else text

    def open_many(self, conn: Connection, tokens: Sequence[str | None]) -> list[str | None]:
        state = self._state(conn)
        texts = self._kept.find_texts(state, tokens)
        unknown = {token for token, text in zip(tokens, texts, strict=True) if text is None and token is not None}
        if not unknown:
            return texts
        found = self._open_others(conn, state, unknown)
        return [found.get(token) if token in unknown else text for token, text in zip(tokens, texts, strict=True)]

    def living(self, conn: Connection, subjects: Collection[str]) -> set[str]:
        rows = conn.execute(
            "SELECT subject FROM kernel.subject_key WHERE site = %s AND subject = ANY(%s) AND wrapped IS NOT NULL",
            (self._site, list(subjects)),
        ).fetchall()
        return {row[0] for row in rows}

    def erase(self, conn: Connection, subject: str) -> None:
        self._kept.clear()
        conn.execute(
            "INSERT INTO kernel.subject_key (site, subject, wrapped) VALUES (%s, %s, NULL)"
            " ON CONFLICT (site, subject) DO UPDATE SET wrapped = NULL",
            (self._site, subject),
        )
        # From here it goes into the journal that outlives backups (``erasures.py``).
        conn.execute(
            "INSERT INTO kernel.erasure (site, subject) VALUES (%s, %s) ON CONFLICT DO NOTHING", (self._site, subject)
        )

    def match_key(self, field: str, text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).strip().casefold()
        return self._matcher.digest(f"{self._site}|{field}|{plain}".encode()).hex()

    # --- how

    def _open_others(self, conn: Connection, state: int, tokens: Collection[str]) -> dict[str | None, str]:
        """By token, of those whose subject was not erased."""
        found: dict[str | None, str] = {}
        parsed = {token: _parse(token) for token in tokens}
        keys = self._find_keys(conn, {subject for _, subject, _, _ in parsed.values()}, state)
        for token, (version, subject, field, box) in parsed.items():
            if (key := keys.get(subject)) is None:
                continue
            try:
                text = key.of(version).open(box, self._bound(version, subject, field)).decode()
            except BadBox:
                raise ContractBroken(f"a sealed {field} was changed, or moved here from another site") from None
            found[token] = text
            self._kept.keep(state, subject, key, token=token, text=text)
        return found

    def _state(self, conn: Connection) -> int:
        """How often anybody was erased, as this transaction sees it: what is kept counts for this state alone."""
        row = conn.execute(_COUNT, (self._site,)).fetchone()
        return 0 if row is None else int(row[0])

    def _ensure_key(self, conn: Connection, subject: str) -> SubjectKey:
        if (key := self._find_keys(conn, [subject], _UNKNOWN).get(subject)) is not None:
            return key
        conn.execute(
            "INSERT INTO kernel.subject_key (site, subject, wrapped, version) VALUES (%s, %s, %s, 2)"
            " ON CONFLICT DO NOTHING",
            (self._site, subject, self._wrapped(subject, self._random(SECRET_BYTES))),
        )
        # Two may seal for a new subject at once: the row that won is the key of both.
        return self._find_keys(conn, [subject], _UNKNOWN).get(subject) or _erased()

    def _find_keys(self, conn: Connection, subjects: Collection[str], state: int) -> dict[str, SubjectKey]:
        """Of those who were not erased, as this transaction sees them; unwrapped before, or now."""
        rows = conn.execute(
            "SELECT subject, wrapped, version FROM kernel.subject_key WHERE site = %s AND subject = ANY(%s)"
            " AND wrapped IS NOT NULL",
            (self._site, list(subjects)),
        ).fetchall()
        return {
            subject: self._kept.find_key(state, subject, wrapped)
            or self._unwrap(subject, bytes(wrapped), _VERSIONS[version])
            for subject, wrapped, version in rows
        }

    def _wrap_again(self, conn: Connection, subject: str, key: SubjectKey) -> None:
        """A key of before is brought to today's cipher when something is written for its subject."""
        conn.execute(
            "UPDATE kernel.subject_key SET wrapped = %s, version = 2 WHERE site = %s AND subject = %s AND version = 1"
            " AND wrapped IS NOT NULL",
            (self._wrapped(subject, key.secret), self._site, subject),
        )

    def _wrapped(self, subject: str, secret: bytes) -> bytes:
        return self._wrap.seal(self._random(NONCE_BYTES), secret, self._bound(_NOW, subject, "key"))

    def _unwrap(self, subject: str, wrapped: bytes, version: str) -> SubjectKey:
        try:
            secret = self._wraps[version].open(wrapped, self._bound(version, subject, "key"))
            return SubjectKey(secret, version=version, wrapped=wrapped)
        except BadBox:
            raise WrongMasterKey(f"the key of {subject} does not open with this master key") from None

    def _bound(self, version: str, subject: str, field: str) -> bytes:
        return f"{version}|{self._site}|{subject}|{field}".encode()


def subject_of_token(token: str) -> str:
    """Whom a sealed token is about."""
    return _parse(token)[1]


def token_beginnings(subject: str) -> tuple[str, ...]:
    """What every sealed token about them begins with, by version: so they are found in any column."""
    return tuple(f"{version}.{_pack(subject.encode())}." for version in (_BEFORE, _NOW))


def field_of_token(token: str) -> str:
    """As what it was sealed."""
    return _parse(token)[2]


def _erased() -> NoReturn:
    raise Erased(zh="这些个人信息已被删除。", en="This personal data has been erased.")


def _pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode()


def _parse(token: str) -> tuple[str, str, str, bytes]:
    version, *parts = token.split(".")
    if version not in {_NOW, _BEFORE} or len(parts) != 3:
        raise ContractBroken("this is no sealed token: was personal data stored in clear?")
    subject, field, box = (base64.urlsafe_b64decode(p) for p in parts)
    return version, subject.decode(), field.decode(), box
