"""``halltwin backup`` of a hall at work, ``halltwin restore`` elsewhere: that hall starts and shows the same."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client

from services.kernel.vault import SealedVault, load_master_key
from twin.store.database import Connection, Database
from ui.cli.main import main
from ui.testing import ROOT, DemoHall, Device, RunningHall, eventually

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("mosquitto")]

EVERY_S = 0.05
Halltwin = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def halltwin() -> Halltwin:
    """The command as a process of its own: it gives way to others, and that is for good."""

    def go(*words: str, **how: Any) -> tuple[int, Any, Any]:
        command = [sys.executable, "-m", "ui.cli", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **how)
        said = done.stderr.splitlines()
        out = json.loads(done.stdout) if done.stdout else None
        return done.returncode, out, json.loads(said[-1]) if done.returncode and said else None

    return go


@pytest.fixture
def speaking(hall: DemoHall) -> Iterator[Device]:
    """A device that reports all the time."""
    stop = threading.Event()
    with hall.join(hall.keys("climate_sensor")[0]) as device:

        def report() -> None:
            n = 0
            while not stop.wait(EVERY_S):
                n += 1
                device.report(temperature=20 + n % 10)

        speaker = threading.Thread(target=report)
        speaker.start()
        try:
            yield device
        finally:
            stop.set()
            speaker.join()


def latest(client: Client, key: str) -> Any:
    return client.get(f"/devices/{key}").json()["values"]


def told(client: Client, key: str) -> list[list[Any]]:
    points: list[list[Any]] = client.get(f"/devices/{key}/history", params={"point": "temperature"}).json()["points"]
    return points


@contextmanager
def opened(url: str, data: Path) -> Iterator[tuple[SealedVault, Connection]]:
    """The vault of the hall in this folder, and a transaction of its database."""
    key = load_master_key(data / "vault.key", os.urandom)
    database = Database(url)
    try:
        with database.transaction() as conn:
            yield SealedVault(site="shifanqu", master_key=key, random=os.urandom), conn
    finally:
        database.close()


def seal_names(hall: DemoHall) -> list[str]:
    with opened(hall.document["database"], hall.data) as (vault, conn):
        people = (("user:ada", "张小三"), ("user:bob", "王五"))
        return [vault.seal(conn, subject=subject, field="name", text=name) for subject, name in people]


def erase(hall: DemoHall, subject: str) -> None:
    """And wait until the hall has written it down outside of its database."""
    with opened(hall.document["database"], hall.data) as (vault, conn):
        vault.erase(conn, subject)
    eventually(lambda: subject in (hall.data / "erased.journal").read_text(), what="the journal of erasures")


def test_a_hall_at_work_comes_back_elsewhere(
    hall: DemoHall, speaking: Device, halltwin: Halltwin, folder: Path
) -> None:
    backup, new = folder / "backup", folder / "new"
    ada, bob = seal_names(hall)
    seen = eventually(lambda: latest(hall.as_("manager"), speaking.key), what="its first value")
    code, made, _ = halltwin("backup", str(backup), "--data", str(hall.data))
    assert code == 0
    assert eventually(lambda: latest(hall.as_("manager"), speaking.key) != seen, what="ingest going on")
    for path in [backup, *backup.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path

    erase(hall, "user:ada")
    code, came, _ = halltwin("restore", str(backup), "--data", str(new))
    assert code == 0
    assert came["todo"] == []
    assert came["content"] == made["content"]
    assert came["rows"] == made["rows"]
    for name in ("vault.key", "devices.json"):
        assert (new / name).read_bytes() == (hall.data / name).read_bytes()
        assert stat.S_IMODE((new / name).stat().st_mode) == 0o600

    restored = RunningHall(
        "demo", "--json", "--port", "0", "--seed", "1", "--no-devices", "--data", str(new), folder=folder / "run"
    )
    try:
        restored.await_ready()
        with closing(restored.client("manager")) as client:
            shown, history = latest(client, speaking.key), told(client, speaking.key)
        assert history
        assert history[-1] == [shown["temperature"]["ts_ms"], shown["temperature"]["value"]]
        ours = [point for point in told(hall.as_("manager"), speaking.key) if point[0] <= history[-1][0]]
        assert ours[-len(history) :] == history
        # The backup holds her key and the one it is wrapped with; she was erased after it was made.
        with opened(restored.document["database"], new) as (vault, conn):
            assert vault.open_many(conn, [ada, bob]) == [None, "王五"]
        restored.stop()
    finally:
        restored.kill()

    # What was stopped is backed up as well, with what waited for the database.
    waiting = new / "spool" / "readings" / "waiting"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.write_bytes(b"acknowledged")
    code, again, _ = halltwin("backup", str(folder / "again"), "--data", str(new), "--no-secrets")
    assert (code, again["secrets"]) == (0, 0)
    assert not (folder / "again" / "secrets").exists()
    assert {"what": "vault.key", "why": "secrets were to be left out"} in again["left_out"]
    assert (folder / "again" / "spool" / "readings" / "waiting").read_bytes() == b"acknowledged"


def test_where_it_may_not_go(hall: DemoHall, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    taken = folder / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine")
    for words in (["restore", str(taken)], ["restore", str(folder / "nothing"), "--data", str(folder / "x")]):
        code = main(words)
        assert code in {2, 4}
        assert json.loads(capsys.readouterr().err.splitlines()[-1])["detail"]
    assert not (folder / "x").exists()
    assert (taken / "thesis.txt").read_text() == "mine"
    assert hall.data.exists()


def test_a_full_disk_is_told_and_nothing_half_made_is_left(hall: DemoHall, halltwin: Halltwin, folder: Path) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    code, _, problem = halltwin("backup", str(folder / "b"), "--data", str(hall.data), preexec_fn=small)
    assert (code, problem["status"]) == (6, 6)
    assert "no room" in problem["title"]
    assert list(folder.iterdir()) == []


def test_a_damaged_backup_is_refused_before_anything_is_made(hall: DemoHall, halltwin: Halltwin, folder: Path) -> None:
    code, _, _ = halltwin("backup", str(folder / "b"), "--data", str(hall.data))
    assert code == 0
    key = folder / "b" / "secrets" / "vault.key"
    content = key.read_bytes()
    key.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    for words in (["--check"], ["--data", str(folder / "new")]):
        code, _, problem = halltwin("restore", str(folder / "b"), *words)
        assert code == 4
        assert problem["where"] == str(key)
    assert not (folder / "new").exists()
    code, came, _ = halltwin("restore", str(folder / "b"), "--data", str(folder / "new"), "--no-secrets")
    assert code == 0
    assert "vault.key" in came["todo"][0]
    assert not (folder / "new" / "vault.key").exists()
