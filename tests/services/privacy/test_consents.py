import pytest

from services.privacy.errors import ConsentWithdrawn, GuardianNeeded, OtherVersion, UnknownPurpose
from services.privacy.model import Guardian, load_purposes
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
PURPOSE = "contact.phone"


def has(world: World) -> bool:
    with world.database.transaction() as conn:
        return world.privacy.consents.book.has_consent(conn, subject=world.ada.id, purpose=PURPOSE)


def give(world: World, **other: object) -> None:
    said = {"purpose": PURPOSE, "version": 1, "channel": "web", "under_14": False, "guardian": None} | other
    world.privacy.consents.give(world.ada, **said)  # type: ignore[arg-type]


def test_nobody_has_consented_who_was_not_asked(world: World) -> None:
    assert not has(world)


def test_given_withdrawn_and_given_again_each_with_its_evidence(world: World) -> None:
    give(world)
    assert has(world)
    world.clock.advance_s(60)
    world.privacy.consents.withdraw(world.ada, purpose=PURPOSE, channel="phone")
    assert not has(world)
    give(world)
    history = world.privacy.consents.history(world.ada)
    assert [(c.given, c.channel) for c in history] == [(True, "web"), (False, "phone"), (True, "web")]
    assert {c.text_digest for c in history} == {load_purposes()[PURPOSE].digest}
    assert history[1].at_ms - history[2].at_ms == 60_000
    assert world.audit.actions == ["privacy.consent.given", "privacy.consent.withdrawn", "privacy.consent.given"]


def test_withdrawing_empties_what_was_kept_for_that_alone_and_forbids_a_look(world: World) -> None:
    give(world)
    world.privacy.consents.withdraw(world.ada, purpose=PURPOSE, channel="web")
    held, _ = world.privacy.requests.mine(world.ada)
    assert [h.field.column for h in held] == ["club.member.name_sealed"]
    with pytest.raises(ConsentWithdrawn):
        world.privacy.reveals.reveal(
            world.officer, subject=world.ada.id, column="club.member.phone_sealed", reason="办理需要联系本人"
        )


def test_a_text_that_has_changed_must_be_read_first(world: World) -> None:
    with pytest.raises(OtherVersion):
        give(world, version=2)
    with pytest.raises(UnknownPurpose):
        give(world, purpose="sell.everything")


def test_under_fourteen_a_guardian_consents_and_is_kept_sealed(world: World) -> None:
    with pytest.raises(GuardianNeeded):
        give(world, under_14=True)
    give(world, under_14=True, guardian=Guardian(name="李母亲", relation="mother"))
    last = world.privacy.consents.history(world.ada)[0]
    assert last.guardian_relation == "mother"
    assert last.guardian_sealed is not None
    assert "李母亲" not in last.guardian_sealed
    assert world.opened(last.guardian_sealed) == ["李母亲"]


def test_evidence_is_never_changed(world: World) -> None:
    give(world)
    with world.database.transaction() as conn, pytest.raises(Exception, match="never changed"):
        conn.execute("UPDATE privacy.consent SET given = false WHERE site = %s", (world.site,))
