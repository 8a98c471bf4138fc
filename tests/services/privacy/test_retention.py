import pytest

from services.privacy import retention as module
from services.privacy.module import MODULE
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
DAY_S = 86_400


def test_what_is_old_goes_and_what_is_young_stays(world: World) -> None:
    old = world.note("note:old", "旧的", world.clock() - 31 * DAY_S * 1000)
    young = world.note("note:young", "新的", world.clock() - 29 * DAY_S * 1000)
    world.privacy.tick()
    assert world.opened(old, young) == [None, "新的"]
    world.clock.advance_s(2 * DAY_S)
    world.privacy.tick()
    assert world.opened(old, young) == [None, None]
    lines = [line for line in world.audit.lines if line.action == "privacy.retention"]
    assert [(line.target, line.after) for line in lines] == [
        ("club.note.text_sealed", {"erased": 1, "older_than_days": 30})
    ] * 2
    assert {line.actor.id for line in lines} == {"system:retention"}
    assert world.privacy.retention.erased == 2


def test_a_field_ends_alone_and_its_person_stays(world: World) -> None:
    with world.database.transaction() as conn:
        conn.execute("UPDATE club.member SET left_ms = %s WHERE site = %s", (world.clock(), world.site))
    world.clock.advance_s(30 * DAY_S)
    world.privacy.retention.sweep()
    assert len(world.privacy.requests.mine(world.ada)[0]) == 2
    world.clock.advance_s(1)
    world.privacy.retention.sweep()
    assert [h.text for h in world.privacy.requests.mine(world.ada)[0]] == ["张*三"]


def test_it_works_once_an_hour_and_a_sweep_that_finds_nothing_is_no_news(world: World) -> None:
    world.privacy.tick()
    late = world.note("note:late", "旧的", world.clock() - 40 * DAY_S * 1000)
    world.privacy.tick()
    assert world.opened(late) == ["旧的"]
    assert world.audit.lines == []


@pytest.mark.parametrize("apart_ms", [0, 1])
def test_more_than_a_batch_goes_in_several_also_of_one_moment(
    world: World, apart_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    began_ms = world.clock() - 40 * DAY_S * 1000
    tokens = [world.note(f"note:{n}", "旧的", began_ms + n * apart_ms) for n in range(8)]
    world.privacy.retention.sweep()
    assert world.opened(*tokens) == [None] * 8
    assert world.privacy.retention.erased == 8


def test_the_inventory_tells_how_it_went(world: World) -> None:
    world.note("note:old", "旧的", world.clock() - 31 * DAY_S * 1000)
    world.privacy.tick()
    lines = {d.field.column: d for d in world.privacy.inventory(world.officer)}
    assert {f.column for f in MODULE.personal_data} < lines.keys()
    swept = lines["club.note.text_sealed"].swept
    assert swept is not None
    assert (swept.erased, swept.ran_ms) == (1, world.clock())
