"""Figures and the health of parts are for programs of this machine and for whoever may; a balancer hears yes or no."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from ui.testing_inside import InsideHall

pytestmark = pytest.mark.integration
FAR = "203.0.113.7"
HEALTH = "/api/v1/health"


def from_(inside: InsideHall, address: str) -> TestClient:
    return TestClient(inside.app, base_url="http://hall.example", client=(address, 40_000))


@pytest.mark.parametrize("path", ["/metrics", HEALTH])
@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded"])
def test_programs_of_this_machine_see_all_and_who_comes_through_a_proxy_on_it_does_not(
    inside: InsideHall, path: str, header: str
) -> None:
    near = from_(inside, "127.0.0.1")
    assert "database" in near.get(path).text
    assert "database" not in near.get(path, headers={header: "127.0.0.1"}).text


def test_strangers_hear_whether_it_is_ready_and_no_more(inside: InsideHall) -> None:
    far = from_(inside, FAR)
    answer = far.get(HEALTH)
    assert answer.status_code == (200 if answer.json()["ready"] else 503)
    assert answer.json()["parts"] == {}
    assert far.get("/metrics").status_code == 401


def test_a_token_for_figures_opens_them_and_nothing_else(inside: InsideHall) -> None:
    def token(scope: str) -> dict[str, str]:
        made = inside.ask("POST", "/api/v1/tokens", {"name": f"for {scope}", "scopes": [scope]}, who="manager")
        return {"authorization": f"Bearer {made.json()['token']}"}

    far, monitor, reader = from_(inside, FAR), token("metrics.read"), token("data.read")
    assert "halltwin_now" in far.get("/metrics", headers=monitor).text
    assert "database" in far.get(HEALTH, headers=monitor).json()["parts"]
    assert far.get("/api/v1/twin", headers=monitor).status_code == 403
    assert far.get("/metrics", headers=reader).status_code == 403
    assert far.get(HEALTH, headers=reader).json()["parts"] == {}
    assert far.get("/metrics", headers={"authorization": "Bearer made-up"}).status_code == 401
