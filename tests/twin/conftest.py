"""One server for all tests of the twin, one empty migrated database a test, one small running hall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from twin.store.database import Database
from twin.testing import RunningHall, TestServer, throwaway_server


@pytest.fixture(scope="session")
def server() -> Iterator[TestServer]:
    with throwaway_server() as running:
        yield running


@pytest.fixture
def database(server: TestServer) -> Iterator[Database]:
    with server.database() as url:
        database = Database(url)
        database.migrate()
        yield database
        database.close()


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    yield running
    running.twin.stop()
