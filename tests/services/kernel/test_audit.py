import pytest

from services.kernel.audit import Audit, StoreAudit
from services.kernel.testing import FakeAudit, FakeClock, NoDatabase, make_actor
from twin.store import audit as lines
from twin.store.database import Database


def record(audit: Audit, database: Database | NoDatabase, site: str) -> None:
    with database.transaction() as conn:
        audit.record(
            conn,
            actor=make_actor(id="user:li", site=site),
            action="door.lock",
            target=f"{site}:device:DOOR-01",
            before={"lock_state": "unlocked"},
            after={"lock_state": "locked"},
            why="闭馆",
        )


@pytest.mark.integration
def test_a_line_says_who_what_when_where_before_after_and_why(
    kernel_database: Database, site: str, clock: FakeClock
) -> None:
    record(StoreAudit(now_ms=clock), kernel_database, site)
    with kernel_database.transaction() as conn:
        (line,) = lines.list_lines(conn, target=f"{site}:device:DOOR-01")
    del line["id"]
    assert line == {
        "at_ms": clock.ms,
        "site": site,
        "actor": "user:li",
        "action": "door.lock",
        "target": f"{site}:device:DOOR-01",
        "before": {"lock_state": "unlocked"},
        "after": {"lock_state": "locked"},
        "why": "闭馆",
    }


@pytest.mark.integration
def test_what_was_rolled_back_leaves_no_line(kernel_database: Database, site: str, clock: FakeClock) -> None:
    audit = StoreAudit(now_ms=clock)

    def fail() -> None:
        with kernel_database.transaction() as conn:
            audit.record(conn, actor=make_actor(site=site), action="x", target=site)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with kernel_database.transaction() as conn:
        assert lines.list_lines(conn, target=site) == []


def test_the_fake_keeps_what_the_real_one_writes() -> None:
    fake = FakeAudit()
    record(fake, NoDatabase(), "test")
    (line,) = fake.lines
    assert (line.actor.id, line.action, line.why) == ("user:li", "door.lock", "闭馆")
    assert (line.before, line.after) == ({"lock_state": "unlocked"}, {"lock_state": "locked"})
