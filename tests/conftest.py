"""Fixtures that several packages share: one real server and database a run, embedded unless a URL is given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twin.store.database import Database
from twin.testing import TestServer, is_given, throwaway_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The journeys come last: while their browser is driven, an event loop runs that others would stumble over."""
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    """One for all tests that only use it."""
    with throwaway_server() as running:
        yield running


@pytest.fixture(scope="session")
def database_url(server: TestServer) -> Iterator[str]:
    """The owner's URL of a database that only this run uses; HALLTWIN_TEST_DATABASE names a server of one's own."""
    if is_given():
        yield server.url
        return
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def database(database_url: str) -> Iterator[Database]:
    """Migrated for the twin; a folder of tests adds its own package by ``database.migrate`` again.

    Tests do not clean up: each takes a site of its own.
    """
    database = Database(database_url)
    database.migrate()
    yield database
    database.close()
