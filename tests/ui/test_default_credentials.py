"""A hall just begun lets in nobody by what everybody tries first: at its broker, at its pages, as a program."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.iot.broker.packets import connect
from ui.testing import DemoHall

pytestmark = pytest.mark.integration
PAIRS = [
    ("admin", "admin"), ("root", "root"), ("hall", "hall"), ("hall", ""), ("guest", "guest"), ("mqtt", "mqtt"),
    ("hall.lobby", "hall.lobby"), ("dashboard", "dashboard"), ("admin", "public"), ("admin", "123456"),
]  # fmt: skip
REFUSED = {5, 0x86, 0x87}
"""MQTT 3.1.1: not authorised; 5: bad name or password, not authorised."""


def answer_of_broker(port: int, user: str, password: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(connect(0xC2, user, user, password))
        return link.recv(4)


def test_the_broker_knows_no_default_name_and_password(hall: DemoHall) -> None:
    port = urlsplit(hall.document["broker"]).port or 0
    for user, password in PAIRS:
        said = answer_of_broker(port, user, password)
        assert not said or said[3] in REFUSED, (user, password)
    login = hall.keys("climate_sensor")[0]
    own = hall._enrolled()[login]["password"]
    assert answer_of_broker(port, login, own)[3] == 0, "whoever has one is let in"


def test_no_default_login_opens_the_pages_and_no_default_token_the_data(hall: DemoHall) -> None:
    with httpx2.Client(base_url=hall.document["api"], timeout=20) as client:
        for user, password in (("admin", "admin"), ("admin", "123456"), ("root", "root")):
            assert client.post("/session", json={"user": user, "password": password}).status_code in (401, 429)
        for token in ("admin", "halltwin_", "test"):
            assert client.get("/twin", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_what_two_halls_know_is_not_the_same(hall: DemoHall) -> None:
    """Of one hall nothing can be told about another: passwords of devices and people are of this one alone."""
    document = hall.document
    passwords = [login["password"] for login in document["logins"]]
    devices = [hall._enrolled()[key]["password"] for key in hall.keys("climate_sensor")]
    known = {*passwords, *devices}
    assert len(known) == len(passwords) + len(devices)
    assert min(map(len, known)) >= 19
