"""What the tests of the services share: the tables of the kernel, and a site of one's own."""

from __future__ import annotations

import itertools

import pytest

from services.kernel.modules import migration_sets
from services.kernel.testing import FakeClock
from twin.store.database import Database

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def kernel_database(database: Database) -> Database:
    database.migrate(migration_sets(()))
    return database


@pytest.fixture
def site() -> str:
    """One a test: what another test wrote is never in the way."""
    return f"test{next(_NUMBERS)}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
