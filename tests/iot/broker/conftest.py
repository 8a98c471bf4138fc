"""A broker of ours of either kind, for what must hold on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.embedded import EmbeddedBroker
from iot.broker.mosquitto import BrokerProcess, MosquittoBroker, find_mosquitto
from iot.errors import BrokerUnavailable

USERS = {n: hash_password(f"{n}-pw", b"0123456789ab") for n in ("hall", "UPS-1", "UPS-2", "DOOR-01", "GW-1")}


@pytest.fixture(params=[MosquittoBroker, EmbeddedBroker])
def kind(request: pytest.FixtureRequest) -> type[BrokerProcess]:
    found: type[BrokerProcess] = request.param
    if found is MosquittoBroker:
        try:
            find_mosquitto()
        except BrokerUnavailable as absent:
            pytest.skip(str(absent))
    return found


@pytest.fixture
def either(tmp_path: Path, kind: type[BrokerProcess]) -> Iterator[BrokerProcess]:
    """Started, watched; each user's password is its name and ``-pw``; GW-1 speaks for UPS-1."""
    own = kind(tmp_path / "broker", BrokerSettings(site="shifanqu", port=0, watched=True))
    own.set_users(USERS, {"GW-1": ["UPS-1"]})
    own.start()
    yield own
    own.stop()
