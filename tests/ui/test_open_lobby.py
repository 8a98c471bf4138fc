"""The open lobby of a running hall: a factory-fresh device knocks unasked, waits, is let in and comes back."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from ui.cli.main import main
from ui.testing import RunningHall, eventually, open_folder

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

SITE = "shifanqu"
ONE, TWO, THREE = (f"lobby-{letter * 26}" for letter in "abc")


@pytest.fixture(scope="module")
def open_hall(mosquitto: None) -> Iterator[RunningHall]:  # noqa: ARG001
    with open_folder() as folder:
        (folder / "hall.toml").write_text("[broker]\nopen_lobby = true\n")
        words = ("demo", "--json", "--port", "0", "--no-devices", "--config", str(folder / "hall.toml"))
        hall = RunningHall(*words, "--data", str(folder / "d"), folder=folder / "run")
        try:
            hall.await_ready()
            yield hall
            hall.stop()
        finally:
            hall.kill()


@pytest.fixture(scope="module")
def admin(open_hall: RunningHall) -> Iterator[Any]:
    client = open_hall.client("admin")
    yield client
    client.close()


Knock = Callable[..., None]


@contextmanager
def fresh(admin: Any, client_id: str) -> Iterator[tuple[Knock, queue.Queue[Any]]]:
    """A device that knows nothing but an address."""
    heard: queue.Queue[Any] = queue.Queue()
    ready: list[bool] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.on_message = lambda _c, _d, m: heard.put(json.loads(m.payload))
    client.on_connect = lambda c, *_: c.subscribe(f"ht/v1/{SITE}/lobby/{client_id}/answer", 1)
    client.on_subscribe = lambda *_: ready.append(True)
    host, _, port = admin.get("/admission").json()["lobby"].rpartition("/")[2].rpartition(":")
    client.connect(host, int(port))
    client.loop_start()
    eventually(lambda: ready, what="hearing from the lobby")

    def knock(**said: Any) -> None:
        client.publish(f"ht/v1/{SITE}/lobby/{client_id}/knock", json.dumps(said), qos=1).wait_for_publish(10)

    yield knock, heard
    client.disconnect()
    client.loop_stop()


def hears(knock: Knock, heard: queue.Queue[Any]) -> Any:
    """What it hears, knocking again every two seconds as devices do."""

    def answer() -> Any:
        try:
            return heard.get(timeout=2)
        except queue.Empty:
            knock()
            return None

    return eventually(answer, what="an answer")


def waiting(admin: Any, user: str) -> dict[str, Any] | None:
    return next((g for g in admin.get("/admission/lobby").json()["guests"] if g["user"] == user), None)


def test_it_waits_is_seen_for_what_it_says_and_comes_back_with_a_name(open_hall: RunningHall, admin: Any) -> None:
    with fresh(admin, ONE) as (knock, heard):
        knock(kind="leak_sensor", model="Drip 3", serial="SN-1")
        assert heard.get(timeout=5) == {"status": "waiting"}
        guest = eventually(lambda: (g := waiting(admin, ONE)) and g["address"] and g, what="its address")
        assert (guest["unasked"], guest["address"], guest["knocks"]) == (True, "127.0.0.1", 1)
        assert guest["said"] == {"kind": "leak_sensor", "model": "Drip 3", "firmware": "", "serial": "SN-1"}
        assert guest["created_ms"] <= guest["knocked_ms"]
        let_in = {"key": "FRESH-1", "kind": "leak_sensor", "why": "unpacked it myself"}
        assert admin.post(f"/admission/lobby/{ONE}/approve", json=let_in).status_code == 204
        credential = heard.get(timeout=10)
        assert (credential["status"], credential["user"]) == ("approved", "FRESH-1")
        assert credential["broker"] == open_hall.document["broker"]
        with open_hall.device("FRESH-1", credential) as device:
            device.report(wet=False)
            eventually(lambda: admin.get("/devices/FRESH-1").json()["values"].get("wet"), what="its value")
        knock(taken=True)
        eventually(lambda: waiting(admin, ONE) is None, what="its end in the lobby")


def test_who_is_sent_away_is_told_so_and_not_shown_again(admin: Any) -> None:
    with fresh(admin, TWO) as (knock, heard):
        knock(serial="SN-2")
        assert heard.get(timeout=5) == {"status": "waiting"}
        assert admin.delete(f"/admission/lobby/{TWO}").status_code == 204
        assert heard.get(timeout=5) == {"status": "dismissed"}
        assert hears(knock, heard) == {"status": "dismissed"}
        assert waiting(admin, TWO) is None


def test_from_the_command_line_it_hears_its_credential_when_it_knocks_next(
    open_hall: RunningHall, admin: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    data = str(Path(open_hall.out).parent.parent / "d")

    def lobby(*words: str) -> Any:
        capsys.readouterr()
        code = main(["lobby", *words, "--data", data])
        out, err = capsys.readouterr()
        return code, json.loads(out or err)

    with fresh(admin, THREE) as (knock, heard):
        knock(kind="ups", serial="SN-3")
        assert heard.get(timeout=5) == {"status": "waiting"}
        assert THREE in {guest["user"] for guest in lobby()[1]["guests"]}
        assert lobby("approve", THREE)[0] == 2, "it must be said which device it is"
        assert lobby("approve", THREE, "--as", "FRESH-3", "--kind", "toaster")[0] == 2
        code, told = lobby("approve", THREE, "--as", "FRESH-3", "--kind", "ups")
        assert (code, told["device"]) == (0, "FRESH-3")

        knock(kind="ups", serial="SN-3")
        eventually(lambda: hears(knock, heard)["status"] == "approved", what="its credential")
        eventually(lambda: admin.get("/devices/FRESH-3").status_code == 200, what="the device in the hall")


def test_a_name_that_could_be_guessed_is_not_heard(admin: Any) -> None:
    with fresh(admin, "lobby-short") as (knock, heard), fresh(admin, f"lobby-{'d' * 26}") as (other, answer):
        knock(serial="SN-4")
        other(serial="SN-5")
        assert hears(other, answer) == {"status": "waiting"}
        assert heard.empty()
        assert waiting(admin, "lobby-short") is None
        reasons = {s["reason"] for s in admin.get("/admission/lobby").json()["strangers"]}
        assert "client_id" in reasons
