"""A hall starts, says where it is, survives the death of its parts, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from services.kernel.access import USER_ROLES
from ui.testing import STOP_WITHIN_S, RunningHall, eventually, open_folder

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

RESTART_WITHIN_S = 30.0
"""Three times what is promised on a quiet machine: tests run beside others."""
NOBODY = 65534

Start = Callable[..., RunningHall]
PlainUser = Callable[[Path], tuple[Path, dict[str, Any]]]


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Starts halls in this folder; whatever is left of them when the test ends is killed."""
    begun: list[RunningHall] = []

    def go(*words: str, **how: Any) -> RunningHall:
        given = words or demo(folder)
        begun.append(RunningHall(*given, folder=folder / f"run{len(begun)}", **how))
        return begun[-1]

    yield go
    for hall in begun:
        hall.kill()


def demo(folder: Path) -> tuple[str, ...]:
    return ("demo", "--json", "--port", "0", "--seed", "1", "--no-devices", "--data", str(folder / "d"))


@pytest.fixture(scope="module")
def standing(mosquitto: None) -> Iterator[RunningHall]:  # noqa: ARG001
    """One whose parts are killed one after the other; in the end it stops as if nothing had happened."""
    with open_folder() as folder:
        hall = RunningHall(*demo(folder), folder=folder / "run")
        try:
            hall.await_ready()
            yield hall
            assert hall.stop() <= STOP_WITHIN_S
        finally:
            hall.kill()


def problem(hall: RunningHall) -> dict[str, Any]:
    """What a hall that would not start said, and that its exit code was 6."""
    assert hall.process.wait(60) == 6, hall.said()
    found: dict[str, Any] = json.loads(hall.said().splitlines()[-1])
    return found


def healthy(document: dict[str, Any]) -> bool:
    import httpx2

    return httpx2.get(f"{document['api']}/health", timeout=5).status_code == 200


def test_the_ready_line_is_as_contracted_and_the_hall_answers_there(standing: RunningHall) -> None:
    document = standing.document
    assert document.keys() == {"url", "api", "logins", "broker", "database", "pids"}
    assert document["api"] == f"{document['url']}/api/v1"
    assert document["broker"].startswith("mqtt://")
    assert [p["role"] for p in document["logins"]] == list(USER_ROLES)
    assert all(p.keys() == {"role", "user", "password", "totp"} for p in document["logins"])
    assert document["pids"].keys() == {"launcher", "database", "broker", "server"}
    assert document["pids"]["launcher"] == standing.process.pid
    assert all(psutil.pid_exists(pid) for pid in document["pids"].values())
    assert healthy(document)
    with psycopg.connect(document["database"]) as conn:
        assert conn.execute("select count(*) > 500 from twin.device").fetchone() == (True,)


def broker_secret(folder: Path) -> str:
    """How the hall itself logs in at its broker."""
    (run,) = folder.rglob("run.json")
    return str(json.loads(run.read_text(encoding="utf-8"))["broker"]["password"])


def test_the_next_start_is_quick_and_has_the_same_logins_but_a_secret_of_its_own(
    start: Start, folder: Path, record_property: Callable[..., None]
) -> None:
    first = start()
    before = first.await_ready()
    secret = broker_secret(folder)
    first.stop()
    began = time.monotonic()
    second = start()
    after = second.await_ready()
    took_s = time.monotonic() - began
    record_property("restart_s", round(took_s, 1))
    assert took_s < RESTART_WITHIN_S
    assert after["logins"] == before["logins"]
    assert len({secret, broker_secret(folder)}) == 2
    second.stop()


def test_a_second_hall_on_the_same_data_is_told_who_holds_it(standing: RunningHall, start: Start) -> None:
    data = standing.out.parents[1]
    said = problem(start(*demo(data)))
    assert str(standing.process.pid) in said["detail"]
    assert said["where"] == str(data / "d")
    assert "--data" in said["todo"]
    assert healthy(standing.document)


def test_a_port_in_use_is_named_with_its_holder_and_what_to_do(start: Start, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = problem(start("demo", "--json", "--port", str(port), "--data", str(folder / "d")))
    assert f"port {port} is in use" in said["detail"]
    assert f"process {os.getpid()}" in said["detail"]
    assert "--port" in said["todo"]


def test_a_killed_server_answers_again_at_the_same_address(standing: RunningHall) -> None:
    document = standing.document
    os.kill(document["pids"]["server"], signal.SIGKILL)
    eventually(lambda: "server ended with -9" in standing.said(), what="word of the server's death")
    eventually(lambda: healthy(document), what="the same address answering again", within_s=40)


def test_a_killed_database_comes_back_with_all_it_promised(standing: RunningHall) -> None:
    document = standing.document
    with closing(standing.client("admin")) as admin:
        person = {"user": "kept", "password": "a long enough secret", "name": "Kept", "roles": ["clerk"]}
        assert admin.post("/accounts/users", json=person).status_code == 201
        os.kill(document["pids"]["database"], signal.SIGKILL)
        eventually(lambda: "died: starting it again" in standing.said(), what="word of the database's death")
        eventually(lambda: healthy(document), what="health", within_s=40)
        assert "kept" in [p["user"] for p in admin.get("/accounts/users").json()["people"]]


def test_a_killed_broker_comes_back(standing: RunningHall) -> None:
    document = standing.document
    os.kill(document["pids"]["broker"], signal.SIGKILL)
    host, _, port = document["broker"].rpartition("/")[2].rpartition(":")
    eventually(
        lambda: socket.create_connection((host, int(port)), 1).close() is None, what="the broker again", within_s=20
    )
    eventually(lambda: healthy(document), what="health", within_s=40)


@pytest.mark.parametrize("word", ["database: starting", "database: schema", "server: starting"])
def test_a_signal_while_starting_leaves_nothing(start: Start, word: str) -> None:
    hall = start()
    eventually(lambda: word in hall.said(), what=word, within_s=30)
    took_s = hall.stop()
    assert took_s <= STOP_WITHIN_S * 2
    assert hall.out.read_bytes() == b""


def test_a_killed_launcher_leaves_no_process(start: Start) -> None:
    hall = start()
    hall.await_ready()
    hall.process.kill()
    hall.process.wait()
    eventually(lambda: not hall.survivors(), what="the end of every process", within_s=20)


def test_the_whole_demo_comes_alive_and_ends_whoever_is_connected(start: Start, folder: Path) -> None:
    hall = start("demo", "--json", "--port", "0", "--seed", "1", "--data", str(folder / "d"))
    document = hall.await_ready()
    assert document["pids"].keys() == {"launcher", "database", "broker", "server", "simulators"}
    with closing(hall.client("manager")) as manager:
        eventually(
            lambda: all(device["online"] for device in manager.get("/devices").json()),
            what="every device online",
            within_s=40,
        )
    with hall.page("hall") as page:
        page.receive()
        host, _, port = document["url"].rpartition("/")[2].rpartition(":")
        with socket.create_connection((host, int(port))) as stream:
            stream.sendall(b"GET /api/v1/live/sse?view=hall HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in stream.recv(4096)
            assert hall.stop() <= STOP_WITHIN_S


def test_a_plain_user_runs_the_same_hall(start: Start, folder: Path, plain_user: PlainUser) -> None:
    home, how = plain_user(folder)
    hall = start("demo", "--json", "--port", "0", "--no-devices", "--data", str(home / "d"), **how)
    document = hall.await_ready()
    assert {psutil.Process(pid).uids().real for pid in document["pids"].values()} == {NOBODY}
    assert healthy(document)
    hall.stop()


def test_a_directory_that_cannot_be_written_is_named(start: Start, folder: Path) -> None:
    blocked = folder / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    said = problem(start("demo", "--json", "--port", "0", "--data", str(blocked / "d")))
    assert str(blocked) in said["where"]
