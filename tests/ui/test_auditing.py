"""What a hall itself puts on record: that it began and ended, and what it refused, however often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.kernel.audit import StoreAudit
from services.kernel.testing import FakeAudit, FakeClock, make_actor
from twin.store.audit_verify import verify_database
from twin.store.database import Database
from twin.testing import TestServer
from ui.auditing import Auditing
from ui.refusals import KINDS_MAX, PENDING_MAX, Refusals, is_worth_a_line


class NoTransactions:
    """A database that is there, or away."""

    def __init__(self) -> None:
        self.away = False

    def transaction(self) -> Any:
        return self

    def __enter__(self) -> Any:
        if self.away:
            raise ConnectionError

    def __exit__(self, *_: object) -> None:
        return


class Desk:
    def __init__(self) -> None:
        self.clock, self.audit, self.database = FakeClock(), FakeAudit(), NoTransactions()
        self.refusals = Refusals(
            database=self.database, audit=self.audit, site="test", now_ms=self.clock, mark=lambda address: f"m{address}"
        )  # fmt: skip

    def refuse(self, path: str = "/api/v1/audit", *, times: int = 1, who: str = "user:1") -> None:
        for _ in range(times):
            self.refusals.happened(
                make_actor(id=who), address="10.0.0.7", method="GET", path=path, status=403
            )  # fmt: skip

    def told(self) -> list[tuple[str, str, Any]]:
        """What was written since it was last asked."""
        lines = [(line.actor.id, line.target, dict(line.after or {})) for line in self.audit.lines]
        self.audit.lines.clear()
        return lines


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_first_is_told_at_once_and_the_others_as_a_number_after_a_minute(desk: Desk) -> None:
    desk.refuse(times=500)
    desk.refusals.flush()
    assert desk.told() == [("user:1", "GET /api/v1/audit", {"status": 403, "from": "m10.0.0.7"})]
    desk.refuse(times=7)
    desk.refusals.flush()
    assert desk.told() == []
    desk.clock.advance_s(61)
    desk.refusals.flush()
    assert desk.told() == [("user:1", "GET /api/v1/audit", {"status": 403, "from": "m10.0.0.7", "again": 506})]
    desk.refuse()
    desk.refusals.flush()
    assert len(desk.told()) == 1


def test_a_flood_of_different_ones_costs_few_lines(desk: Desk) -> None:
    for n in range(5_000):
        desk.refuse(f"/api/v1/accounts/users/{n}")
    desk.refusals.flush(end=True)
    lines = desk.told()
    assert len(lines) == KINDS_MAX + 1
    assert lines[-1] == ("visitor", "others", {"times": 5_000 - KINDS_MAX})


def test_nothing_is_lost_and_little_is_kept_while_the_database_is_away(desk: Desk) -> None:
    desk.database.away = True
    for minute in range(20):
        for n in range(100):
            desk.refuse(f"/api/v1/x/{minute}/{n}")
        desk.clock.advance_s(61)
        with pytest.raises(ConnectionError):
            desk.refusals.flush()
    desk.database.away = False
    desk.refusals.flush(end=True)
    lines = desk.told()
    assert len(lines) <= PENDING_MAX + KINDS_MAX
    counted = sum(after.get("times", after.get("again", 1)) for _, _, after in lines)
    assert counted == 2_000


def test_numbers_of_people_in_a_path_are_masked(desk: Desk) -> None:
    desk.refuse("/api/v1/people/13912345678")
    desk.refusals.flush()
    ((_, target, _),) = desk.told()
    assert "13912345678" not in target


@pytest.mark.parametrize(
    ("status", "path", "bearer", "worth"),
    [
        (403, "/api/v1/audit", False, True),
        (429, "/api/v1/session", False, True),
        (429, "/api/v1/routes", False, False),
        (401, "/api/v1/devices", True, True),
        (401, "/api/v1/devices", False, False),
        (404, "/api/v1/devices", False, False),
    ],
)
def test_what_is_worth_a_line(status: int, path: str, bearer: bool, worth: bool) -> None:
    assert is_worth_a_line(status, path=path, bearer=bearer) is worth


@pytest.fixture
def own(server: TestServer) -> Iterator[Database]:
    with server.database(plain=True) as url:
        database = Database(url)
        database.migrate()
        yield database
        database.close()


@pytest.mark.integration
def test_a_hall_says_that_it_began_that_it_ended_and_how_it_ended_before(own: Database, tmp_path: Path) -> None:
    clock = FakeClock()

    def auditing() -> Auditing:
        return Auditing(
            database=own, audit=StoreAudit(now_ms=clock), home=tmp_path, site="test", now_ms=clock, mark=lambda a: a,
            tell=lambda _: None,
        )  # fmt: skip

    for clean in (True, False, True):
        hall = auditing()
        hall.start()
        hall.refusals.happened(make_actor(), address="x", method="GET", path="/api/v1/audit", status=403)
        if clean:
            hall.stop()
        else:
            hall._ticker.stop()  # it was killed: what it had to say at its end is not said
            hall._stopping.set()
            hall._asked.set()
    with own.transaction() as conn:
        lines = conn.execute("select action, after ->> 'ended_before' from audit.line order by id").fetchall()
        waiting = conn.execute("select count(*) from audit.waiting").fetchone()
    starts = [ended for action, ended in lines if action == "hall.start"]
    assert starts == [None, "true", "false"]
    assert lines[-1][0] == "hall.stop"
    assert [action for action, _ in lines].count("request.refused") >= 2
    assert waiting == (0,)
    verdict = verify_database(own, files=hall.sealer.files, trusted=hall.sealer.public_key, now_ms=clock)
    assert verdict is not None
    assert (verdict.ok, verdict.lines) == (True, len(lines))


@pytest.mark.integration
def test_a_hall_goes_on_with_a_new_key_and_old_heads_still_count(own: Database, tmp_path: Path) -> None:
    clock = FakeClock()
    for name in ("first", "second"):
        hall = Auditing(
            database=own, audit=StoreAudit(now_ms=clock), home=tmp_path / name, site="test", now_ms=clock,
            mark=lambda a: a, tell=lambda _: None,
        )  # fmt: skip
        hall.start()
        hall.stop()
    verdict = verify_database(own, files=hall.sealer.files, trusted=hall.sealer.public_key, now_ms=clock)
    assert verdict is not None
    assert verdict.defects == ()
