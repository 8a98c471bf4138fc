"""Whoever was sealed before there were blind indexes is found again, by and by, and nobody is changed twice."""

import pytest

from services.kernel.actor import Actor
from services.kernel.testing import make_actor
from services.privacy import indexes as module
from services.privacy.commands import Privacy
from services.privacy.module import OWN
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
NAMES = ["王一", "王二", "王三", "王四", "王五", "王六", "王七"]


@pytest.fixture
def before(world: World) -> list[Actor]:
    """Seven people and ada, as they were kept before."""
    people = [make_actor(OWN, id=f"user:{world.site}-{n}", site=world.site) for n in range(len(NAMES))]
    for person, name in zip(people, NAMES, strict=True):
        world.join(person, name, "13812348000")
    with world.database.transaction() as conn:
        conn.execute("UPDATE club.member SET name_match = NULL WHERE site = %s", (world.site,))
    return people


def found(world: World) -> set[str]:
    """Who would be found by their name."""
    keys = {world.vault.match_key("name", name): name for name in [*NAMES, "张小三"]}
    with world.database.transaction() as conn:
        rows = conn.execute("SELECT name_match FROM club.member WHERE site = %s", (world.site,)).fetchall()
    return {keys[key] for (key,) in rows if key is not None}


def test_it_fills_batch_by_batch_and_a_start_that_was_cut_off_goes_on(
    world: World, before: list[Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    world.privacy.tick()
    assert len(found(world)) == 3
    assert (world.privacy.indexes.filled, world.privacy.indexes.done) == (3, False)
    again = Privacy(world.house, flush=list)
    while not again.indexes.done:
        again.tick()
    assert found(world) == {*NAMES, "张小三"}
    assert again.indexes.filled == len(before) + 1 - 3
    line = world.audit.lines[-1]
    assert (line.actor.id, line.action, line.target) == ("system:indexes", "privacy.indexed", "club.member.name_sealed")
    assert line.after == {"filled": 5}
    assert "王" not in repr(world.audit.lines[-1])


def test_who_was_erased_and_who_has_the_same_as_another_is_left_and_the_others_are_filled(
    world: World, before: list[Actor]
) -> None:
    twin = make_actor(OWN, id=f"user:{world.site}-twin", site=world.site)
    world.join(twin, NAMES[1], "13812348000")
    with world.database.transaction() as conn:
        world.vault.erase(conn, before[0].id)
    while not world.privacy.indexes.done:
        world.privacy.tick()
    assert found(world) == {*NAMES[1:], "张小三"}
    assert (world.privacy.indexes.filled, world.privacy.indexes.same) == (len(NAMES) - 1, 1)


def test_nothing_to_fill_is_no_news(world: World) -> None:
    world.privacy.tick()
    assert world.privacy.indexes.done
    assert world.audit.lines == []
