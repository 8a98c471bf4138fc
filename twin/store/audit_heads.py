"""The key that signs the audit's heads, and the files of heads that somebody outside can collect."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from twin.errors import AuditUnusable
from twin.store.audit_tree import Head

KEY, HEADS = "head.key", "heads"
KEY_BYTES = 32
PRIVATE = 0o600
DAY_MS, HOUR_MS = 86_400_000, 3_600_000


def load_key(home: Path, random: Callable[[int], bytes]) -> Ed25519PrivateKey:
    """The Ed25519 key in the audit's folder; a new one, readable by its owner only, where there is none."""
    path = home / KEY
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    except FileExistsError:
        return read_key(home)
    with os.fdopen(handle, "wb") as file:
        seed = random(KEY_BYTES)
        file.write(seed)
        file.flush()
        os.fsync(file.fileno())
    return Ed25519PrivateKey.from_private_bytes(seed)


def read_key(home: Path) -> Ed25519PrivateKey:
    """Raises ``AuditUnusable`` where it is not there, is no key, or others may read it."""
    path = home / KEY
    try:
        with path.open("rb") as file:
            mode, seed = os.fstat(file.fileno()).st_mode & 0o777, file.read(KEY_BYTES + 1)
    except OSError as error:
        raise AuditUnusable(f"it cannot be read: {error.strerror}", where=path, todo="Restore it") from error
    if mode & 0o077:
        raise AuditUnusable(f"others may read it (mode {mode:o})", where=path, todo=f"Type  chmod 600 {path}")
    if len(seed) != KEY_BYTES:
        raise AuditUnusable(
            f"a key has {KEY_BYTES} bytes", where=path, todo="Restore it, or take it away for a new one"
        )
    return Ed25519PrivateKey.from_private_bytes(seed)


class HeadFiles:
    """A JSON line a head, a file a day (UTC): ``heads/2026-11-22.jsonl``. Whoever copies them is a witness."""

    def __init__(self, home: Path) -> None:
        self._folder = home / HEADS
        self._thinned: set[Path] = set()

    def add(self, head: Head) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        day = datetime.fromtimestamp(head.at_ms / 1000, UTC).date()
        handle = os.open(self._folder / f"{day}.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
        try:
            line, before = encode_head(head), os.fstat(handle).st_size
            if os.write(handle, line) < len(line):  # the disk is full: half a head is none
                os.ftruncate(handle, before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)

    def list_all(self) -> tuple[list[Head], list[str]]:
        """All heads, and what is in the files that is none."""
        found, defects = list[Head](), list[str]()
        for path in self._paths():
            for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                try:
                    found.append(decode_head(line))
                except (msgspec.DecodeError, ValueError):
                    defects.append(f"{HEADS}/{path.name}, line {number} is no head")
        return found, defects

    def find_largest(self) -> Head | None:
        """Of the newest file."""
        for path in reversed(self._paths()):
            heads = _readable(path)
            if heads:
                return max(heads, key=lambda head: head.size)
        return None

    def thin(self, *, now_ms: int) -> None:
        """Of the days before yesterday, the last head of each hour stays."""
        today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
        for path in self._paths():
            if path in self._thinned or (today - date.fromisoformat(path.stem)).days < 2:
                continue
            heads = _readable(path)
            last = {head.at_ms // HOUR_MS: head for head in sorted(heads, key=lambda head: head.size)}
            if len(last) < len(heads):
                fresh = path.with_suffix(".partial")
                fresh.touch(mode=PRIVATE)
                fresh.write_bytes(b"".join(encode_head(head) for head in last.values()))
                fresh.replace(path)
            self._thinned.add(path)

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("????-??-??.jsonl"))


class HeadLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="head"):
    """A head in a file: all that its signature is made of, and the public key it is checked with, in hex."""

    size: int
    at_ms: int
    origin: str
    root: str
    key: str
    signature: str


def head_line(head: Head) -> HeadLine:
    return HeadLine(
        size=head.size, at_ms=head.at_ms, origin=head.origin, root=head.root.hex(), key=head.key.hex(),
        signature=head.signature.hex(),
    )  # fmt: skip


def head_of(line: HeadLine) -> Head:
    """Raises ValueError where it is none."""
    root, key, signature = (bytes.fromhex(text) for text in (line.root, line.key, line.signature))
    if (len(root), len(key), len(signature)) != (32, 32, 64) or line.size < 1:
        raise ValueError("no head has these lengths")
    if (root.hex(), key.hex(), signature.hex()) != (line.root, line.key, line.signature):
        raise ValueError("it is written in another way than we write it")
    return Head(size=line.size, at_ms=line.at_ms, origin=line.origin, root=root, key=key, signature=signature)


def encode_head(head: Head) -> bytes:
    return msgspec.json.encode(head_line(head)) + b"\n"


def decode_head(line: bytes) -> Head:
    return head_of(msgspec.json.decode(line, type=HeadLine))


def _readable(path: Path) -> list[Head]:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(decode_head(line))
        except (msgspec.DecodeError, ValueError):
            continue  # ``list_all`` names it
    return found
