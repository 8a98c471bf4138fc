"""A hall's backup: its database, its building and the secrets of its data folder; and the way back into an empty place.

A backup is a folder. It is made under another name and gets its own when it is whole.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.erasures import (
    BACKUPS,
    JOURNAL,
    TODO,
    destroy_keys,
    read,
    remember_backup,
    take_over,
    tell_backups,
)
from services.kernel.modules import load_modules, migration_sets
from twin.errors import NotEmpty
from twin.store.backup.dump import dump
from twin.store.backup.load import load
from twin.store.backup.manifest import (
    FORMAT,
    File,
    Left,
    Manifest,
    check_files,
    describe,
    read_manifest,
    room,
    write_manifest,
)
from twin.store.backup.tables import connect
from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres
from twin.store.postgres_home import POINTER
from ui.launcher.datadir import DataDirectory
from ui.launcher.reach import POSTGRES, reach_database
from ui.run_settings import RunSettings
from ui.version import __version__

SECRETS, BUILDING = "secrets", "building.hall.json"
SPOOL = "spool"
"""What the hall has acknowledged and the database has not taken yet: it is data, not a secret."""
MADE_ANEW = frozenset(
    {POSTGRES, "broker", "logs", "run.json", "hall.lock", "simulators.json", "truth.jsonl", BUILDING,
     JOURNAL, TODO, BACKUPS}
)  # fmt: skip
"""Of a data folder: what each start writes again, or is backed up in another way. All else is kept, as secret."""
FILE_MAX_BYTES = 64 << 20
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``todo`` is what a person must still do before the hall can start."""

    database: str
    manifest: Manifest
    content: str
    todo: tuple[str, ...]


def make_backup(data: Path, target: Path, *, secrets: bool, now_ms: int, tell: Tell) -> Manifest:
    """Of the hall in ``data``, running or not, into ``target``, which must be new or empty."""
    require_empty(target)
    # Before the moment of the backup: whoever is erased from now on is told to its folder.
    remember_backup(data, target.resolve())
    partial = target.resolve().with_name(f"{target.resolve().name}.partial")
    with reach_database(data, tell=tell) as run:
        try:
            with room(partial):
                partial.parent.mkdir(parents=True, exist_ok=True)
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(mode=0o700)
            # What waits on the disk first: taken down in between, it is in both, and known for what it is.
            files, left = _copy_files(data, partial, secrets=secrets)
            part = dump(run.database, partial, tell=tell)
            manifest = Manifest(
                format=FORMAT,
                program=__version__,
                site=run.site,
                made_ms=now_ms,
                database=part,
                files=(*_write_building(run, partial), *files),
                left_out=(*left, *_left_out(run)),
                data=str(data.resolve()),
            )
            write_manifest(partial, manifest)
            partial.replace(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    tell_backups(data)
    return manifest


def restore_backup(
    source: Path, data: Path, *, database: str | None, secrets: bool, tell: Tell, erasures: Path | None = None
) -> Restored:
    """Into ``data``, which must be new or empty. ``database``: an empty one of a server of one's own, by URL.

    Whoever was erased since the backup stays erased: by its folder's own journal, by that of the hall it was made of
    where that is still there, and by ``erasures``, a copy of that from elsewhere.
    """
    manifest = read_manifest(source)
    check_files(source, manifest, secrets=secrets)
    require_empty(data)
    journals = [erasures] if erasures is not None else [Path(manifest.data) / JOURNAL]
    current = any(journal.is_file() for journal in journals)
    erased = [entry for journal in (source / JOURNAL, *journals) for entry in read(journal)]
    made = not data.exists()
    sets = migration_sets(load_modules())
    folder = DataDirectory(data)
    try:
        with room(data):
            _place_files(source, folder.path, manifest, secrets=secrets)
        if database is not None:
            content, url = load(database, source, manifest.database, sets, tell=tell), database
            _forget(url, folder.path, erased)
        else:
            server = EmbeddedPostgres(folder.path / POSTGRES, tell=tell)
            try:
                url = server.start()
                content = load(url, source, manifest.database, sets, tell=tell)
                _forget(url, folder.path, erased)
            finally:
                server.stop()
    except BaseException:
        folder.close()
        _clear(folder.path, made=made)
        raise
    folder.close()
    (folder.path / "hall.lock").unlink()
    has_secrets = secrets and any(f.secret for f in manifest.files)
    return Restored(
        database=url,
        manifest=manifest,
        content=content,
        todo=_todo(folder.path, has_secrets=has_secrets, current=current),
    )


def _forget(url: str, data: Path, erased: Sequence[tuple[str, str]]) -> None:
    with connect(url) as conn, conn.transaction():
        destroy_keys(conn, erased)
    take_over(data, found=erased)


def require_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotEmpty("there is something already", where=str(folder), todo="Name a new folder, or an empty one")


def _write_building(run: RunSettings, folder: Path) -> list[File]:
    """The published building as a file of its own: it can be opened without any database."""
    database = Database(run.database)
    try:
        with database.transaction() as conn:
            row = conn.execute(
                "select document from twin.building_version where site = %s and current", [run.site]
            ).fetchone()
    finally:
        database.close()
    if row is None:
        return []
    with room(folder):
        (folder / BUILDING).write_text(str(row[0]), encoding="utf-8")
    return [describe(folder / BUILDING, BUILDING)]


def _copy_files(data: Path, target: Path, *, secrets: bool) -> tuple[list[File], list[Left]]:
    found = [p for p in sorted(data.rglob("*")) if p.relative_to(data).parts[0] not in MADE_ANEW]
    files, left = list[File](), list[Left]()
    for path in found:
        name, waiting = str(path.relative_to(data)), path.relative_to(data).parts[0] == SPOOL
        if not path.is_file() or path.is_symlink():
            continue  # sockets and the like belong to the processes that made them
        if not secrets and not waiting:
            left.append(Left(what=name, why="secrets were to be left out"))
            continue
        kept = name if waiting else f"{SECRETS}/{name}"
        try:
            if path.stat().st_size > FILE_MAX_BYTES:
                left.append(Left(what=name, why=f"larger than {FILE_MAX_BYTES >> 20} MiB: no key and no setting is"))
                continue
            with room(target / kept):
                _copy_private(path, target / kept)
        except FileNotFoundError:
            continue  # the database has just taken what waited there
        files.append(describe(target / kept, kept, secret=not waiting))
    return files, left


def _place_files(source: Path, data: Path, manifest: Manifest, *, secrets: bool) -> None:
    for file in manifest.files:
        if not file.secret:
            _copy_private(source / file.path, data / file.path)
        elif secrets:
            _copy_private(source / file.path, data / Path(file.path).relative_to(SECRETS))


def _copy_private(source: Path, target: Path) -> None:
    """Never readable by anybody else, not for a moment; folders of it neither."""
    with source.open("rb") as content:
        for folder in reversed(target.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(content, out)
            out.flush()
            os.fsync(out.fileno())


def _left_out(run: RunSettings) -> Sequence[Left]:
    left = [
        Left(what="broker", why="retained messages and sessions: devices tell them again when they connect"),
        Left(what="logs", why="what the programs said; keep them elsewhere if you need them"),
        Left(what="hall.toml", why="your configuration, certificates of your own: they stand outside the data folder"),
    ]
    if run.kinds:
        left.append(Left(what=run.kinds, why="device kinds of your own stand outside the data folder"))
    return left


def _todo(data: Path, *, has_secrets: bool, current: bool) -> tuple[str, ...]:
    todo = []
    if not has_secrets:
        todo.append(
            f"Put vault.key into {data} (mode 0600): without it personal data stay sealed and the hall does not start."
        )
    if not current:
        todo.append(
            f"Whoever was erased after the backup was moved is not known here: if the old hall's {JOURNAL} exists"
            " anywhere, restore again with --erasures FILE before anybody uses this."
        )
    return tuple(todo)


def _clear(data: Path, *, made: bool) -> None:
    """Takes away what this restore made, also where the database had to live elsewhere."""
    pointer = data / POSTGRES / POINTER
    if pointer.is_file():
        shutil.rmtree(Path(pointer.read_text(encoding="utf-8").strip()), ignore_errors=True)
    for entry in list(data.iterdir()):
        shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink()
    if made:
        data.rmdir()


def summary(manifest: Manifest, *, seconds: float) -> dict[str, Any]:
    """What the commands print."""
    return {
        "site": manifest.site,
        "made_ms": manifest.made_ms,
        "tables": len(manifest.database.tables),
        "rows": manifest.database.rows,
        "bytes": sum(f.bytes for f in manifest.all_files()),
        "secrets": sum(f.secret for f in manifest.files),
        "content": manifest.database.content,
        "left_out": [{"what": each.what, "why": each.why} for each in manifest.left_out],
        "seconds": round(seconds, 2),
    }


def now_ms() -> int:
    return time.time_ns() // 1_000_000
