"""Versions: one transaction, one at a time, nobody overwrites unseen; what leaves the building leaves the twin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from building.model import Building
from iot.messages import Presence
from twin.errors import NotFound, StaleBase
from twin.registry import Registry
from twin.store import audit
from twin.store.database import Database
from twin.testing import HALL, SITE, ManualClock, RunningHall, telemetry, wait_until
from twin.versions import Versions

pytestmark = pytest.mark.integration


class Kept:
    def __init__(self, database: Database) -> None:
        self.clock = ManualClock()
        self.registry = Registry(site=SITE, database=database, now_ms=self.clock)
        self.versions = Versions(site=SITE, database=database, registry=self.registry, now_ms=self.clock)


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def renamed(name: str, b: Building = HALL) -> Building:
    return replace(b, name={"zh": name, "en": name})


def test_versions_tell_who_published_them_last_and_why(kept: Kept) -> None:
    first = kept.versions.publish(renamed("one"), actor="user:a", why="opened")
    kept.clock.advance(1)
    second = kept.versions.publish(renamed("two"), actor="user:b", why="rebuilt")
    kept.clock.advance(1)
    assert [(v.hash, v.current, v.by, v.why, v.name["en"]) for v in kept.versions.list_all()] == [
        (second, True, "user:b", "rebuilt", "two"), (first, False, "user:a", "opened", "one"),
    ]  # fmt: skip
    assert kept.versions.publish(renamed("one"), actor="user:c", why="back") == first
    newest = kept.versions.list_all()[0]
    assert (newest.hash, newest.by, newest.why, newest.current) == (first, "user:c", "back", True)
    assert newest.counts is not None
    assert newest.counts["devices"] == len(HALL.devices)
    assert len(kept.versions.list_all(limit=1)) == 1


def test_any_version_can_be_read_again(kept: Kept, database: Database) -> None:
    first = kept.versions.publish(renamed("one"))
    kept.versions.publish(renamed("two"))
    assert kept.versions.get(first).name["en"] == "one"
    assert Kept(database).versions.get(first).name["en"] == "one"
    with pytest.raises(NotFound, match="no version"):
        kept.versions.get("0" * 32)


def test_who_saw_an_older_version_is_told_who_was_faster(kept: Kept) -> None:
    base = kept.versions.publish(renamed("one"))
    theirs = kept.versions.publish(renamed("two"), actor="user:b", base=base)
    with pytest.raises(StaleBase) as stale:
        kept.versions.publish(renamed("three"), actor="user:c", base=base)
    assert (stale.value.version, stale.value.by) == (theirs, "user:b")
    with pytest.raises(StaleBase):
        kept.versions.check_base(base)
    assert kept.versions.current()[0] == theirs


def test_of_many_that_publish_at_once_on_the_same_base_one_does(database: Database) -> None:
    """Each from a process of its own, as it were."""
    base = Kept(database).versions.publish(renamed("base"))
    houses = [Kept(database) for _ in range(6)]

    def publish(n: int) -> str | None:
        try:
            return houses[n].versions.publish(renamed(f"n{n}"), actor=f"user:{n}", base=base)
        except StaleBase:
            return None

    with ThreadPoolExecutor(len(houses)) as threads:
        published = [version for version in threads.map(publish, range(len(houses))) if version is not None]
    assert len(published) == 1
    assert Kept(database).versions.current()[0] == published[0]


def test_the_file_a_hall_is_started_with_never_undoes_what_a_person_published(kept: Kept, database: Database) -> None:
    assert kept.versions.open(HALL, actor="system:setup")
    assert kept.versions.open(renamed("a better file"), actor="system:setup")
    edited = kept.versions.publish(renamed("edited"), actor="user:b", why="a wall is gone")
    again = Kept(database)
    assert not again.versions.open(HALL, actor="system:setup")
    assert not again.versions.open(renamed("another file"), actor="system:setup")
    assert again.versions.current()[0] == edited


def test_a_retired_device_loses_its_credential_and_keeps_its_place_in_the_audit(kept: Kept, database: Database) -> None:
    kept.versions.publish(HALL)
    kept.registry.set_credentials({"UPS-1": "$7$a", "T-1": "$7$b"}, actor="admin")
    assert kept.registry.is_enrolled("UPS-1")
    without = replace(HALL, devices=tuple(d for d in HALL.devices if d.key != "UPS-1"))
    kept.versions.publish(without, actor="user:b", why="sold")
    assert kept.registry.find_device("UPS-1") is None
    assert kept.registry.list_credentials() == {"T-1": "$7$b"}
    assert (kept.registry.is_enrolled("UPS-1"), kept.registry.is_enrolled("T-1")) == (False, True)
    with database.transaction() as conn:
        lines = [(x["action"], x["actor"], x["why"]) for x in audit.list_lines(conn, target=f"{SITE}:device:UPS-1")]
    assert lines[:2] == [("credential.revoke", "user:b", "retired"), ("device.retire", "user:b", "sold")]
    kept.versions.publish(HALL)
    assert kept.registry.find_device("UPS-1") is not None
    assert not kept.registry.is_enrolled("UPS-1"), "whoever had the old password is not let in"


def test_a_device_placed_where_one_was_enrolled_by_hand_keeps_its_credential(kept: Kept) -> None:
    kept.versions.publish(replace(HALL, devices=()))
    kept.registry.add("UPS-1", "ups", actor="admin", why="enrolled")
    kept.registry.set_credential("UPS-1", "$7$a", actor="admin")
    kept.versions.publish(HALL)
    assert (kept.registry.get_device("UPS-1").floor, kept.registry.is_enrolled("UPS-1")) == (f"{SITE}:floor:1F", True)


def test_what_leaves_the_building_is_shown_no_more_and_its_alarm_ends_as_retired(hall: RunningHall) -> None:
    twin, ups = hall.twin, f"{SITE}:device:UPS-1"
    twin.versions.publish(HALL)
    hall.online("UPS-1")
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True, "battery": 50.0}, seq=1))
    wait_until(lambda: [a["type"] for a in twin.alarms.list_open() if a["source"] == ups] == ["on_battery"])
    twin.versions.publish(replace(HALL, devices=tuple(d for d in HALL.devices if d.key != "UPS-1")))
    twin.forget({ups}, actor="user:b")
    wait_until(lambda: not [a for a in twin.alarms.list_open() if a["source"] == ups])
    assert ups not in twin.snapshot().entities
    assert twin.value(ups, "on_battery") is None
    (alarm,) = [a for a in twin.alarms.history() if a["source"] == ups]
    assert (alarm["state"], alarm["closed_why"]) == ("closed", "retired")
    hall.wire.receive(Presence(device="UPS-1", online=True, boot=2, ts_ms=hall.clock()))
    wait_until(lambda: [s["reason"] for s in twin.registry.lobby.list_strangers()] == ["unknown_device"])
    assert ups not in twin.snapshot().entities


def test_one_that_comes_back_raises_its_alarm_anew(hall: RunningHall) -> None:
    twin, ups = hall.twin, f"{SITE}:device:UPS-1"
    twin.versions.publish(HALL)
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=1))
    wait_until(lambda: len(twin.alarms.list_open()) == 1)
    first = twin.alarms.list_open()[0]["id"]
    twin.versions.publish(replace(HALL, devices=()))
    twin.forget({ups}, actor="user:b")
    wait_until(lambda: twin.alarms.list_open() == [])
    twin.versions.publish(HALL)
    hall.wire.receive(telemetry("UPS-1", {"on_battery": True}, seq=2))
    wait_until(lambda: len(twin.alarms.list_open()) == 1)
    assert twin.alarms.list_open()[0]["id"] != first


def test_the_feed_tells_everybody_of_a_new_version(hall: RunningHall) -> None:
    version = hall.twin.versions.publish(HALL)
    hub = hall.twin.hub
    pages = [hub.subscribe(view, wake=lambda: None) for view in ("ops", "alert", "hall", "window:A07", "ticket:t")]
    for page in pages:
        assert page.take()[-1]["building"] == version
    hall.twin.announce("building", {"version": "v2", "diff": {"added": 1}})
    for page in pages:
        (told,) = page.take()
        assert (told["type"], told["version"], told["diff"]) == ("building", "v2", {"added": 1})


def test_the_site_of_a_version_is_its_own(kept: Kept, database: Database) -> None:
    kept.versions.publish(HALL)
    other = Versions(
        site="elsewhere", database=database, now_ms=kept.clock,
        registry=Registry(site="elsewhere", database=database, now_ms=kept.clock),
    )  # fmt: skip
    with pytest.raises(NotFound):
        other.current()
    assert other.list_all() == []
