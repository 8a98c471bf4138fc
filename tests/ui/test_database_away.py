"""A running hall whose database hangs: staff go on, tickets are told to come again, and all is on record afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.suspended import suspended
from ui.testing import DemoHall, eventually

pytestmark = pytest.mark.integration


OPENED_BY_THE_CONSOLE = ("/session", "/building", "/building/scene/devices", "/kinds", "/devices", "/alarms")
"""What its pages ask for first: whoever is logged in can open another one, or load one anew."""


def test_staff_go_on_and_tickets_wait_while_the_database_hangs(hall: DemoHall) -> None:
    officer, auditor, visitor = hall.as_("security"), hall.as_("audit_admin"), hall.as_()
    screen = hall.join(hall.keys("screen")[0])
    for staff in (officer, auditor):
        assert staff.get("/session").json()["actor"], "and is remembered as logged in"

    def database() -> dict[str, Any]:
        return dict(visitor.get("/health/database").json())

    assert database()["away_since_ms"] is None
    with suspended(hall.document["pids"]["database"]):
        eventually(lambda: database()["away_since_ms"], what="the absence noticed", within_s=20)
        screen.report(brightness=50)
        eventually(lambda: database()["readings"] > 0, what="readings on disk", within_s=20)
        asked = officer.post(f"/devices/{screen.key}/commands", json={"name": "show_text", "args": {"text": "停"}})
        assert asked.status_code == 202, asked.text
        command = asked.json()["id"]
        name, said = screen.next_command()
        assert (name, said["id"]) == ("show_text", command)
        for asked_by_a_page in (*OPENED_BY_THE_CONSOLE, f"/devices/{screen.key}"):
            assert officer.get(asked_by_a_page).status_code == 200, asked_by_a_page
        assert officer.get("/session").json()["actor"]["roles"] == ["security"]
        late = visitor.post("/session", json={"user": "security", "password": "whatever it is"})
        assert (late.status_code, late.json()["type"]) == (503, "urn:halltwin:accounts.nobody_logs_in")
        ticket = visitor.post("/queue/tickets", json={"department": "rsj"})
        for refused in (ticket, auditor.get("/audit")):
            assert refused.status_code == 503, refused.text
            assert int(refused.headers["retry-after"]) > 0
            assert refused.json()["text"]["zh"]
    eventually(lambda: database() == {**database(), "away_since_ms": None, "readings": 0, "jobs": 0},
               what="all brought in", within_s=30)  # fmt: skip
    lines = [line for line in auditor.get("/audit", params={"limit": 200}).json()["lines"] if line["target"] == command]
    assert [line["action"] for line in lines].count("command.queued") == 1
