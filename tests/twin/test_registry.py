"""Which building is current, which devices belong to it, and whose credentials they are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from building.model import Building
from iot.ports import Binding
from twin.counters import LOBBY_MAX, Lobby
from twin.errors import NotFound, Refused
from twin.registry import Registry
from twin.store import audit
from twin.store.database import Database
from twin.testing import HALL, SITE, ManualClock
from twin.versions import Versions

pytestmark = pytest.mark.integration


class Kept:
    def __init__(self, database: Database) -> None:
        clock = ManualClock()
        self.registry = Registry(site=SITE, database=database, now_ms=clock)
        self.versions = Versions(site=SITE, database=database, registry=self.registry, now_ms=clock)


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def without_first_device(building: Building) -> Building:
    return replace(building, devices=building.devices[1:])


def test_a_published_building_comes_back_as_it_was(kept: Kept, database: Database) -> None:
    version = kept.versions.publish(HALL, actor="admin")
    assert kept.versions.current() == (version, HALL)
    found_version, found = Kept(database).versions.current()
    assert found_version == version
    assert found.devices == HALL.devices


def test_before_the_first_publication_there_is_no_building(kept: Kept) -> None:
    with pytest.raises(NotFound, match="no published building"):
        kept.versions.current()


def test_publishing_the_same_again_changes_nothing(kept: Kept, database: Database) -> None:
    kept.versions.publish(HALL)
    kept.versions.publish(HALL)
    with database.transaction() as conn:
        assert [line["action"] for line in audit.list_lines(conn)] == ["building.publish"]


def test_a_new_version_replaces_the_devices_and_an_old_one_brings_them_back(kept: Kept) -> None:
    first = kept.versions.publish(HALL)
    keys = [d.key for d in kept.registry.list_devices()]
    second = kept.versions.publish(without_first_device(HALL))
    assert second != first
    gone = HALL.devices[0].key
    assert kept.registry.find_device(gone) is None
    assert kept.versions.publish(HALL) == first
    assert [d.key for d in kept.registry.list_devices()] == keys == sorted(d.key for d in HALL.devices)


def test_a_device_is_found_by_key_and_by_id(kept: Kept) -> None:
    kept.versions.publish(HALL)
    assert kept.registry.get_device("UPS-1") == kept.registry.get_device(f"{SITE}:device:UPS-1")
    assert kept.registry.get_device("UPS-1").at == (1, 2, 3)
    with pytest.raises(NotFound, match="UPS-9"):
        kept.registry.get_device("UPS-9")


def test_credentials_are_kept_as_hashes_and_every_change_is_audited(kept: Kept, database: Database) -> None:
    kept.registry.set_credentials({"UPS-1": "$7$a", "D-1": "$7$b"}, actor="admin")
    kept.registry.set_credential("D-1", "$7$c", actor="admin", why="lost")
    kept.registry.revoke_credential("UPS-1", actor="admin", why="stolen")
    assert kept.registry.list_credentials() == {"D-1": "$7$c"}
    with pytest.raises(NotFound):
        kept.registry.revoke_credential("UPS-1", actor="admin", why="again")
    with database.transaction() as conn:
        lines = audit.list_lines(conn)
    assert [(line["action"], line["why"]) for line in reversed(lines)] == [
        ("credential.set", "enrolled"),
        ("credential.set", "enrolled"),
        ("credential.set", "lost"),
        ("credential.revoke", "stolen"),
    ]
    assert not any("$7$" in str(line) for line in lines)


def test_the_lobby_is_bounded_and_counts_what_it_forgets() -> None:
    lobby = Lobby()
    for n in range(LOBBY_MAX + 5):
        lobby.count(device=f"D{n}", reason="unknown_device", detail="x" * 1000, now_ms=n)
    strangers = lobby.list_strangers()
    assert (len(strangers), lobby.forgotten, lobby.total) == (LOBBY_MAX, 5, LOBBY_MAX + 5)
    assert strangers[0]["device"] == f"D{LOBBY_MAX + 4}"
    assert len(strangers[0]["detail"]) == 200


# --- who speaks for whom, and under which name


def test_a_gateway_speaks_for_what_it_was_granted_until_the_grant_is_taken_back(kept: Kept, database: Database) -> None:
    kept.versions.publish(HALL)
    kept.registry.grant("GW-1", ["UPS-1", "T-1"], actor="admin", why="cabinet 3")
    kept.registry.grant("GW-1", ["T-1"], actor="admin", why="twice")
    again = Kept(database).registry
    again.load()
    assert again.grants() == kept.registry.grants() == {"GW-1": ("T-1", "UPS-1")}
    kept.registry.revoke_grant("GW-1", "T-1", actor="admin", why="moved")
    assert kept.registry.grants() == {"GW-1": ("UPS-1",)}
    with pytest.raises(NotFound):
        kept.registry.revoke_grant("GW-1", "T-1", actor="admin", why="again")
    with pytest.raises(NotFound, match="UPS-9"):
        kept.registry.grant("GW-1", ["D-1", "UPS-9"], actor="admin", why="typo")
    assert kept.registry.grants() == {"GW-1": ("UPS-1",)}, "all or none"
    with database.transaction() as conn:
        lines = [line for line in reversed(audit.list_lines(conn)) if line["action"].startswith("grant.")]
    assert [(line["action"], line["target"], line["why"]) for line in lines] == [
        ("grant.give", f"{SITE}:device:UPS-1", "cabinet 3"),
        ("grant.give", f"{SITE}:device:T-1", "cabinet 3"),
        ("grant.revoke", f"{SITE}:device:T-1", "moved"),
    ]


def test_a_gateway_needs_no_grant_for_itself(kept: Kept) -> None:
    kept.versions.publish(HALL)
    with pytest.raises(Refused):
        kept.registry.grant("UPS-1", ["UPS-1"], actor="admin", why="mistake")


def test_an_address_belongs_to_one_device(kept: Kept, database: Database) -> None:
    kept.versions.publish(HALL)
    camera = Binding(device="D-1", convention="onvif", address="Acme/1", kind="door", points={"Mode": "lock_state"})
    kept.registry.bind(camera, actor="admin", why="installed")
    with pytest.raises(Refused, match="D-1"):
        kept.registry.bind(replace(camera, device="T-1"), actor="admin", why="mistake")
    with pytest.raises(Refused, match="none of onvif"):
        kept.registry.bind(replace(camera, address="Acme/#"), actor="admin", why="mistake")
    moved = replace(camera, address="Acme/2")
    kept.registry.bind(moved, actor="admin", why="replaced")
    again = Kept(database).registry
    again.load()
    assert again.list_bindings() == kept.registry.list_bindings() == [moved]
    kept.registry.unbind("D-1", "onvif", actor="admin", why="gone")
    assert kept.registry.list_bindings() == []
    with pytest.raises(NotFound):
        kept.registry.unbind("D-1", "onvif", actor="admin", why="again")


def test_nobody_speaks_for_a_device_that_left_the_building(kept: Kept) -> None:
    kept.versions.publish(HALL)
    gone = HALL.devices[0].key
    kept.registry.grant("GW-1", [gone, "T-1"], actor="admin", why="x")
    kept.registry.bind(Binding(device=gone, convention="onvif", address="A"), actor="admin", why="x")
    kept.versions.publish(without_first_device(HALL))
    assert kept.registry.grants() == {"GW-1": ("T-1",)}
    assert kept.registry.list_bindings() == []


def test_two_sites_of_one_database_know_nothing_of_each_other(kept: Kept, database: Database) -> None:
    clock = ManualClock()
    other = Registry(site="other", database=database, now_ms=clock)
    kept.versions.publish(HALL)
    other.add("UPS-1", "ups", actor="admin", why="the same key elsewhere")
    other.set_credential("UPS-1", "$7$other", actor="admin")
    kept.registry.set_credential("UPS-1", "$7$own", actor="admin")
    assert other.list_credentials() == {"UPS-1": "$7$other"}
    assert kept.registry.list_credentials() == {"UPS-1": "$7$own"}
    kept.registry.revoke_credential("UPS-1", actor="admin", why="x")
    assert other.list_credentials() == {"UPS-1": "$7$other"}
    assert kept.registry.find_device("other:device:UPS-1") is None
