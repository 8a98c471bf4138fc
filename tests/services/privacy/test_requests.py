import json
from datetime import UTC, datetime

import pytest

from services.kernel.calendar import HallCalendar
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor
from services.privacy.errors import (
    AlreadyAsked,
    AlreadyDecided,
    NotCorrectable,
    OwnRequest,
    ReasonNeeded,
    UnknownField,
    UnknownRequest,
)
from services.privacy.module import OWN
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
NAME, PHONE = "club.member.name_sealed", "club.member.phone_sealed"


def test_what_is_held_of_me_is_masked_and_my_copy_is_clear(world: World) -> None:
    held, _ = world.privacy.requests.mine(world.ada)
    assert {h.field.column: h.text for h in held} == {NAME: "张*三", PHONE: "138****8000"}
    request = world.privacy.requests.make(world.ada, kind="access", channel="web")
    assert request.state == "done"
    copy = world.privacy.requests.copy(world.ada, request.id)
    assert {f["column"]: f["value"] for f in copy["fields"]} == {NAME: "张小三", PHONE: "13812348000"}
    facts = {f["what"]: f["value"] for f in copy["facts"]}
    assert facts.keys() == {"privacy.request", "club.member.nick"}
    assert facts["club.member.nick"] == "ada"
    assert [(asked["kind"], asked["state"]) for asked in facts["privacy.request"]] == [("access", "done")]
    assert "JBSWY3DPEHPK3PXP" not in json.dumps(copy)


def test_nobody_reads_or_withdraws_the_request_of_another(world: World) -> None:
    mine = world.privacy.requests.make(world.ada, kind="access", channel="web")
    other = make_actor(OWN, id="user:other", site=world.site)
    for ask in (world.privacy.requests.copy, world.privacy.requests.withdraw, world.privacy.requests.answer):
        with pytest.raises(UnknownRequest):
            ask(other, mine.id)
    with pytest.raises(Forbidden):
        world.privacy.requests.list_all(other, ["open"])
    with pytest.raises(Forbidden):
        world.privacy.requests.make(other, kind="erasure", channel="web", subject=world.ada.id)


def test_a_correction_is_asked_for_granted_and_done(world: World) -> None:
    asked = world.privacy.requests.make(world.ada, kind="correction", channel="web", field=NAME, text="张晓三")
    with pytest.raises(AlreadyAsked):
        world.privacy.requests.make(world.ada, kind="correction", channel="web", field=NAME, text="x y")
    _, held, wish = world.privacy.requests.look(world.officer, asked.id)
    assert wish == "张晓三"
    assert "张小三" not in [h.text for h in held]
    decided = world.privacy.requests.decide(world.officer, asked.id, grant=True, reason=None)
    assert decided.state == "done"
    copy = world.privacy.requests.make(world.ada, kind="access", channel="web")
    fields = world.privacy.requests.copy(world.ada, copy.id)["fields"]
    assert next(f["value"] for f in fields if f["column"] == NAME) == "张晓三"
    with world.database.transaction() as conn:
        matched = conn.execute("SELECT name_match FROM club.member WHERE site = %s", (world.site,)).fetchall()
    assert matched == [(world.vault.match_key("name", "张晓三"),)]
    with pytest.raises(AlreadyDecided):
        world.privacy.requests.decide(world.officer, asked.id, grant=False, reason="已经更正过了")


def test_what_cannot_be_corrected_is_refused_at_once(world: World) -> None:
    for column, error in ((PHONE, NotCorrectable), ("club.member.seed_sealed", UnknownField), ("a.b.c", UnknownField)):
        with pytest.raises(error):
            world.privacy.requests.make(world.ada, kind="correction", channel="web", field=column, text="1")
    with pytest.raises(ReasonNeeded):
        world.privacy.requests.make(world.ada, kind="correction", channel="web", field=NAME, text=" ")


def test_a_refusal_says_why_and_the_person_reads_it(world: World) -> None:
    asked = world.privacy.requests.make(world.ada, kind="erasure", channel="web")
    with pytest.raises(ReasonNeeded):
        world.privacy.requests.decide(world.officer, asked.id, grant=False, reason=" ")
    world.privacy.requests.decide(world.officer, asked.id, grant=False, reason="业务在办，电话13812348000已告知")
    assert world.privacy.requests.answer(world.ada, asked.id) == "业务在办，电话13812348000已告知"
    assert world.audit.lines[-1].why == "业务在办，电话138****8000已告知"
    assert world.opened(world.tokens["name"]) == ["张小三"]


def test_nobody_decides_about_themselves(world: World) -> None:
    mine = world.privacy.requests.make(world.officer, kind="erasure", channel="web")
    with pytest.raises(OwnRequest):
        world.privacy.requests.decide(world.officer, mine.id, grant=True, reason=None)
    assert world.privacy.requests.withdraw(world.officer, mine.id).state == "withdrawn"


def test_an_erasure_reaches_every_module_the_key_and_the_journal(world: World) -> None:
    asked = world.privacy.requests.make(world.ada, kind="erasure", channel="web")
    world.privacy.requests.decide(world.officer, asked.id, grant=True, reason=None)
    assert world.opened(*world.tokens.values()) == [None, None, None]
    with world.database.transaction() as conn:
        nick = conn.execute("SELECT nick FROM club.member WHERE site = %s", (world.site,)).fetchall()
        waiting = conn.execute("SELECT subject FROM kernel.erasure WHERE site = %s", (world.site,)).fetchall()
    assert nick == [("gone",)]
    assert waiting == []
    assert world.ada.id in (world.data / "erased.journal").read_text()
    assert [line.action for line in world.audit.lines] == [
        "privacy.request.made",
        "privacy.request.done",
    ]


def test_no_line_of_the_audit_holds_what_is_sealed(world: World) -> None:
    asked = world.privacy.requests.make(world.ada, kind="correction", channel="web", field=NAME, text="张晓三")
    world.privacy.requests.decide(world.officer, asked.id, grant=True, reason=None)
    said = repr(world.audit.lines).replace(repr(world.ada), "").replace(repr(world.officer), "")
    assert "张晓三" not in said
    assert "张小三" not in said


def test_an_answer_is_due_after_fifteen_working_days() -> None:
    calendar = HallCalendar("Asia/Shanghai")
    friday = int(datetime(2026, 11, 20, 3, tzinfo=UTC).timestamp() * 1000)
    due = calendar.local(calendar.after_working_days(friday, 15) - 1)
    assert (due.date().isoformat(), due.hour, due.minute) == ("2026-12-11", 23, 59)
    saturday = friday + 86_400_000
    assert calendar.after_working_days(saturday, 1) == calendar.after_working_days(friday, 1)
