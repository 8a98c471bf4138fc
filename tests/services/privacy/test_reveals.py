import pytest

from services.kernel.errors import Forbidden
from services.privacy.errors import LookedTooOften, NotHeld, ReasonNeeded, UnknownField
from services.privacy.model import REVEAL_S, REVEALS_MAX, REVEALS_WINDOW_S
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
PHONE = "club.member.phone_sealed"
WHY = "群众来电核实"


def look(world: World, *, subject: str | None = None, column: str = PHONE, reason: str = WHY) -> str:
    found = world.privacy.reveals.reveal(world.officer, subject=subject or world.ada.id, column=column, reason=reason)
    assert found.until_ms == world.clock() + REVEAL_S * 1000
    return found.value


def test_a_look_is_clear_short_and_on_record_with_its_reason(world: World) -> None:
    assert look(world) == "13812348000"
    line = world.audit.lines[-1]
    assert (line.actor, line.action, line.target, line.why) == (world.officer, "privacy.reveal", world.ada.id, WHY)
    assert line.after == {"field": PHONE}
    assert "13812348000" not in repr((line.before, line.after, line.why))
    assert REVEAL_S <= 300


def test_without_the_right_or_a_reason_nothing_is_shown(world: World) -> None:
    with pytest.raises(Forbidden):
        world.privacy.reveals.reveal(world.ada, subject=world.ada.id, column=PHONE, reason=WHY)
    with pytest.raises(ReasonNeeded):
        look(world, reason="  x ")
    assert world.audit.lines == []


def test_secrets_and_what_is_not_declared_are_shown_to_nobody(world: World) -> None:
    for column in ("club.member.seed_sealed", "club.member.nick", "accounts.person.password_hash"):
        with pytest.raises(UnknownField):
            look(world, column=column)


def test_looks_are_counted_also_those_in_vain(world: World) -> None:
    look(world)
    for _ in range(REVEALS_MAX - 1):
        with pytest.raises(NotHeld):
            look(world, subject="user:nobody")
    with pytest.raises(LookedTooOften) as refused:
        look(world)
    assert 0 < refused.value.retry_after_s <= REVEALS_WINDOW_S
    world.clock.advance_s(REVEALS_WINDOW_S + 1)
    assert look(world) == "13812348000"


def test_who_is_erased_is_held_no_more(world: World) -> None:
    with world.database.transaction() as conn:
        world.house.erase(conn, world.ada.id)
    with pytest.raises(NotHeld):
        look(world)
