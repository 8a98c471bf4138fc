"""What the vault computes with: SM4-GCM boxes, the AES-GCM boxes of before, HMAC-SM3, and keys kept for a short while.

GB/T 32907 (SM4), GB/T 32905 (SM3) and RFC 8998 (SM4-GCM), all by the ``cryptography`` library.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
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
TEXTS_MAX = 8_192
KEPT_S = 60.0
"""After that all is forgotten at once, and unwrapped again when it is asked for."""


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
    """One subject's secret, unwrapped: it opens tokens of each version. ``wrapped``: what it came out of."""

    __slots__ = ("now", "secret", "version", "wrapped")

    def __init__(self, secret: bytes, *, version: str, wrapped: bytes) -> None:
        self.secret, self.version, self.wrapped = secret, version, wrapped
        self.now = Sm4Box(secret, b"halltwin vault field v2")

    def of(self, version: str) -> Box:
        return self.now if version == "v2" else AesBox(self.secret)


@dataclass(slots=True)
class Kept:
    """Unwrapped keys and what was opened last, bounded in number and time.

    All of it counts for one state of ``kernel.erasure_count`` only, which every caller reads in its own transaction
    before it asks: once any process has erased anybody, nothing kept before is given out, and there is nobody to tell.
    A caller that still sees an earlier state is given nothing, and keeps nothing.
    """

    monotonic_s: Callable[[], float]
    _state: int = -1
    _until_s: float = 0.0
    _keys: OrderedDict[str, SubjectKey] = field(default_factory=OrderedDict, repr=False)
    _texts: dict[str, str] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def find_texts(self, state: int, tokens: Iterable[str | None]) -> list[str | None]:
        """In the same order; None: not known."""
        with self._lock:
            if not self._is_now(state):
                return [None for _ in tokens]
            find = self._texts.get
            return [None if token is None else find(token) for token in tokens]

    def find_key(self, state: int, subject: str, wrapped: bytes) -> SubjectKey | None:
        """The one that these very bytes hold: a key of a transaction that was rolled back is nobody's."""
        with self._lock:
            key = self._keys.get(subject) if self._is_now(state) else None
            if key is None or key.wrapped != wrapped:
                return None
            self._keys.move_to_end(subject)
            return key

    def keep(self, state: int, subject: str, key: SubjectKey, *, token: str, text: str) -> None:
        with self._lock:
            if not self._is_now(state):
                return
            if len(self._keys) >= KEYS_MAX and subject not in self._keys:
                self._keys.popitem(last=False)
            if len(self._texts) >= TEXTS_MAX:
                del self._texts[next(iter(self._texts))]
            self._keys[subject] = key
            self._texts[token] = text

    def clear(self) -> None:
        with self._lock:
            self._forget()

    def _is_now(self, state: int) -> bool:
        now_s = self.monotonic_s()
        if state > self._state or now_s >= self._until_s:
            self._forget()
            self._until_s, self._state = now_s + KEPT_S, max(state, self._state)
        return state == self._state

    def _forget(self) -> None:
        self._keys.clear()
        self._texts.clear()

    def __len__(self) -> int:
        return len(self._keys)
