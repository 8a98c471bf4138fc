"""What the vault computes with: SM4-GCM boxes, the AES-GCM boxes of before, HMAC-SM3, and keys kept for a short while.

GB/T 32907 (SM4), GB/T 32905 (SM3) and RFC 8998 (SM4-GCM), all by the ``cryptography`` library.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_BYTES = 32
"""Of the master key and of each subject's secret."""
NONCE_BYTES = 12
TAG_BYTES = 16
KEYS_MAX = 4_096
KEYS_KEPT_S = 60.0


class BadBox(Exception):
    """It was changed, or sealed with another key or for another place."""


class Box(Protocol):
    """Opens what was sealed for the place ``bound``; raises ``BadBox``."""

    def open(self, box: bytes, bound: bytes) -> bytes: ...


class Sm4Box:
    """What is written today: nonce, text, tag."""

    _KEY_BYTES: ClassVar[int] = 16

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        derived = HKDF(algorithm=SM3(), length=self._KEY_BYTES, salt=None, info=purpose).derive(secret)
        self._key = algorithms.SM4(derived)

    def seal(self, nonce: bytes, raw: bytes, bound: bytes) -> bytes:
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        return nonce + encryptor.update(raw) + encryptor.finalize() + encryptor.tag

    def open(self, box: bytes, bound: bytes) -> bytes:
        if len(box) < NONCE_BYTES + TAG_BYTES:
            raise BadBox
        decryptor = Cipher(self._key, modes.GCM(box[:NONCE_BYTES], box[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(bound)
        try:
            return decryptor.update(box[NONCE_BYTES:-TAG_BYTES]) + decryptor.finalize()
        except InvalidTag:
            raise BadBox from None


class AesBox:
    """What was written before: it opens, nothing new is sealed with it."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)

    def open(self, box: bytes, bound: bytes) -> bytes:
        try:
            return self._key.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], bound)
        except (InvalidTag, ValueError):
            raise BadBox from None


def old_wrap(master_key: bytes) -> AesBox:
    return AesBox(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"halltwin vault wrap").derive(master_key))


def old_fingerprint(master_key: bytes) -> bytes:
    match = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"halltwin vault match").derive(master_key)
    return hmac.new(match, b"fingerprint", hashlib.sha256).digest()


class Matcher:
    """Keyed HMAC-SM3: ID numbers are few enough to try them all, so a hash without a key would hide nothing."""

    def __init__(self, master_key: bytes) -> None:
        self._key = HKDF(algorithm=SM3(), length=32, salt=None, info=b"halltwin vault match v2").derive(master_key)

    def digest(self, message: bytes) -> bytes:
        keyed = HMAC(self._key, SM3())
        keyed.update(message)
        return keyed.finalize()


class SubjectKey:
    """One subject's secret, unwrapped: it opens tokens of each version. ``version``: of the wrap it came out of."""

    __slots__ = ("now", "secret", "version")

    def __init__(self, secret: bytes, *, version: str) -> None:
        self.secret, self.version = secret, version
        self.now = Sm4Box(secret, b"halltwin vault field v2")

    def of(self, version: str) -> Box:
        return self.now if version == "v2" else AesBox(self.secret)


@dataclass(frozen=True, slots=True)
class _Kept:
    wrapped: bytes
    key: SubjectKey
    until_s: float


@dataclass(slots=True)
class KeptKeys:
    """Unwrapped keys, bounded in number and time.

    A key is given only for the very wrapped bytes that the caller has just read in its own transaction: so a subject
    that any process has erased is erased here too, at once, and there is nothing to tell anybody.
    """

    monotonic_s: Callable[[], float]
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __repr__(self) -> str:
        return f"KeptKeys({len(self._kept)})"

    def find(self, subject: str, wrapped: bytes) -> SubjectKey | None:
        with self._lock:
            kept = self._kept.get(subject)
            if kept is None:
                return None
            if kept.wrapped != wrapped or kept.until_s < self.monotonic_s():
                del self._kept[subject]
                return None
            self._kept.move_to_end(subject)
            return kept.key

    def keep(self, subject: str, wrapped: bytes, key: SubjectKey) -> None:
        with self._lock:
            now_s = self.monotonic_s()
            while self._kept and (len(self._kept) >= KEYS_MAX or next(iter(self._kept.values())).until_s < now_s):
                self._kept.popitem(last=False)
            self._kept[subject] = _Kept(wrapped, key, now_s + KEYS_KEPT_S)

    def drop(self, subject: str) -> None:
        with self._lock:
            self._kept.pop(subject, None)

    def __len__(self) -> int:
        return len(self._kept)
