"""docs/security/communications.md and resources.md say what is so: every way out, every bound, every risky part."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from iot.connectors import connection
from tests.ui.test_limits_document import _value
from ui import log_shipping
from ui.launcher import launcher

ROOT = Path(__file__).resolve().parents[1]
SAID = (ROOT / "docs/security/communications.md").read_text(encoding="utf-8")
COSTLY = (ROOT / "docs/security/resources.md").read_text(encoding="utf-8")
SERVING = ("building", "wayfinding", "iot", "twin", "services", "ui")
ASIDE = re.compile(r"ui/cli/bench/|ui/testing|iot/(fuzz|testing)|(services/\w+|twin)/testing|ui/web/")
OPENS = re.compile(
    r"socket\.(?:create_connection|create_server|socket)\(|http\.client\.HTTP|start_(?:unix_)?server\(|psycopg\.connect\("
    r"|import paho|urlopen|urllib\.request|import (?:httpx2?|requests|aiohttp|smtplib|ftplib|websockets)"
    r"|subprocess\.Popen"
)
NAMED = re.compile(r"`([a-z_/0-9]+\.py)`")


@cache
def openers() -> frozenset[str]:
    found = set()
    for package in SERVING:
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" not in path.parts and not ASIDE.match(name) and OPENS.search(path.read_text("utf-8")):
                found.add(name)
    return frozenset(found)


def test_every_file_that_opens_a_connection_or_starts_a_process_is_named() -> None:
    assert openers() - set(NAMED.findall(SAID)) == set()
    assert len(openers()) > 10
    assert [name for name in NAMED.findall(SAID) if not (ROOT / name).is_file()] == []


def test_the_times_are_those_of_the_program() -> None:
    connect_s, wait_s, most = (_value(f"twin.store.database:{name}") for name in ("CONNECT_S", "WAIT_S", "POOL_MAX"))
    assert f"{connect_s:g} s to connect, {wait_s:g} s for one of {most} connections" in SAID
    assert f"{connection._CONNECT_TIMEOUT_S:g} s to connect" in SAID
    assert f"{connection._RETRY_S[0]:g} to {connection._RETRY_S[-1]:g} s" in SAID
    assert f"{log_shipping.CONNECT_S:g} s to connect | {log_shipping.WAITING_MAX:,} lines wait" in SAID
    assert f"tried every {log_shipping.RETRY_S:g} s" in SAID
    assert f"after {launcher.READY_TIMEOUT_S:g} s the start has failed" in SAID
    outgoing_s, outgoing = (_value(f"services.kernel.outgoing:{name}") for name in ("TIMEOUT_S", "MAX_BYTES"))
    assert f"| {outgoing_s:g} s, {outgoing // 1024**2} MB |" in SAID


def test_the_bounds_of_what_costs_much_are_those_of_the_program() -> None:
    told = re.findall(r"`([a-z_.]+:[A-Za-z_.]+)`=([\d.]+)", COSTLY)
    assert {name: float(value) for name, value in told} == {name: float(_value(name)) for name, _ in told}
    rows = [line for line in COSTLY.partition("## What costs")[2].partition("\n## ")[0].splitlines() if "`" in line]
    assert len(rows) >= 12
    assert all("`=" in row for row in rows), "each has a bound that is held"


def test_every_library_that_reads_what_strangers_send_is_named_as_risky() -> None:
    """Those we ask for that are in another language, or stand on the network or before files of others."""
    asked = set(
        re.findall(r'^  "([a-z0-9-]+)', (ROOT / "pyproject.toml").read_text().partition("\n]")[0], re.MULTILINE)
    )
    harmless = {
        "argon2-cffi", "jsonschema", "msgspec", "paho-mqtt", "prometheus-client", "psutil", "psycopg", "pypinyin",
        "scipy", "segno", "tzdata", "zxcvbn",
    }  # fmt: skip
    table = COSTLY.partition("## What is risky")[2]
    assert [name for name in sorted(asked - harmless) if name not in table] == []
