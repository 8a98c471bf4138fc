"""Canaries: secrets go through the real flows, and then everything that the hall writes is searched for them."""

from __future__ import annotations

import base64
import json
import logging
import secrets
from collections.abc import Iterable
from typing import Any

import pytest

from iot.broker.credentials import new_password
from ui.cli.main import main
from ui.testing_inside import VISITOR, Answer, InsideHall, log_in_at_first

pytestmark = pytest.mark.integration

API = "/api/v1"


def _spellings(secret: str) -> set[str]:
    """As it is, and as it would stand in a dump of bytes or a URL."""
    raw = secret.encode()
    return {secret, raw.hex(), base64.b64encode(raw).decode().rstrip("="), json.dumps(secret)[1:-1]}


def _dump(inside: InsideHall) -> dict[str, str]:
    """Every row of every table, as text."""
    with inside.hall.database.transaction() as conn:
        tables = conn.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
        ).fetchall()
        found = {}
        for schema, table in tables:
            rows = conn.execute(f'select row_to_json(t)::text from "{schema}"."{table}" t').fetchall()  # noqa: S608
            found[f"{schema}.{table}"] = "\n".join(row[0] for row in rows)
    return found


def _found(canaries: dict[str, str], places: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (what, place)
        for what, secret in canaries.items()
        for place, text in places.items()
        if any(spelling in text for spelling in _spellings(secret))
    ]


def _made(answer: Answer) -> Any:
    assert answer.status in (200, 201, 202), answer.text
    return answer.json()


def _plant(inside: InsideHall) -> tuple[dict[str, str], list[Answer]]:
    """Each secret by the flow that people use; and what was answered to those who got something wrong."""
    password, wrong = secrets.token_urlsafe(18), secrets.token_urlsafe(18)
    phone, bearer, cookie = f"139{secrets.randbelow(10**8):08d}", secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    person = {"user": "canary.bird", "password": password, "name": "密探测试", "roles": ["clerk"], "phone": phone}
    _made(inside.ask("POST", f"{API}/accounts/users", person, who="admin"))
    given, password = password, secrets.token_urlsafe(18)
    session = log_in_at_first(inside, "canary.bird", given, password)
    token = _made(inside.ask("POST", f"{API}/tokens", {"name": "canary"}, who="manager"))["token"]
    paired = _made(inside.ask("POST", f"{API}/pairings", {"role": "kiosk", "name": "canary"}, who="manager"))
    claimed = inside.ask("POST", f"{API}/pairings/claim", {"code": paired["code"]})
    device = claimed.headers["set-cookie"].partition(";")[0]
    guest = _made(inside.ask("POST", f"{API}/admission/invitations", {"count": 1}, who="manager"))[0]
    factor = _made(inside.ask("POST", f"{API}/factors/totp", headers={"cookie": session}))
    refused = [
        inside.ask("POST", f"{API}/session", {"user": "canary.bird", "password": wrong}),
        inside.ask("POST", f"{API}/session", {"user": "canary.bird", "password": [wrong]}),
        inside.ask("POST", f"{API}/session", f'{{"password":"{wrong}","user":'.encode()),
        inside.ask("POST", f"{API}/accounts/users", {**person, "roles": ["nobody"]}, who="admin"),
        inside.ask("POST", f"{API}/pairings/claim", {"code": paired["code"]}),
        inside.ask("GET", f"{API}/twin", headers={"authorization": f"Bearer {bearer}"}),
        inside.ask("GET", f"{API}/twin", headers={"cookie": f"{inside.hall.cookies.session}={cookie}"}),
    ]
    assert all(answer.status >= 400 for answer in refused), [answer.status for answer in refused]
    planted = {
        "given password": given, "password": password, "wrong password": wrong, "phone": phone,
        "session": session.partition("=")[2],
        "program's token": token, "pairing code": paired["code"], "device": device.partition("=")[2],
        "guest's password": guest["password"], "one-time secret": factor["secret"], "made-up token": bearer,
        "made-up cookie": cookie, "vault key": _vault_key(inside),
    }  # fmt: skip
    return planted, refused


def _vault_key(inside: InsideHall) -> str:
    return inside.vault_key.read_bytes().strip().decode("latin-1")


def _everything_readable(inside: InsideHall) -> Iterable[tuple[str, str]]:
    """Whatever any page or program may read, as the one who may."""
    yield "/metrics", inside.ask("GET", "/metrics").text
    for who, path in (
        (VISITOR, "/health"), ("audit_admin", "/audit"), ("manager", "/counters"), ("manager", "/tokens"),
        ("manager", "/pairings"), ("manager", "/admission"), ("admin", "/accounts/users"), ("manager", "/connectors"),
    ):  # fmt: skip
        yield path, inside.ask("GET", API + path, who=who).text


def test_no_secret_of_any_flow_stands_in_database_logs_metrics_or_errors(
    inside: InsideHall, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        planted, refused = _plant(inside)
        assert main(["asvs", "--json"]) == 0
    out, err = capsys.readouterr()
    assert all(len(secret) >= 8 for secret in planted.values())
    places = _dump(inside)
    assert any("canary.bird" in text for text in places.values()), "the dump reads what was written"
    places |= dict(_everything_readable(inside))
    places |= {f"refusal {n}": answer.text for n, answer in enumerate(refused)}
    places |= {"log": caplog.text, "stdout": out, "stderr": err, "repr": repr(vars(inside.hall))}
    assert _found(planted, places) == []


def test_the_search_finds_what_is_there() -> None:
    secret = new_password(secrets.token_bytes)
    for spelling in _spellings(secret):
        assert _found({"x": secret}, {"log": f"... {spelling} ..."}) == [("x", "log")]
