from dataclasses import replace

import pytest

from services.kernel.actor import Actor
from services.kernel.testing import Browser, make_app
from services.privacy.api import router
from tests.services.privacy.conftest import World

pytestmark = pytest.mark.integration
PHONE = "club.member.phone_sealed"


def browser(world: World, actor: Actor) -> Browser:
    return Browser(make_app(router(world.privacy), actor=actor))


def test_the_whole_way_of_a_correction_over_http(world: World) -> None:
    ada, officer = browser(world, world.ada), browser(world, world.officer)
    asked = ada.post(
        "/privacy/mine/requests",
        {"kind": "correction", "field": "club.member.name_sealed", "text": "张晓三", "channel": "phone"},
    )
    assert asked.status_code == 201
    request = asked.json()
    assert (request["state"], request["overdue"]) == ("open", False)
    assert [r["id"] for r in officer.get("/privacy/requests", state="open").json()] == [request["id"]]
    looked = officer.get(f"/privacy/requests/{request['id']}").json()
    assert looked["wish"] == "张晓三"
    assert "张小三" not in str(looked)
    assert officer.post(f"/privacy/requests/{request['id']}/decision", {"grant": False}).status_code == 422
    assert officer.post(f"/privacy/requests/{request['id']}/decision", {"grant": True}).json()["state"] == "done"
    assert "张*三" in str(ada.get("/privacy/mine").json())


def test_what_is_late_is_said_to_be(world: World) -> None:
    browser(world, world.ada).post("/privacy/mine/requests", {"kind": "erasure"})
    world.clock.advance_s(40 * 86_400)
    assert [r["overdue"] for r in browser(world, world.officer).get("/privacy/requests").json()] == [True]


def test_a_look_over_http_needs_the_right_and_a_reason(world: World) -> None:
    wish = {"subject": world.ada.id, "field": PHONE, "reason": "群众来电核实"}
    shown = browser(world, world.officer).post("/privacy/reveal", wish)
    assert shown.json()["value"] == "13812348000"
    assert browser(world, world.ada).post("/privacy/reveal", wish).status_code == 403
    for wrong in ({"reason": ""}, {"field": "x"}, {"field": "club.member.name_sealed; --"}, {"subject": "' or 1=1"}):
        assert browser(world, world.officer).post("/privacy/reveal", wish | wrong).status_code == 422
    assert [line.action for line in world.audit.lines] == ["privacy.reveal"]


def test_consents_over_http(world: World) -> None:
    ada = browser(world, world.ada)
    wish = {"purpose": "contact.phone", "version": 1, "given": True}
    assert ada.post("/privacy/mine/consents", wish | {"under_14": True}).status_code == 422
    guardian = {"name": "李母亲", "relation": "mother"}
    given = ada.post("/privacy/mine/consents", wish | {"under_14": True, "guardian": guardian}).json()
    assert given["given"] == ["contact.phone"]
    assert given["history"][0]["guardian"] == "mother"
    assert ada.post("/privacy/mine/consents", wish | {"given": False}).json()["given"] == []
    assert PHONE not in str(ada.get("/privacy/mine").json())


def test_the_inventory_over_http_names_every_field_and_is_not_for_everybody(world: World) -> None:
    lines = browser(world, world.officer).get("/privacy/inventory").json()
    assert {line["column"] for line in lines} == set(world.house.fields)
    assert next(line for line in lines if line["column"] == "club.member.seed_sealed")["category"] == "secret"
    stranger = replace(world.ada, permissions=frozenset())
    for path in ("/privacy/inventory", "/privacy/mine", "/privacy/requests"):
        assert browser(world, stranger).get(path).status_code == 403
