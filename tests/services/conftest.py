"""What the tests of the services share: the tables of the kernel, and a site of one's own."""

from __future__ import annotations

import itertools
import secrets

import pytest

from services.kernel.modules import migration_sets
from services.kernel.testing import FakeClock
from twin.store.database import Database

_RUN, _NUMBERS = secrets.token_hex(4), itertools.count()


@pytest.fixture(scope="session")
def kernel_database(database: Database) -> Database:
    database.migrate(migration_sets(()))
    return database


@pytest.fixture
def site() -> str:
    """One a test and run: what another test, or the same one yesterday, wrote is never in the way."""
    return f"test-{_RUN}-{next(_NUMBERS)}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
