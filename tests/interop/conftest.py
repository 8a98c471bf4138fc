"""What these tests need of the machine, or a word why they are skipped."""

from __future__ import annotations

import pytest

from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable


@pytest.fixture(scope="session")
def mosquitto() -> None:
    try:
        find_mosquitto()
    except BrokerUnavailable as error:
        pytest.skip(str(error))
