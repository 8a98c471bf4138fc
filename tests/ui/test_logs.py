"""What the hall says of itself: one line of JSON each, whatever was sent; refusals counted; and shipped elsewhere."""

from __future__ import annotations

import io
import json
import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from building.formats import open_building
from iot.broker.authority import Authority
from iot.tls import harden
from services.kernel.outgoing import Outgoing, OutgoingFailed
from ui.api.app import create_app
from ui.api.limits import BODY_BYTES_MAX
from ui.api.request_log import KINDS_MAX, WINDOW_S, RefusalLog
from ui.bootstrap import describe_hall
from ui.launcher.child import roll
from ui.launcher.clock import is_clock_followed
from ui.launcher.launcher import Launcher
from ui.log_shipping import WAITING_MAX, AuditShipping, Shipper, ShippingHandler
from ui.logs import ERROR_MAX, TEXT_MAX, JsonLines, begin_logs
from ui.settings import Settings
from ui.testing import eventually
from ui.testing_inside import InsideHall

ID_NUMBER = "11010519491231002X"


def line_of(message: str, *args: object, **more: Any) -> str:
    record = logging.LogRecord("ui.test", logging.WARNING, __file__, 1, message, args, more.pop("exc_info", None))
    record.created = 1_767_602_400.125
    vars(record).update(more)
    return JsonLines().format(record)


# --- one line


@given(st.text())
def test_whatever_is_said_is_one_line_of_printable_ascii(said: str) -> None:
    line = line_of("refused %s", said, facts={"route": said})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["route"] == said


HOSTILE = ["a\nlevel=critical", "a\r\n{}", "\x1b[2J\x1b]0;x\x07", "\u2028", "\u202e", "\x00", "\x85", "\x7f"]


@pytest.mark.parametrize("said", HOSTILE)
def test_no_second_line_and_nothing_for_a_terminal_gets_in(said: str) -> None:
    line = line_of("path=%s", said)
    assert len(line.splitlines()) == 1
    assert "\x1b" not in line


def test_a_line_says_when_in_utc_how_bad_who_and_what() -> None:
    assert json.loads(line_of("gone error=%s", "x")) == {
        "time": "2026-01-05T08:40:00.125Z", "level": "warning", "logger": "ui.test", "message": "gone error=x",
    }  # fmt: skip


def test_numbers_of_people_are_masked_and_a_line_has_an_end() -> None:
    people: dict[str, str] = {}
    with pytest.raises(KeyError) as broke:
        people[f"{'x' * ERROR_MAX} no such person {ID_NUMBER}"]
    line = line_of("lost %s " + "y" * TEXT_MAX, ID_NUMBER, exc_info=(broke.type, broke.value, broke.tb))
    assert "no such person" in line
    assert ID_NUMBER not in line
    assert len(line) < TEXT_MAX + ERROR_MAX + 1_000


def test_libraries_and_threads_speak_the_same() -> None:
    root, out = logging.getLogger(), io.StringIO()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    try:
        begin_logs(out)
        logging.getLogger("uvicorn.error").error("of a library")
        thread = threading.Thread(target=lambda: 1 / 0, name="broken")
        thread.start()
        thread.join()
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        threading.excepthook = hook
        logging.captureWarnings(capture=False)
    of_library, uncaught = map(json.loads, out.getvalue().splitlines())
    assert of_library["logger"] == "uvicorn.error"
    assert (uncaught["level"], uncaught["message"]) == ("critical", "uncaught")
    assert "ZeroDivisionError" in uncaught["error"]


# --- requests


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    hall = describe_hall(tmp_path)
    hall.building = lambda: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    return TestClient(create_app(hall, pages=None), raise_server_exceptions=False)


def facts(caplog: pytest.LogCaptureFixture, message: str) -> list[dict[str, Any]]:
    return [vars(record)["facts"] for record in caplog.records if record.message == message]


def test_an_unforeseen_error_is_in_the_log_under_the_number_that_its_answer_names(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setFormatter(JsonLines())
    answer = client.get("/api/v1/building")
    told = [json.loads(line) for line in caplog.text.splitlines() if "unforeseen" in line]
    assert answer.status_code == 500
    assert [one["request"] for one in told] == [answer.json()["request"]] == [answer.headers["x-request-id"]]
    assert "ZeroDivisionError" in told[0]["error"]
    assert told[0]["route"].endswith("/building")
    assert "ZeroDivision" not in answer.text
    assert client.get("/api/v1/building").json()["request"] != answer.json()["request"]


def test_refused_input_is_told_once_a_minute_and_counted(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            assert client.post("/api/v1/session", content=b"{", headers=JSON).status_code == 422
        assert client.post("/api/v1/session", content=b"x" * (BODY_BYTES_MAX + 1), headers=JSON).status_code == 413
        assert client.get("/api/v1/twin").status_code == 401
        assert client.get("/api/v1/nothing").status_code == 404
    told = {(one["method"], one["route"], one["status"]): one["actor"] for one in facts(caplog, "refused")}
    assert ("POST", "/session", 422) in told
    assert {status for _, _, status in told} == {422, 413, 401, 404}
    assert set(told.values()) == {"visitor"}
    assert len(facts(caplog, "refused")) == 4


JSON = {"content-type": "application/json"}


def test_a_flood_of_refusals_is_bounded_and_all_of_it_counted(caplog: pytest.LogCaptureFixture) -> None:
    now_s = 0.0
    log = RefusalLog(monotonic_s=lambda: now_s)
    with caplog.at_level(logging.WARNING):
        for n in range(KINDS_MAX + 50):
            for _ in range(3):
                log.happened(method="POST", route=f"/{n}", status=409, actor="user:1")
        assert len(facts(caplog, "refused")) == KINDS_MAX
        now_s = WINDOW_S
        log.happened(method="GET", route="/later", status=429, actor="visitor")
    told = facts(caplog, "refused")
    once = sum("again" not in one and "others" not in one for one in told)
    assert sum(one.get("again", 0) + one.get("others", 0) for one in told) + once == 3 * (KINDS_MAX + 50) + 1
    assert told[-1]["route"] == "/later"


# --- kept


def test_a_full_log_is_set_aside_and_few_are_kept(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    with log.open("ab", buffering=0) as writer:  # as a child writes it
        for n in range(5):
            writer.write(b"%d" % n * 10)
            roll(log, bytes_max=10, kept=2)
        writer.write(b"now")
    assert log.read_bytes() == b"now"
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path != log}
    assert kept == {"server.log.1": b"4" * 10, "server.log.2": b"3" * 10}


# --- on their way


class Collector:
    """A syslog over TLS (RFC 5425): what came, frame by frame."""

    def __init__(self, authority: Authority) -> None:
        issued = authority.issue_server(["127.0.0.1"], now=datetime.now(UTC), name="collector")
        self._context = harden(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        self._context.load_cert_chain(issued.certificate, issued.key)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.destination = f"tls://127.0.0.1:{self._listening.getsockname()[1]}"
        self.came: list[str] = []
        self.refused = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            try:
                with plain, self._context.wrap_socket(plain, server_side=True) as link, link.makefile("rb") as read:
                    while length := self._length(read):
                        self.came.append(read.read(length).decode())
            except OSError:
                self.refused += 1

    @staticmethod
    def _length(read: Any) -> int:
        digits = b""
        while (byte := read.read(1)).isdigit():
            digits += byte
        return int(digits) if digits else 0


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.create(site="shifanqu", now=datetime.now(UTC))
    return made


@pytest.fixture
def collector(authority: Authority) -> Iterator[Collector]:
    made = Collector(authority)
    yield made
    made.close()


def messages(collector: Collector) -> list[dict[str, Any]]:
    return [json.loads(one.split(" - - ", 1)[1]) for one in collector.came]


def test_lines_reach_a_collector_over_tls(authority: Authority, collector: Collector) -> None:
    shipper = Shipper(collector.destination, authority=authority.certificate, host="hall")
    shipper.start()
    handler, logger = ShippingHandler(shipper), logging.getLogger("ui.test")
    logger.addHandler(handler)
    logger.error("中文 %s", "line\nbreak")
    logger.warning("second")
    logger.removeHandler(handler)
    shipper.stop()
    eventually(lambda: len(collector.came) == 2, what="both lines")
    assert [one["message"] for one in messages(collector)] == ["中文 line\nbreak", "second"]
    assert collector.came[0].startswith("<131>1 2")  # local0, error
    assert "\n" not in collector.came[0]


def test_nothing_is_told_to_a_collector_that_nobody_vouches_for(collector: Collector, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.create(site="shifanqu", now=datetime.now(UTC))
    shipper = Shipper(collector.destination, authority=other.certificate, host="hall", retry_s=0.01)
    shipper.start()
    shipper.send("error", 0.0, "secret")
    eventually(lambda: collector.refused >= 2, what="a second try")
    shipper.stop()
    assert collector.came == []


def test_what_cannot_be_sent_waits_bounded_and_is_counted(tmp_path: Path) -> None:
    shipper = Shipper(str(tmp_path / "nobody"), authority=None, host="hall")
    for _ in range(WAITING_MAX + 7):
        shipper.send("info", 0.0, "x")
    assert shipper.dropped == 7


def test_lines_reach_the_syslog_of_this_machine(tmp_path: Path) -> None:
    place = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(place))
        listening.settimeout(10)
        shipper = Shipper(str(place), authority=None, host="hall")
        shipper.start()
        shipper.send("critical", 0.0, "{}")
        assert listening.recv(1_000).startswith(b"<130>1 1970-01-01T00:00:00.000Z hall halltwin ")
        shipper.stop()


@pytest.mark.integration
def test_each_audit_line_goes_once_with_the_signed_head(inside: InsideHall, tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = []

    class Kept(Shipper):
        def send(self, level: str, created_s: float, text: str) -> None:  # noqa: ARG002
            sent.append(json.loads(text))

    sealer = inside.hall.auditing.sealer
    shipper = Kept("/nowhere", authority=None, host="hall")
    shipping = AuditShipping(shipper, database=inside.hall.database, home=tmp_path, head=lambda: sealer.head)
    inside.ask("POST", "/api/v1/tokens", {"name": "shipped-line"}, who="manager")
    sealer.seal()
    shipping.step()
    lines = [one for one in sent if "audit" in one]
    assert [one["audit"] for one in lines] == sorted({one["audit"] for one in lines})
    assert any(one["action"] == "token.create" and "shipped-line" in (one["after"] or "") for one in lines)
    assert sent[-1]["audit_head"] == lines[-1]["audit"] + 1
    inside.ask("POST", "/api/v1/tokens", {"name": "second-line"}, who="manager")
    sealer.seal()
    again = AuditShipping(shipper, database=inside.hall.database, home=tmp_path, head=lambda: sealer.head)
    before = len(sent)
    again.step()
    later = [one["audit"] for one in sent[before:] if "audit" in one]
    assert later[0] == lines[-1]["audit"] + 1, "from where it had been, over a restart"


# --- what protects and fails


def test_what_tls_refuses_on_the_way_out_is_in_the_log(collector: Collector, caplog: pytest.LogCaptureFixture) -> None:
    port = int(collector.destination.rpartition(":")[2])
    out = Outgoing(
        resolve=lambda _host, _port: ["93.184.216.34"],
        connect=lambda _address, _port, within_s: socket.create_connection(("127.0.0.1", port), within_s),
    )
    with pytest.raises(OutgoingFailed):
        out.fetch("https://outside.example/")
    (told,) = [record.getMessage() for record in caplog.records if record.name == "services.kernel.outgoing"]
    assert told.startswith("outgoing_not_trusted host=outside.example error=")


def test_a_clock_that_nothing_keeps_right_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def kernel(answer: int) -> Any:
        return SimpleNamespace(adjtimex=lambda _: answer)

    assert [is_clock_followed(kernel(answer)) for answer in (0, 5, -1)] == [True, False, None]
    assert is_clock_followed(SimpleNamespace()) is None
    for followed, lines in ((True, 0), (None, 0), (False, 1)):
        told: list[str] = []
        monkeypatch.setattr("ui.launcher.launcher.is_clock_followed", lambda followed=followed: followed)
        launcher = Launcher(
            Settings(data=tmp_path),
            demo=None,
            tell=told.append,
            building_file="",
            read=lambda _: open_building("reference"),
        )
        launcher._look_around()
        assert len(told) == lines
        assert all("clock" in line for line in told)
