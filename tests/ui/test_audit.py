"""The audit of a running hall: found, proven, verified, exported, and on record itself."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from websockets.exceptions import InvalidStatus

from services.kernel.strict_json import INTEGER_MAX
from ui.cli.main import main
from ui.testing import DemoHall, LivePage, eventually

pytestmark = pytest.mark.integration


def lines(hall: DemoHall, **wanted: Any) -> list[dict[str, Any]]:
    answer = hall.as_("audit_admin").get("/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["lines"]
    return found


def sealed(hall: DemoHall, line: int) -> dict[str, Any]:
    """The proof of this line, once it is sealed."""

    def ask() -> dict[str, Any] | None:
        answer = hall.as_("audit_admin").get("/audit/proof", params={"line": line})
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found

    return eventually(ask, what="a line in the tree")  # type: ignore[return-value]


def test_the_hall_says_when_it_began_and_with_which_key_it_signs(hall: DemoHall) -> None:
    (line,) = lines(hall, action="hall.start")
    sealed(hall, line["id"])
    state = hall.as_("audit_admin").get("/audit/head").json()
    assert line["actor"] == "system:hall"
    assert line["after"]["audit_key"] == state["head"]["key"]
    assert line["after"]["ended_before"] is None
    assert state["keep_days"] >= 183
    key = hall.data / "audit" / "head.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_line_is_proven_to_be_in_the_tree_by_its_path(hall: DemoHall) -> None:
    proof = sealed(hall, lines(hall, limit=1)[0]["id"])
    at, last, made = proof["place"], proof["head"]["size"] - 1, bytes.fromhex(proof["leaf"])
    for step in proof["path"]:  # RFC 9162, 2.1.3.2
        if at & 1 or at == last:
            made = hashlib.sha256(b"\x01" + bytes.fromhex(step) + made).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            made = hashlib.sha256(b"\x01" + made + bytes.fromhex(step)).digest()
        at, last = at >> 1, last >> 1
    assert (last, made.hex()) == (0, proof["head"]["root"])
    told = hall.as_("audit_admin").get("/audit/consistency", params={"first": proof["head"]["size"]}).json()
    assert told["head"]["size"] >= proof["head"]["size"]


def test_looking_is_on_record_once_a_search_and_without_what_was_typed(hall: DemoHall) -> None:
    auditor = hall.as_("audit_admin")
    page = auditor.get("/audit", params={"text": "欧阳娜娜", "limit": 1}).json()
    first = auditor.get("/audit", params={"action": "session.begin", "limit": 1}).json()
    auditor.get("/audit", params={"action": "session.begin", "limit": 1, "cursor": first["next"]})
    assert page["lines"] == []
    searches = [line["after"] for line in lines(hall, action="audit.search", limit=3)]
    # The newest is this very search.
    assert searches == [{"action": "audit.search"}, {"action": "session.begin"}, {"text": "欧**娜"}]


@pytest.mark.parametrize("role", ["manager", "admin", "security_admin", "leader"])
def test_nobody_else_sees_it_and_that_they_tried_is_on_record_once_a_minute(hall: DemoHall, role: str) -> None:
    for _ in range(5):
        assert hall.as_(role).get("/audit").status_code == 403

    def refused() -> list[dict[str, Any]]:
        me = hall.as_(role).get("/session").json()["actor"]["id"]
        return lines(hall, action="request.refused", actor=me, target="GET /api/v1/audit")

    found = eventually(refused, what="a line of the refusal")
    assert [line["after"]["status"] for line in found] == [403]


def test_a_feed_that_is_refused_is_on_record_like_any_request(hall: DemoHall) -> None:
    clerk = hall.as_("clerk")
    me = clerk.get("/session").json()["actor"]["id"]
    assert clerk.get("/live/sse", params={"view": "ops"}).status_code == 403
    for _ in range(3):
        with hall.page("ops", clerk) as page:
            assert page.receive()["status"] == 403
    with pytest.raises(InvalidStatus):
        LivePage(hall.document["api"], {"type": "sub", "view": "hall"}, None, origin="https://elsewhere.example")
    with pytest.raises(InvalidStatus):
        LivePage(hall.document["api"], None, None, origin="https://elsewhere.example", path="/live/replay")

    def told(who: str, *targets: str) -> list[int] | None:
        found = [lines(hall, action="request.refused", actor=who, target=target) for target in targets]
        return [line["after"]["status"] for some in found for line in some] if all(found) else None

    mine = eventually(lambda: told(me, "GET /api/v1/live/sse", "WS /api/v1/live"), what="what the clerk tried")
    assert mine == [403, 403]  # three tries are one line; how many more it were is told a minute later
    eventually(lambda: told("visitor", "WS /api/v1/live", "WS /api/v1/live/replay"), what="what a page of others tried")


def test_programs_and_exports_are_on_record_a_program_once_a_day(hall: DemoHall) -> None:
    made = hall.as_("manager").post("/tokens", json={"name": "reader", "days": 1}).json()
    with hall.client() as program:
        program.headers["Authorization"] = f"Bearer {made['token']}"
        for _ in range(3):
            assert program.get("/history/export", params={"entity": "shifanqu:queue:rsj"}).status_code == 200
    who = f"token:{made['id']}"
    assert [line["target"] for line in lines(hall, action="token.used", actor=who)] == [who]
    taken = lines(hall, action="data.export", actor=who)
    assert [line["after"]["entities"] for line in taken] == [["shifanqu:queue:rsj"]] * 3


def verify_now(hall: DemoHall) -> dict[str, Any]:
    """The verdict of a run that began after this was asked."""
    auditor = hall.as_("audit_admin")
    before = auditor.get("/audit/head").json()["verdict"]
    assert auditor.post("/audit/verify").status_code == 202

    def done() -> dict[str, Any] | None:
        state: dict[str, Any] = auditor.get("/audit/head").json()
        return state["verdict"] if not state["verifying"] and state["verdict"] != before else None

    return eventually(done, what="a verdict")  # type: ignore[return-value]


def test_all_lines_are_verified_when_asked(hall: DemoHall) -> None:
    verdict = verify_now(hall)
    assert (verdict["ok"], verdict["defects"]) == (True, [])
    assert verdict["lines"] > 0
    eventually(lambda: lines(hall, action="audit.verify"), what="the line that says so")


def test_the_same_lines_leave_as_csv_that_runs_nothing(hall: DemoHall) -> None:
    answer = hall.as_("audit_admin").get("/audit/export", params={"action": "hall.start"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    head, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert head[:4] == ["line", "time", "actor", "action"]
    assert row[2:5] == ["system:hall", "hall.start", "hall"]
    assert lines(hall, action="audit.export", limit=1)[0]["after"] == {"action": "hall.start"}


def command(*words: str, hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = main(["audit", *words, "--json", "--data", str(hall.data)])
    return code, json.loads(capsys.readouterr().out)


def test_the_running_hall_and_an_export_of_it_are_verified_by_command(
    hall: DemoHall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sealed(hall, lines(hall, limit=1)[0]["id"])
    code, verdict = command("verify", hall=hall, capsys=capsys)
    assert (code, verdict["ok"], verdict["defects"]) == (0, True, [])
    code, written = command("export", str(tmp_path), hall=hall, capsys=capsys)
    file = Path(written["file"])
    assert (code, file.parent, written["key"]) == (0, tmp_path, verdict["head"]["key"])
    code, offline = command("verify", str(file), "--key", written["key"], hall=hall, capsys=capsys)
    assert (code, offline["ok"], offline["lines"]) == (0, True, written["lines"])
    rows = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*rows[:-3], rows[-3].replace(b'"actor":"', b'"actor":"x'), *rows[-2:]]))
    code, forged = command("verify", str(file), hall=hall, capsys=capsys)
    assert (code, forged["ok"]) == (4, False)
    assert [defect["line"] for defect in forged["defects"]] == [json.loads(rows[-3])["id"]]


def test_what_is_no_export_is_said_to_be_none(
    hall: DemoHall, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", str(tmp_path / "none.jsonl"), "--json"]) == 4
    assert json.loads(capsys.readouterr().err)["type"] == "urn:halltwin:problem:audit"
    (tmp_path / "other.jsonl").write_text("{}\n")
    code, verdict = command("verify", str(tmp_path / "other.jsonl"), hall=hall, capsys=capsys)
    assert (code, verdict["ok"], verdict["lines"]) == (4, False, 0)


def audit_alarm(hall: DemoHall) -> dict[str, Any] | None:
    """As those see it who watch over the hall."""
    found = hall.as_("security").get("/alarms").json()
    return next((alarm for alarm in found if alarm["type"] == "audit_broken"), None)


def test_a_line_changed_in_the_database_is_named_by_command_and_raises_an_alarm_that_names_it(
    hall: DemoHall, capsys: pytest.CaptureFixture[str]
) -> None:
    line = lines(hall, action="hall.start")[0]["id"]
    sealed(hall, line)
    with psycopg.connect(hall.document["database"], autocommit=True) as conn, conn.transaction():
        conn.execute("alter table audit.line disable trigger all")
        conn.execute("update audit.line set why = 'forged' where id = %s", [line])
    try:
        code, verdict = command("verify", hall=hall, capsys=capsys)
        alarm = eventually(lambda: audit_alarm(hall), what="an alarm")
    finally:
        with psycopg.connect(hall.document["database"], autocommit=True) as conn, conn.transaction():
            conn.execute("update audit.line set why = '' where id = %s", [line])
            conn.execute("alter table audit.line enable trigger all")
    assert code == 4
    assert verdict["defects"] == [{"kind": "altered", "line": line, "what": f"line {line} is not as it was written"}]
    assert alarm is not None
    assert (alarm["priority"], alarm["state"], alarm["value"]) == (1, "active", line)
    assert all(str(line) in alarm["label"][lang] for lang in ("zh", "en"))
    assert alarm["source_name"] == {"zh": "操作留痕", "en": "Audit"}
    assert hall.as_("clerk").get("/alarms").status_code == 403
    assert command("verify", hall=hall, capsys=capsys)[0] == 0
    eventually(lambda: verify_now(hall)["ok"], what="a verdict that it is whole again")
    eventually(lambda: (audit_alarm(hall) or {}).get("state") == "cleared-unacked", what="its end")
    assert hall.as_("security").post(f"/alarms/{alarm['id']}/acknowledge", json={}).status_code == 200
    assert audit_alarm(hall) is None


def test_a_line_of_a_number_that_no_row_can_have_is_refused(hall: DemoHall) -> None:
    auditor, beyond = hall.as_("audit_admin"), INTEGER_MAX + 1
    for path, name in (("/audit", "cursor"), ("/audit/proof", "line"), ("/audit/consistency", "first")):
        assert auditor.get(path, params={name: beyond}).status_code == 422, path
        assert auditor.get(path, params={name: INTEGER_MAX}).status_code in (200, 404, 422), path
