"""docs/security/limits.md says what is so: each limit has its value, each has a test, none is missing."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from building.formats import FORMATS
from services.accounts.signin_errors import TooManyFactors
from tests.ui.test_asvs import _tests_of
from twin.enrolment import WISHES_MAX
from ui.api.gate import API
from ui.device_table import UnreadableTable, read_table
from ui.testing_inside import VISITOR, Answer, InsideHall

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/security/limits.md").read_text(encoding="utf-8")
UNITS = {"kB": 1024, "MB": 1024**2, "GB": 1024**3, "s": 1, "min": 60, "h": 3_600, "d": 86_400}
HELD = re.compile(r"`([a-z_.]+:[A-Za-z_.]+)`")
SHOWN = re.compile(r"`(tests/[\w/]+\.py::test_\w+)`")
NUMBER = re.compile(r"(\d+)(?: (kB|MB|GB|s|min|h|d)\b)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table that names constants, or a test."""

    text: str
    held: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def values(self) -> list[int]:
        """The numbers before the constants, in order."""
        cells = [cell.strip() for cell in self.text.strip("|").split("|")]
        at = next(n for n, cell in enumerate(cells) if HELD.search(cell))
        found = [NUMBER.match(part.strip()) for cell in cells[1:at] for part in re.split(r"[;,]| in ", cell)]
        return [int(one[1]) * UNITS.get(one[2], 1) for one in found if one]


def _rows() -> list[Row]:
    lines = [line for line in DOCUMENT.splitlines() if line.startswith("|") and not set(line) <= set("|- ")]
    rows = [Row(line, tuple(HELD.findall(line)), tuple(SHOWN.findall(line))) for line in lines]
    return [row for row in rows if row.held or row.shown]


def _value(name: str) -> Any:
    module, _, path = name.partition(":")
    found: Any = importlib.import_module(module)
    for part in path.split("."):
        found = _default(found, part) if isinstance(found, type) and is_dataclass(found) else getattr(found, part)
    return found


def _default(kind: Any, name: str) -> Any:
    return next(f.default for f in fields(kind) if f.name == name)


def test_each_limit_has_the_value_that_is_written() -> None:
    wrong = [
        (row.text[:60], row.values, [_value(name) for name in row.held])
        for row in _rows()
        if row.held and row.values != [_value(name) for name in row.held]
    ]
    assert wrong == []
    assert sum(len(row.held) for row in _rows()) > 50


def test_each_limit_and_each_rule_has_a_test() -> None:
    shown = [name for row in _rows() for name in row.shown]
    missing = [name for name in shown if name.partition("::")[2] not in _tests_of(name.partition("::")[0])]
    assert missing == []
    without = [row.text for row in _rows() if not row.shown and ":FORMAT.max_bytes" not in row.text]
    assert without == []
    assert len(shown) > 60


def test_each_format_that_is_read_is_named() -> None:
    named = re.findall(r"^\| (\w+) \| `\.", DOCUMENT, re.MULTILINE)
    assert named == [form.name for form in FORMATS]


OWN_PAGE = frozenset(
    {"services.accounts.password_rules", "services.accounts.passwords", "services.accounts.pace",
     "services.accounts.card_signin", "services.accounts.api.session"}
)  # fmt: skip
"""Of signing in: docs/security/signing-in.md."""
INSIDE = {
    "services.accounts.importing:NAME_MAX": "characters of a name",
    "services.accounts.oidc:NAME_MAX": "characters of a name",
    "services.accounts.oidc:CODE_MAX": "what a provider sends",
    "services.accounts.oidc:TOKEN_MAX": "what a provider sends",
    "services.accounts.limiter:FULL_MAX": "memory of refused keys",
    "services.accounts.remembered:REMEMBERED_MAX": "memory of logins",
    "services.accounts.organisation:LISTED_MAX": "length of a list",
    "services.accounts.registration:LISTED_MAX": "length of a list",
    "services.accounts.sheets:EXCEL_ROWS_MAX": "Excel's own",
    "services.accounts.sheets:FILE_BYTES_MAX": "the body's limit comes first",
    "services.evaluation.contacts:LISTED_MAX": "length of a list",
    "services.privacy.model:LIST_MAX": "length of a list",
    "services.guide.catalogue:MAX_FILE_BYTES": "files of the house's own",
    "services.guide.phonetic:MAX_READINGS": "search",
    "services.guide.search:MAX_QUERY": "search",
    "services.guide.search:MAX_INITIALS": "search",
    "services.kernel.addresses:KEPT_MAX": "memory of addresses",
    "services.kernel.documents:MAX_QR_CHARACTERS": "what a QR code holds",
    "services.kernel.erasures:FLUSH_MAX": "size of a batch",
    "services.kernel.outbox:MAX_BATCH": "size of a batch",
    "services.kernel.outgoing:URL_MAX": "what we ask of others",
    "services.kernel.outgoing:ADDRESSES_MAX": "what we ask of others",
    "services.kernel.outgoing:MAX_BYTES": "what we ask of others",
    "services.kernel.strict_json:INTEGER_MAX": "what a number is",
    "services.kernel.vault_ciphers:KEYS_MAX": "memory of keys",
    "services.kernel.vault_ciphers:TEXTS_MAX": "memory of texts",
    "services.navigation.service:RECENT_MAX": "memory of buildings",
    "services.queue.model:MAX_CREDIT_MS": "how far anybody is preferred",
    "services.queue.wait:MAX_SAMPLES": "statistics",
    "ui.api.live:HZ_MAX": "pace of the feed",
    "ui.api.request_log:KINDS_MAX": "memory of refusals",
}
"""Limits that nobody meets by asking: what we remember, show or ask for ourselves."""


def _constants() -> Iterator[str]:
    for path in sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "ui/api").glob("*.py")]):
        module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            for target in targets:
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name) and re.search(r"(^|_)MAX(_|$)", name.id) and name.id[0] != "_":
                        yield f"{module}:{name.id}"


def test_no_limit_of_the_services_and_of_the_api_is_missing() -> None:
    """A new one gets a row in docs/security/limits.md, or a reason above why nobody meets it."""
    told = {name for row in _rows() for name in row.held}
    constants = [name for name in _constants() if name.partition(":")[0] not in OWN_PAGE]
    assert sorted(name for name in constants if name not in told and name not in INSIDE) == []
    assert set(INSIDE) <= set(constants)
    assert not set(INSIDE) & told


# --- beyond each limit that no other test goes beyond


def _make(inside: InsideHall, path: str, body: Any, who: str) -> Answer:
    return inside.ask("POST", API + path, body, who=who)


NAME = {"zh": "限额", "en": "limit"}


@pytest.mark.integration
def test_there_is_an_end_to_units_posts_and_roles(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    unit = _make(inside, "/accounts/units", {"name": NAME}, "admin").json()["id"]
    monkeypatch.setattr("services.accounts.organisation.UNITS_MAX", 1)
    monkeypatch.setattr("services.accounts.organisation.POSTS_MAX", 0)
    monkeypatch.setattr("services.accounts.rights.HOUSE_ROLES_MAX", 0)
    role = {"key": "beyond", "name": NAME, "permissions": ["ops.view"]}
    for path, body, who in (
        ("/accounts/units", {"name": NAME}, "admin"),
        (f"/accounts/units/{unit}/posts", {"name": NAME}, "admin"),
        ("/accounts/roles", role, "security_admin"),
    ):
        answer = _make(inside, path, body, who)
        assert (answer.status, "most" in answer.json()) == (409, True), answer.text
    assert inside.ask("DELETE", f"{API}/accounts/units/{unit}", who="admin").status == 204


@pytest.mark.integration
def test_there_is_an_end_to_paired_browsers(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    pairings = inside.hall.accounts.pairings
    house = pairings._house
    monkeypatch.setattr(pairings, "_house", replace(house, limits=replace(house.limits, pairings_max=0)))
    answer = _make(inside, "/pairings", {"role": "kiosk", "name": "大厅"}, "manager")
    assert (answer.status, answer.json()["title"]) == (409, "accounts.too_many_pairings"), answer.text


@pytest.mark.integration
def test_there_is_an_end_to_ones_own_factors(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    own = inside.hall.accounts.own_ways
    monkeypatch.setattr(own, "_house", replace(own._house, limits=replace(own._house.limits, factors_max=0)))
    with inside.hall.database.transaction() as conn, pytest.raises(TooManyFactors):
        own._check_room(conn, "anybody")


@pytest.mark.integration
def test_there_is_an_end_to_registrations_that_wait(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = {"policy": "review"}  # whatever the tests before made of it
    assert inside.ask("PUT", f"{API}/accounts/registrations/policy", policy, who="security_admin").status == 204
    monkeypatch.setattr("services.accounts.registration.WAITING_MAX", 0)
    asked = {"kind": "citizen", "user": "beyond.limit", "password": "correct horse battery", "name": "张三"}
    asked["id_number"] = "11010119900307803X"
    answer = _make(inside, "/accounts/registrations", asked, VISITOR)
    assert answer.json()["title"] == "accounts.registrations_full", answer.text


@pytest.mark.integration
def test_a_queue_has_an_end(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _make(inside, "/queue/windows/A02/open", None, "clerk").status in (200, 409)
    monkeypatch.setattr("services.queue.tickets.MAX_WAITING", 0)
    answer = _make(inside, "/queue/tickets", {"item": "RSJ-01"}, VISITOR)
    assert (answer.status, answer.json()["title"]) == (409, "queue.full")


@pytest.mark.integration
def test_an_export_of_the_audit_has_an_end(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):  # each look is a line itself
        assert inside.ask("GET", f"{API}/audit", who="audit_admin").status == 200
    monkeypatch.setattr("ui.api.oversight.EXPORT_MAX", 2)
    assert len(inside.ask("GET", f"{API}/audit/export", who="audit_admin").text.splitlines()) == 1 + 2


@pytest.mark.integration
def test_uploads_at_one_time_have_an_end(inside: InsideHall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.draft_reader.UPLOADS_MAX", 0)
    answer = inside.ask("POST", f"{API}/building/drafts?name=x", b"x", who="manager")
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.integration
def test_a_code_of_invitation_lives_a_week_at_most(inside: InsideHall) -> None:
    week_s = 7 * 86_400
    assert _make(inside, "/admission/invitations", {"count": 1, "valid_s": week_s + 1}, "manager").status == 422
    assert _make(inside, "/admission/invitations", {"count": 101}, "manager").status == 422


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/routes?to=A02&" + "&".join(f"closed=D{n}" for n in range(51)), VISITOR),
        ("/routes?to=A02&closed=" + ",".join(f"D{n}" for n in range(51)), VISITOR),
        ("/twin?" + "&".join(f"kind=k{n}" for n in range(51)), "manager"),
        (f"/twin?kind={'x' * 121}", "manager"),
        ("/accounts/users?limit=201", "admin"),
        ("/guide/items?limit=101", VISITOR),
        ("/history/marks?limit=2001", "manager"),
        ("/history/trend?entity=x&point=y&points=501", "manager"),
        ("/building/versions?limit=201", "manager"),
        (f"/qr.svg?path=/{'x' * 300}", VISITOR),
        ("/audit?limit=501", "audit_admin"),
    ],
)
def test_a_request_has_ends(inside: InsideHall, path: str, who: str) -> None:
    answer = inside.ask("GET", API + path, who=who)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/history/export", "manager"), ("/history/marks", "manager"), ("/history/recorded", "manager"),
        ("/audit", "audit_admin"), ("/history/trend?entity=x&point=y", "manager"),
    ],
)  # fmt: skip
def test_a_span_of_time_begins_before_it_ends(inside: InsideHall, path: str, who: str) -> None:
    between = f"{'&' if '?' in path else '?'}since=2000&until=1000"
    answer = inside.ask("GET", f"{API}{path}{between}", who=who)
    assert (answer.status, answer.json()["text"]["zh"]) == (422, "开始时间应早于结束时间。")


def test_a_list_of_devices_has_an_end(tmp_path: Path) -> None:
    rows = "".join(f"D{n},door,门\n" for n in range(WISHES_MAX + 1))
    (tmp_path / "list.csv").write_text(f"id,kind,name\n{rows}", encoding="utf-8")
    with pytest.raises(UnreadableTable, match=str(WISHES_MAX)):
        read_table(tmp_path / "list.csv")


@pytest.mark.integration
@pytest.mark.parametrize(
    "path", ["javascript:alert(1)", "//evil.example", "https://evil.example", "data:text/html,x", ""]
)
def test_a_code_to_scan_leads_to_our_own_pages_only(inside: InsideHall, path: str) -> None:
    assert inside.ask("GET", f"{API}/qr.svg?path={quote(path, safe='')}").status == 422
