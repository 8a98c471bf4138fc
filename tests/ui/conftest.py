"""One running hall for all tests of this folder that only use it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable
from ui.cli.main import main
from ui.testing import STOP_WITHIN_S, DemoHall


@pytest.fixture(scope="session", autouse=True)
def cache_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What commands keep of files they read is not kept in a person's home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def mosquitto() -> None:
    try:
        find_mosquitto()
    except BrokerUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def hall(mosquitto: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:  # noqa: ARG001
    folder = tmp_path_factory.mktemp("hall")
    running = DemoHall(folder)
    try:
        running.await_ready()
        yield running
        assert running.stop() <= STOP_WITHIN_S
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)


Enrol = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def enrol(hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> Enrol:
    """``halltwin enrol`` with these words: the exit code, and what it said on both ends, decoded."""

    def go(*words: str) -> tuple[int, Any, Any]:
        code = main(["enrol", *words, "--json", "--data", str(hall.data)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, json.loads(err) if err else None

    return go
