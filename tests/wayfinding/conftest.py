"""Profiles, and the reference hall compiled once for all tests of ways."""

from collections.abc import Mapping

import pytest

from building.formats import open_building
from building.model import Building
from wayfinding import Profile, Router, compile_network, load_profiles


@pytest.fixture(scope="session")
def profiles() -> Mapping[str, Profile]:
    return load_profiles()


@pytest.fixture(scope="session")
def hall() -> Building:
    return open_building("reference")


@pytest.fixture(scope="session")
def hall_router(hall: Building) -> Router:
    return Router(compile_network(hall))
