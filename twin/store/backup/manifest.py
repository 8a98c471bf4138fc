"""What a backup says of itself: every table with its content hash, every file with its own, and a hash of all that."""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import msgspec

from twin.errors import BackupDamaged, BackupNewer, NoRoom

NAME = "manifest.json"
FORMAT = 1
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_BLOCK = 1 << 20
_BOUND = re.compile(r"DEFAULT|FOR VALUES FROM \('[^']*'\) TO \('[^']*'\)")


class File(msgspec.Struct, frozen=True, kw_only=True):
    """``secret``: it may be left out, and nobody but its owner reads it."""

    path: str
    bytes: int
    sha256: str
    secret: bool = False


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one table, or of one partition of it."""

    part: str
    bound: str | None
    file: File


class DumpedTable(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    content: str
    pieces: tuple[Piece, ...]

    @property
    def full_name(self) -> str:
        return f"{self.schema}.{self.name}"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    schema: str
    number: int
    name: str
    sha256: str


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is not in it, and why."""

    what: str
    why: str


class DatabasePart(msgspec.Struct, frozen=True, kw_only=True):
    server: str
    migrations: tuple[Applied, ...]
    tables: tuple[DumpedTable, ...]
    sequences: dict[str, int]
    content: str

    @property
    def rows(self) -> int:
        return sum(t.rows for t in self.tables)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    program: str
    site: str
    made_ms: int
    database: DatabasePart
    files: tuple[File, ...]
    left_out: tuple[Left, ...]
    data: str = ""
    """The folder it was made of: a restore on the same machine learns there who was erased since."""

    def all_files(self) -> list[File]:
        return [*self.files, *(piece.file for table in self.database.tables for piece in table.pieces)]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Last of all: a folder without one is no backup."""
    text = msgspec.json.encode(manifest)
    with room(folder), (folder / NAME).open("xb") as file:
        file.write(msgspec.json.format(text, indent=1) + b"\n" + hashlib.sha256(text).hexdigest().encode() + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupDamaged or BackupNewer; the files it names are looked at by ``check_files``."""
    path = folder / NAME
    try:
        text, _, digest = path.read_bytes().rstrip().rpartition(b"\n")
        bare = msgspec.json.encode(msgspec.json.decode(text))
        version = msgspec.json.decode(text, type=_Version).format
    except FileNotFoundError:
        raise BackupDamaged(
            "there is no manifest",
            where=str(path),
            todo="Name the folder that `halltwin backup` made, once it is whole",
        ) from None
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise _damaged(path, f"it is no manifest ({error})") from error
    if version > FORMAT:
        raise BackupNewer(f"it is of format {version}, this program knows {FORMAT}", where=str(path), todo=NEWER)
    if hashlib.sha256(bare).hexdigest().encode() != digest:
        raise _damaged(path, "it is not as it was written")
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.ValidationError as error:
        raise _damaged(path, f"it is no manifest ({error})") from error
    _check_words(path, manifest)
    return manifest


def check_files(folder: Path, manifest: Manifest, *, secrets: bool = True) -> None:
    """Each file byte for byte as it was written; raises BackupDamaged naming the first that is not."""
    for file in manifest.all_files():
        path = folder / file.path
        if file.secret and not secrets:
            continue
        try:
            found = describe(path, file.path, secret=file.secret)
        except OSError as error:
            raise _damaged(path, f"it cannot be read ({error.strerror})") from error
        if found != file:
            raise _damaged(path, "it is not as it was written")


def describe(path: Path, name: str, *, secret: bool = False) -> File:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return File(path=name, bytes=size, sha256=digest.hexdigest(), secret=secret)


@contextmanager
def room(where: Path) -> Iterator[None]:
    """A full disk by its own name."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoRoom(
                f"there is no room ({error.strerror})", where=str(where), todo="Make room, or name a larger disk"
            ) from error
        raise


NEWER = "Update halltwin, then restore it with that"


class _Version(msgspec.Struct):
    format: int


def _damaged(path: Path, what: str) -> BackupDamaged:
    return BackupDamaged(what, where=str(path), todo="Take another backup; this one cannot be trusted")


def _check_words(path: Path, manifest: Manifest) -> None:
    """It becomes paths and SQL: whoever wrote it, nothing may lead out of its folder or be more than a bound."""
    for file in manifest.all_files():
        if PurePosixPath(file.path).is_absolute() or ".." in PurePosixPath(file.path).parts:
            raise _damaged(path, f"it names a file outside of it ({file.path})")
    for table in manifest.database.tables:
        for piece in table.pieces:
            if piece.bound is not None and not _BOUND.fullmatch(piece.bound):
                raise _damaged(path, f"{table.full_name} has a partition with no bounds")
