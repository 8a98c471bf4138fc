"""The journal of erasures: who was forgotten, kept outside the database, so that no restored backup brings them back.

A backup holds the wrapped key of whoever was there when it was made. So each erasure is also written into a file beside
the database, which backups do not carry as content, and from there into the folder of every backup that is still where
it was made. A restore applies what it finds in both. Opaque ids only; a line is added once the erasure is committed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from services.kernel.modules import Module
from services.kernel.ports import Connection, Transactions
from services.kernel.vault import Vault

JOURNAL = "erased.journal"
TODO = "erased.todo"
"""What a restore brought back erased already: the next start tells the modules of it."""
BACKUPS = "backups.list"
FLUSH_MAX = 5_000
"""Lines written at once; what is left over is written the next time."""


class ErasureJournal:
    """Of the hall whose data folder this is."""

    def __init__(self, data: Path, *, site: str, database: Transactions) -> None:
        self._data, self._site, self._database = data, site, database

    def flush(self) -> int:
        """Takes over what was erased since; after that no restore brings it back. How many there were."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                "DELETE FROM kernel.erasure WHERE (site, subject) IN (SELECT site, subject FROM kernel.erasure"
                " WHERE site = %s LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING subject",
                (self._site, FLUSH_MAX),
            ).fetchall()
            # Written before the commit: were it lost in between, the line stands twice, never not at all.
            if rows:
                append(self._data / JOURNAL, [(self._site, row[0]) for row in rows])
        tell_backups(self._data)
        return len(rows)


def append(path: Path, erased: Iterable[tuple[str, str]]) -> None:
    """(site, subject) each; durable when it returns."""
    lines = "".join(json.dumps({"site": site, "subject": subject}) + "\n" for site, subject in erased)
    # On a line of its own, also after one that a crash cut off.
    _add(path, b"\n" + lines.encode())


def read(path: Path) -> list[tuple[str, str]]:
    """What stands there; nothing where there is no file. A line that a crash cut off was told again after it."""
    found = []
    with suppress(FileNotFoundError):
        for line in path.read_bytes().splitlines():
            with suppress(ValueError, KeyError, TypeError):
                entry = json.loads(line)
                found.append((str(entry["site"]), str(entry["subject"])))
    return found


def remember_backup(data: Path, target: Path) -> None:
    """From now on what is erased is told to this folder too, as long as it is there."""
    _add(data / JOURNAL, b"")
    if str(target) not in _known_backups(data):
        _add(data / BACKUPS, f"{target}\n".encode())


def tell_backups(data: Path) -> None:
    """Each backup that can be reached gets the end of the journal that it lacks."""
    journal = data / JOURNAL
    with suppress(FileNotFoundError):
        size = journal.stat().st_size
        for folder in map(Path, _known_backups(data)):
            copy = folder / JOURNAL
            # A disk that is away is told when it is back: this looks again each time.
            with suppress(OSError):
                has = copy.stat().st_size if copy.exists() else 0
                if folder.is_dir() and has < size:
                    with journal.open("rb") as file:
                        file.seek(has)
                        _add(copy, file.read(size - has))


def destroy_keys(conn: Connection, erased: Iterable[tuple[str, str]]) -> int:
    """In a database that was just restored; it needs no master key. How many keys there still were."""
    with conn.cursor() as cursor:
        cursor.executemany(
            "UPDATE kernel.subject_key SET wrapped = NULL WHERE site = %s AND subject = %s AND wrapped IS NOT NULL",
            list(erased),
        )
        return max(cursor.rowcount, 0)


def take_over(data: Path, *, found: Iterable[tuple[str, str]]) -> None:
    """Into a data folder that was just restored: the journal goes on from there, and the next start has work to do."""
    erased = list(dict.fromkeys(found))
    if erased:
        append(data / JOURNAL, erased)
        append(data / TODO, erased)


def forget_again(data: Path, *, site: str, database: Transactions, vault: Vault, modules: Iterable[Module]) -> int:
    """At a start after a restore: what the modules kept beside the key goes too. How many subjects it were."""
    subjects = [subject for of, subject in read(data / TODO) if of == site]
    erasers = [module.eraser for module in modules if module.eraser is not None]
    if subjects:
        with database.transaction() as conn:
            for subject in subjects:
                for erase in erasers:
                    erase(conn, vault, subject)
                vault.erase(conn, subject)
    (data / TODO).unlink(missing_ok=True)
    return len(subjects)


def _known_backups(data: Path) -> list[str]:
    try:
        return (data / BACKUPS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _add(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as file:
        with suppress(OSError):
            # Made by root for a hall that runs as somebody else: it is theirs, like the folder.
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
