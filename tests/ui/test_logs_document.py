"""docs/security/logs.md names every log and every event, and the program writes no other."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from iot.broker.log import KEPT_BYTES_MAX
from twin.store.postgres import SETTINGS
from ui.api.request_log import KINDS_MAX, SHORTEST_ERROR, WINDOW_S
from ui.launcher.child import LOG_BYTES_MAX, LOGS_KEPT
from ui.log_shipping import SHIPPED, WAITING_MAX
from ui.logs import ERROR_MAX, TEXT_MAX
from ui.testing import DemoHall

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/security/logs.md").read_text(encoding="utf-8")
SERVING = ("building", "wayfinding", "iot", "twin", "services", "ui")
ASIDE = re.compile(r"ui/cli/|ui/web/|ui/testing|ui/reading/|iot/(fuzz|testing)|(services/\w+|twin)/testing")
"""Commands print, tests and measures are for whoever runs them, readers speak to their parent."""
SINKS = {"ui/logs.py", "ui/log_shipping.py"}
"""Who may say where lines go."""
SPEAKS = {
    "building/formats/hall/__main__.py": "a command: prints a schema",
    "iot/broker/embedded_server.py": "its standard error is the broker's log",
}


@cache
def sources() -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, path.read_text(encoding="utf-8"))
        for package in SERVING
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts and not ASIDE.match(name := path.relative_to(ROOT).as_posix())
    )


def _events() -> set[str]:
    found = set()
    for _, text in sources():
        if "_log." not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="_log")), args=[ast.Constant(value=str(said)), *_]):
                    found.add(said.partition(" ")[0].removesuffix(":"))
    return found


def test_every_event_stands_there_and_no_other() -> None:
    table = DOCUMENT.partition("## Events")[2]
    told = {word for line in table.splitlines() if line.startswith("| `") for word in
            re.findall(r"`([a-z_]+)`", line.split("|")[1])}  # fmt: skip
    assert told == _events()


def test_lines_go_nowhere_but_where_it_says() -> None:
    handlers = re.compile(r"\b(\w*Handler\(|basicConfig|dictConfig|fileConfig|addHandler|syslog\.|FileHandler)")
    assert {name for name, text in sources() if handlers.search(text)} == SINKS
    printing = re.compile(r"^\s*print\(|sys\.std(out|err)\.write|os\.write\([12],", re.MULTILINE)
    assert {name for name, text in sources() if printing.search(text)} == SPEAKS.keys()


def test_the_numbers_are_those_of_the_program() -> None:
    mb = 1024**2
    kept = f"{LOG_BYTES_MAX // mb} MB, and {LOGS_KEPT} full ones before"
    assert DOCUMENT.count(kept) == 2
    assert f"{KEPT_BYTES_MAX // 1_000_000} MB, and one before" in DOCUMENT
    assert (SETTINGS["log_rotation_age"], SETTINGS["log_filename"]) == ("1d", "postgresql-%a.log")
    assert SETTINGS["log_timezone"] == "UTC"
    assert f"{WAITING_MAX:,} lines wait" in DOCUMENT
    assert f"{TEXT_MAX:,} characters of words and {ERROR_MAX:,}" in DOCUMENT
    assert f"beyond {KINDS_MAX} kinds" in DOCUMENT
    assert f"an answer of {SHORTEST_ERROR} and above" in DOCUMENT
    assert WINDOW_S == 60
    assert f"`audit/{SHIPPED}`" in DOCUMENT


@pytest.mark.integration
def test_a_running_hall_writes_no_other_logs_and_none_that_others_may_read(hall: DemoHall) -> None:
    files = [path for path in hall.data.rglob("*") if path.is_file() and ".log" in path.name]
    written = {re.sub(r"-(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\.", "-DAY.", path.relative_to(hall.data).as_posix())
               for path in files}  # fmt: skip
    assert "logs/server.log" in written
    assert written <= set(re.findall(r"`([a-z]+/[A-Za-z./-]+\.log)`", DOCUMENT))
    for path in files:
        within = [path, *path.parents][: len(path.relative_to(hall.data).parts)]
        assert any(one.stat().st_mode & 0o077 == 0 for one in within), path
