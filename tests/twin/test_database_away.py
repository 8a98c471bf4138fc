"""The database is stopped, killed or full: the hall goes on, and what was said meanwhile is there afterwards, once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from iot.messages import CommandAck, DeviceEvent
from tests.suspended import suspended
from twin.errors import DatabaseUnavailable
from twin.spool import SpoolPlace
from twin.store.audit import list_lines
from twin.store.database import Database
from twin.store.postgres import EmbeddedPostgres
from twin.testing import SITE, RunningHall, telemetry, wait_until

pytestmark = pytest.mark.integration
T1 = f"{SITE}:device:T-1"


class Server:
    """A server of its own that can be stopped and killed."""

    def __init__(self, postgres: EmbeddedPostgres) -> None:
        self.postgres = postgres
        self.database = Database(postgres.url)

    def stopped(self) -> AbstractContextManager[None]:
        """It takes connections and what is said on them, and answers nothing."""
        return suspended(self.postgres.health.pid)

    @contextmanager
    def takes_no_readings(self) -> Iterator[None]:
        """It answers, but whoever records waits."""
        with self.database.transaction() as conn:
            conn.execute("lock table twin.reading in exclusive mode")
            yield

    @contextmanager
    def killed(self) -> Iterator[None]:
        """It cannot start again for as long as this lasts."""
        file = self.postgres.home.cluster / "postgresql.conf"
        hidden = file.with_suffix(".hidden")
        file.rename(hidden)
        assert self.postgres.health.pid is not None
        os.kill(self.postgres.health.pid, signal.SIGKILL)
        try:
            yield
        finally:
            hidden.rename(file)


@pytest.fixture
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("away")
    for path in (folder, folder.parent):
        path.chmod(0o711)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    server = Server(postgres)
    server.database.migrate()
    yield server
    server.database.close()
    postgres.stop()


@pytest.fixture
def place(tmp_path: Path) -> SpoolPlace:
    return SpoolPlace(folder=tmp_path / "spool")


def tell(hall: RunningHall, seq: int, value: float) -> None:
    """A reading, acknowledged."""
    receipt = hall.wire.receive(telemetry("T-1", {"temperature": value}, seq=seq, ts_ms=hall.clock() + seq))
    wait_until(lambda: receipt in hall.wire.acknowledged)


def is_home(hall: RunningHall) -> bool:
    return hall.twin.absence() is None


def temperatures(hall: RunningHall) -> list[float | str]:
    return [value for _, value in hall.twin.history(T1, "temperature", since_ms=0)]


def live_through(hall: RunningHall) -> None:
    """Everything that people are told, with the database away."""
    twin = hall.twin
    tell(hall, 2, 20.2)
    assert hall.value("T-1", "temperature") == 20.2
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1))
    wait_until(lambda: [a["type"] for a in twin.alarms.list_open()] == ["on_battery"], timeout_s=20)
    (alarm,) = twin.alarms.list_open()
    assert twin.alarms.acknowledge(alarm["id"], actor="officer")["state"] == "acknowledged"
    hall.wire.receive(telemetry("UPS-1", {"on_battery": False}, seq=2))
    wait_until(lambda: not twin.alarms.list_open())
    command = twin.commands.send("SCR-1", "show_text", {"text": "停"}, actor="officer", key="once")
    wait_until(lambda: [r.id for r in hall.wire.sent if r.name == "show_text"] == [command.id])
    assert twin.commands.send("SCR-1", "show_text", {"text": "停"}, actor="officer", key="once").id == command.id
    hall.wire.receive(CommandAck(device="SCR-1", id=command.id, status="done", ts_ms=hall.clock()))
    event = hall.wire.receive(DeviceEvent(device="D-1", type="opened", id="e1", ts_ms=1, seq=1, boot=1, data={}))
    wait_until(lambda: event in hall.wire.acknowledged)
    tell(hall, 3, 20.3)
    absence = twin.absence()
    assert absence is not None
    assert absence.since_ms is not None
    assert absence.readings >= 4
    assert absence.jobs >= 6
    with pytest.raises(DatabaseUnavailable):
        twin.alarms.history()


def all_is_there(hall: RunningHall, told: Sequence[float] = (20.1, 20.2, 20.3)) -> None:
    """What ``live_through`` did, once, with its audit lines."""
    twin = hall.twin
    assert temperatures(hall) == list(told)
    (alarm,) = twin.alarms.history()
    assert (alarm["state"], alarm["acked_by"]) == ("closed", "officer")
    (command,) = twin.commands.list_recent()
    assert command.name == "show_text"
    assert [(wish["value"], wish["command"]) for wish in twin.drift.list_wanted()] == [("停", command.id)]
    assert len(twin.events()) == 1
    with twin.database.transaction() as conn:
        assert conn.execute("select value, command from twin.desired").fetchall() == [("停", command.id)]
        acts = [(line["action"], line["actor"]) for line in list_lines(conn)]
    assert acts.count(("alarm.acknowledge", "officer")) == 1
    assert acts.count(("command.queued", "officer")) == 1
    assert twin.committer.refused == twin.committer.failed == 0


def begin(server: Server, place: SpoolPlace) -> RunningHall:
    hall = RunningHall(server.database, spool=place)
    hall.online("SCR-1")
    tell(hall, 1, 20.1)
    return hall


def test_a_database_that_hangs_holds_up_nobody(away: Server, place: SpoolPlace) -> None:
    hall = begin(away, place)
    try:
        with away.stopped():
            live_through(hall)
        wait_until(lambda: is_home(hall), timeout_s=20)
        all_is_there(hall)
        tell(hall, 4, 20.4)
        assert temperatures(hall) == [20.1, 20.2, 20.3, 20.4]
    finally:
        hall.twin.stop()


def test_a_database_that_was_killed_is_brought_up_to_date(away: Server, place: SpoolPlace) -> None:
    hall = begin(away, place)
    try:
        with away.killed():
            live_through(hall)
        wait_until(lambda: is_home(hall), timeout_s=60)
        all_is_there(hall)
    finally:
        hall.twin.stop()


def test_a_hall_that_ends_meanwhile_serves_at_once_and_brings_it_in_behind(away: Server, place: SpoolPlace) -> None:
    hall = begin(away, place)
    with away.stopped():
        live_through(hall)
        hall.twin.stop()
    with away.takes_no_readings():
        later = RunningHall(away.database, spool=place)
        absence, past = later.twin.absence(), later.twin.past.state_at(later.clock())
        assert later.value("T-1", "temperature") == 20.3
        assert not later.twin.alarms.list_open()
        for seq, value in ((3, 99.0), (4, 20.4)):
            later.wire.receive(telemetry("T-1", {"temperature": value}, seq=seq, ts_ms=later.clock() + seq))
        wait_until(lambda: later.value("T-1", "temperature") == 20.4)
        assert later.twin.registry.counters("T-1").duplicates == 1, "what is on the disk was seen"
        assert absence is not None
        assert (absence.since_ms, absence.jobs, absence.readings >= 4) == (None, 0, True), "it is being brought in"
        assert not past.known, "nobody guesses what is not recorded yet"
    try:
        wait_until(lambda: is_home(later), timeout_s=20)
        all_is_there(later, [20.1, 20.2, 20.3, 20.4])
        assert later.twin.past.state_at(later.clock()).known
    finally:
        later.twin.stop()
    assert not any((place.folder / "readings").iterdir())
