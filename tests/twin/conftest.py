"""One empty migrated database a test, one small running hall."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from twin.store import postgres, postgres_home
from twin.store.database import Database
from twin.store.migrations import OLDEST
from twin.testing import RunningHall, TestServer, is_given, throwaway_server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("oldest"):
        metafunc.parametrize("database", ["server", "oldest_server"], indirect=True)


@pytest.fixture(scope="session")
def oldest_server() -> Iterator[TestServer]:
    """The oldest PostgreSQL we promise, where the embedded one's package carries it beside the newest."""
    programs = postgres_home.find_programs().with_name("pginstall")
    if is_given():
        pytest.skip("the tests run on a server that was named")
    if not (programs / "bin" / "postgres").is_file():
        pytest.skip(f"no PostgreSQL {OLDEST} comes with the embedded one")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(postgres_home, "find_programs", lambda: programs)
            patch.setattr(postgres, "MAJOR", OLDEST)
            running = stack.enter_context(throwaway_server())
        yield running


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    server: TestServer = request.getfixturevalue(getattr(request, "param", "server"))
    with server.database() as url:
        yield from migrated(url)


@pytest.fixture
def plain(server: TestServer) -> Iterator[Database]:
    """Without TimescaleDB, also where the server has it."""
    with server.database(plain=True) as url:
        yield from migrated(url)


def migrated(url: str) -> Iterator[Database]:
    database = Database(url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def hall(database: Database) -> Iterator[RunningHall]:
    running = RunningHall(database)
    yield running
    running.twin.stop()
