"""A broker of its own for each test module that needs one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import hash_password
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.errors import BrokerUnavailable

SITE = "shifanqu"
USERS = {name: hash_password(f"{name}-pw", b"0123456789ab") for name in ("hall", "UPS-1", "UPS-2", "DOOR-01", "GW-1")}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    own = MosquittoBroker(tmp_path / "broker", BrokerSettings(site=SITE, port=0))
    own.set_users(USERS, {"GW-1": ["UPS-1"]})
    own.start()
    yield own
    own.stop()
