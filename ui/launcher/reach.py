"""The database of a hall's directory, whether the hall runs or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from twin.store.postgres import DATABASE, OWNER, EmbeddedPostgres
from ui.launcher.datadir import DataDirectory
from ui.problems import NeedsAttention
from ui.run_settings import RunSettings, read_run_settings

POSTGRES = "postgres"
"""The folder of our own server in a data directory."""


@contextmanager
def reach_database(data: Path, *, tell: Callable[[str], None]) -> Iterator[RunSettings]:
    """How the hall of this folder was last run, with its database up: our own is started where the hall is not."""
    run_file = data / "run.json"
    if not run_file.exists():
        raise NeedsAttention(
            what="no hall has run from this directory",
            where=str(data),
            todo="Name the directory of the hall with --data DIR.",
        )
    run = read_run_settings(run_file)
    if DataDirectory.find_holder(data) is not None or not _is_own(run.database):
        yield run
        return
    folder, server = DataDirectory(data), EmbeddedPostgres(data / POSTGRES, tell=tell)
    try:
        server.start()
        yield run
    finally:
        server.stop()
        folder.close()


def _is_own(url: str) -> bool:
    parts = conninfo_to_dict(url)
    return parts.get("user") == OWNER and parts.get("dbname") == DATABASE and str(parts.get("host", "")).startswith("/")
