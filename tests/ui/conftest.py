"""One running hall for all tests of this folder that only use it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable
from twin.testing import TestServer
from ui.cli.main import main
from ui.testing import ROOT, DemoHall, demo_hall, open_folder
from ui.testing_inside import InsideHall, inside_hall


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


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a hall of the test's own can be."""
    with open_folder() as path:
        yield path


@pytest.fixture(scope="session")
def hall(mosquitto: None) -> Iterator[DemoHall]:  # noqa: ARG001
    with demo_hall() as running:
        yield running


@pytest.fixture(scope="session")
def inside(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InsideHall]:
    """A hall in this process, for tests that leave it as it comes."""
    with server.database() as url, inside_hall(url, tmp_path_factory.mktemp("inside")) as running:
        yield running


Enrol = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def enrol(hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> Enrol:
    """``halltwin enrol`` with these words: the exit code, and what it said on both ends, decoded."""

    def go(*words: str) -> tuple[int, Any, Any]:
        code = main(["enrol", *words, "--json", "--data", str(hall.data)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, json.loads(err) if err else None

    return go


NOBODY = 65534


@pytest.fixture
def plain_user() -> Callable[[Path], tuple[Path, dict[str, Any]]]:
    """A home in this folder, and how ``RunningHall`` is run by the plain user whose home it is."""
    if os.geteuid() != 0:
        pytest.skip("the tests run as a plain user already")
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv not found")

    def settle(folder: Path) -> tuple[Path, dict[str, Any]]:
        home = folder / "home"
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        python, env = python_of_anybody(become)
        return home, {"prefix": become, "python": python, "env": {**env, "HOME": str(home)}}

    return settle


def python_of_anybody(become: list[str]) -> tuple[str, dict[str, str]]:
    """An interpreter that a plain user may run, and what it needs to find our packages; skips where there is none."""
    system = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
    probe = "import subprocess, sys, ui.cli.main; sys.exit(subprocess.call([sys.executable, '-c', '']))"
    for python, env in ((sys.executable, {}), (system, {"PYTHONPATH": sysconfig.get_paths()["purelib"]})):
        env = {**env, "PYTHONDONTWRITEBYTECODE": "1"}  # noqa: PLW2901 - completed
        words = [*become, python or "false", "-c", probe]
        if not subprocess.run(words, cwd=ROOT, env={**os.environ, **env}, capture_output=True, check=False).returncode:
            return python or "", env
    pytest.skip("a plain user can run no Python of this version, or cannot read this repository")
