"""The building changes while people wait: new windows open, nobody is lost at one that is gone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from building.edits import apply
from building.model import Building
from services.queue.errors import UnknownQueue, UnknownWindow
from twin.errors import DatabaseUnavailable
from twin.store.database import Database

from .conftest import World

pytestmark = pytest.mark.integration


def without(building: Building, *numbers: str) -> Building:
    for window in [w for w in building.windows if w.number in numbers]:
        building = apply(building, {"op": "retire", "id": window.id})
    return building


def rebuild(world: World, building: Building) -> None:
    world.queue.prepare("v2", building)()


def test_until_it_is_taken_over_the_version_before_serves(world: World) -> None:
    take_over = world.queue.prepare("v2", without(world.building, "A01"))
    world.open("A01")
    take_over()
    with pytest.raises(UnknownWindow):
        world.queue.desks.open(world.clerk, "A01")


def test_whoever_stands_at_a_window_that_is_gone_waits_again_with_number_and_time(world: World) -> None:
    world.open("A01", "A02")
    first, second = world.take(), world.take()
    world.queue.desks.call_next(world.clerk, "A01")
    rebuild(world, without(world.building, "A01"))
    shown = world.queue.tickets.get(str(first["token"]))
    assert (shown["state"], shown["number"], shown["called_window"]) == ("transferred", first["number"], None)
    assert (shown["ahead"], world.queue.tickets.get(str(second["token"]))["ahead"]) == (0, 1)
    assert world.queue.tickets.find_place(str(first["token"])) is not None
    called = world.queue.desks.call_next(world.clerk, "A02")["current"]
    assert called["number"] == first["number"]


def test_whoever_waits_for_a_department_that_is_gone_is_told_and_can_still_look(world: World) -> None:
    numbers = [w.number for w in world.building.windows if w.department and w.department.endswith(":rsj")]
    world.open(numbers[0])
    ticket = world.take()
    rebuild(world, without(world.building, *numbers))
    shown = world.queue.tickets.get(str(ticket["token"]))
    assert (shown["state"], shown["windows"], shown["department_name"]) == ("cancelled", [], ticket["department_name"])
    assert world.queue.tickets.find_place(str(ticket["token"])) is None
    assert world.hall.entity(f"{world.building.site}:queue:rsj")["waiting"] == 0
    with pytest.raises(UnknownQueue):
        world.take()
    assert world.again().tickets.get(str(ticket["token"]))["state"] == "cancelled", "after a restart too"


def test_a_new_window_can_be_opened_at_once_and_one_that_comes_back_is_closed(world: World) -> None:
    world.open("A01")
    rebuild(world, without(world.building, "A01"))
    rebuild(world, world.building)
    window = world.queue.desks.get(world.clerk, "A01")
    assert (window["state"], window["staffed_by"]) == ("closed", None)
    added = {"op": "add_window", "number": "A99", "department": "rsj", **_beside(world.building, "A01")}
    rebuild(world, apply(world.building, added))
    world.open("A99")
    ticket = world.take()
    assert world.queue.desks.call_next(world.clerk, "A99")["current"]["number"] == ticket["number"]


def _beside(building: Building, number: str) -> dict[str, object]:
    window = next(w for w in building.windows if w.number == number)
    return {"floor": window.floor, "at": [window.at[0] + 0.7, window.at[1]], "facing_deg": window.facing_deg}


def test_while_the_database_is_away_it_is_settled_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.open("A01")
    ticket = world.take()
    world.queue.desks.call_next(world.clerk, "A01")

    def away(_: Database) -> None:
        raise DatabaseUnavailable("gone", todo="wait")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "transaction", away)
        rebuild(world, without(world.building, "A01"))
    world.queue.tick()
    assert world.queue.tickets.get(str(ticket["token"]))["state"] == "transferred"


def test_a_department_that_is_renamed_keeps_its_queue(world: World) -> None:
    world.open("A01")
    ticket = world.take()
    named = tuple(
        replace(d, name={"zh": "人社局", "en": "HR"}) if d.key == "rsj" else d for d in world.building.departments
    )
    rebuild(world, replace(world.building, departments=named))
    shown = world.queue.tickets.get(str(ticket["token"]))
    assert (shown["state"], shown["department_name"]) == ("issued", {"zh": "人社局", "en": "HR"})
