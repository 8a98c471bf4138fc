"""Fixtures that several packages share: one real database a run, the embedded one unless a URL is given."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys come last: while their browser is driven, an event loop runs that others would stumble over."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The owner's URL of a database that only this run uses; HALLTWIN_TEST_DATABASE names a server of one's own."""
    if given := os.environ.get("HALLTWIN_TEST_DATABASE"):
        yield given
        return
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    """Migrated for the twin; a folder of tests adds its own package by ``database.migrate`` again.

    Tests do not clean up: each takes a site of its own.
    """
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()
