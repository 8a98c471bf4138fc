"""``halltwin enrol`` and ``halltwin ca``: one, many from a list, gateways, new passwords, codes, and TLS end to end."""

from __future__ import annotations

import csv
import io
import json
import socket
import ssl
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import CallbackAPIVersion

from ui.cli.main import main
from ui.device_table import UnreadableTable, read_table
from ui.testing import DemoHall, RunningHall, eventually

SITE = "shifanqu"
Enrol = Callable[..., tuple[int, Any, Any]]
integration = pytest.mark.integration

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def excel(rows: list[list[str]], *, shared: bool = True) -> bytes:
    """A workbook as Excel writes it: texts shared, or inside the cells."""
    strings = sorted({cell for row in rows for cell in row})

    def cell(column: int, row: int, text: str) -> str:
        place = f"{chr(65 + column)}{row}"
        if shared:
            return f'<c r="{place}" t="s"><v>{strings.index(text)}</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'

    body = "".join(
        f'<row r="{n}">{"".join(cell(c, n, text) for c, text in enumerate(row) if text)}</row>'
        for n, row in enumerate(rows, start=1)
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", "<workbook/>")
        packed.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{SHEET}"><sheetData>{body}</sheetData></worksheet>'
        )
        if shared:
            items = "".join(f"<si><t>{text}</t><rPh><t>x</t></rPh></si>" for text in strings)
            packed.writestr("xl/sharedStrings.xml", f'<sst xmlns="{SHEET}">{items}</sst>')
    return out.getvalue()


ROWS = [
    ["编号", "备注", "类型", "名称", "网关"],
    ["T-GW", "x", "network_switch", "三楼网关", ""],
    ["", "", "", "", ""],
    ["T-1", "", "leak_sensor", "", "T-GW"],
]


def as_csv(encoding: str, delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(ROWS)
    return out.getvalue().encode(encoding)


# --- lists


@pytest.mark.parametrize(
    "content",
    [
        excel(ROWS),
        excel(ROWS, shared=False),
        as_csv("utf-8-sig", ","),
        as_csv("gb18030", ","),
        as_csv("utf-8", ";"),
        as_csv("utf-8", "\t"),
    ],
    ids=["xlsx", "xlsx-inline", "utf8", "gb18030", "semicolon", "tab"],
)
def test_a_list_is_read_however_it_was_saved(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    gateway, sensor = read_table(path)
    assert (gateway.row, gateway.key, gateway.kind, gateway.via) == (2, "T-GW", "network_switch", None)
    assert gateway.name == {"zh": "三楼网关", "en": "三楼网关"}
    assert (sensor.row, sensor.key, sensor.kind, sensor.name, sensor.via) == (4, "T-1", "leak_sensor", None, "T-GW")


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * 50_000_000)
    return out.getvalue()


def entities() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"name,kind\nA,ups\n", "id"),
        (b"\xff\xfe\xff", "neither"),
        (excel([["编号"]])[:200], "cannot serve"),
        (bomb(), "cannot serve"),
        (entities(), "document type"),
        (b"id\n" + b"x\n" * 5_001, "rows"),
        (b"x" * (9 * 1024 * 1024), "larger"),
    ],
    ids=["empty", "no-id", "binary", "cut", "bomb", "entities", "too-many", "too-large"],
)
def test_what_is_no_list_is_refused_in_words(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list"
    path.write_bytes(content)
    with pytest.raises(UnreadableTable, match=said) as refused:
        read_table(path)
    assert refused.value.zh


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_refused(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        try:
            found = read_table(Path(file.name))
        except UnreadableTable:
            found = []
        assert all(wish.row > 1 for wish in found)


# --- in a running hall


@integration
def test_many_from_a_list_with_a_file_of_passwords(hall: DemoHall, enrol: Enrol, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(excel(ROWS))
    code, document, _ = enrol("--from", str(path))
    assert code == 0
    out = tmp_path / "list.credentials.csv"
    assert document == {"enrolled": 2, "skipped": [], "credentials": str(out)}
    assert out.stat().st_mode & 0o777 == 0o600
    with out.open(encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert (rows["T-1"]["password"], rows["T-1"]["via"]) == ("", "T-GW")
    assert rows["T-GW"]["broker"] == hall.document["broker"]
    with hall.device("T-GW", rows["T-GW"]) as gateway:
        assert not gateway.refused


@integration
def test_a_list_with_defects_changes_nothing_unless_told_to_skip_them(
    hall: DemoHall, enrol: Enrol, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,kind\nS-1,ups\nbad one,ups\nS-2,toaster\n", encoding="utf-8")
    code, _, problem = enrol("--from", str(path))
    assert code == 2
    assert [(d["row"], d["id"]) for d in problem["defects"]] == [(3, "bad one"), (4, "S-2")]
    assert all(d["text"]["zh"] for d in problem["defects"])
    assert not (tmp_path / "list.credentials.csv").exists()
    manager = hall.as_("manager")
    assert manager.get("/devices/S-1").status_code == 404
    code, document, _ = enrol("--from", str(path), "--skip-bad")
    assert (code, document["enrolled"], len(document["skipped"])) == (0, 1, 2)
    eventually(lambda: manager.get("/devices/S-1").status_code == 200, what="the good one in the hall")
    assert enrol("--from", str(path), "--skip-bad")[0] == 2, "the file of passwords is not overwritten"


@integration
def test_a_gateway_gets_its_grants_and_loses_them(hall: DemoHall, enrol: Enrol) -> None:
    assert enrol("G-1", "--kind", "ups")[0] == 0
    code, document, _ = enrol("G-GW", "--gateway", "--kind", "network_switch", "--grant", "G-1")
    assert (code, document["grants"], document["user"]) == (0, ["G-1"], "G-GW")
    admin = hall.as_("admin")
    eventually(lambda: {"gateway": "G-GW", "device": "G-1"} in admin.get("/admission").json()["grants"], what="grant")
    assert enrol("G-GW", "--revoke-grant", "G-1")[1] == {"gateway": "G-GW", "grants": []}
    assert enrol("G-GW", "--grant", "NO-1")[0] == 2


@integration
def test_a_foreign_address_is_bound_listed_and_freed(hall: DemoHall, enrol: Enrol) -> None:
    assert enrol("B-1", "--bind", "onvif", "Acme")[0] == 2, "who is no device has no address"
    assert enrol("B-1", "--kind", "camera")[0] == 0
    bound = {"device": "B-1", "convention": "onvif", "address": "Acme/B1", "points": {"Rule=1": "people"}}
    code, document, _ = enrol("B-1", "--bind", "onvif", "Acme/B1", "--point", "Rule=1=people")
    assert (code, document) == (0, {"user": "B-1", "bindings": [bound]})
    admin = hall.as_("admin")
    eventually(lambda: bound in admin.get("/admission").json()["bindings"], what="the binding in the hall")
    assert bound in enrol("--bindings")[1]["bindings"]
    for wrong in (("onvif", "#"), ("morse", "A"), ("sparkplug", "alone")):
        assert enrol("B-1", "--bind", *wrong)[0] == 2
    assert enrol("B-1", "--bind", "onvif", "Acme/B1", "--point", "people")[0] == 2
    assert enrol("B-1", "--unbind", "onvif")[1] == {"user": "B-1", "bindings": []}
    assert enrol("B-1", "--unbind", "onvif")[0] == 2
    eventually(lambda: bound not in admin.get("/admission").json()["bindings"], what="its end in the hall")


@integration
def test_rotate_and_revoke(hall: DemoHall, enrol: Enrol) -> None:
    first = enrol("R-1", "--kind", "ups")[1]
    with hall.device("R-1", first) as device:
        second = enrol("R-1", "--rotate")[1]
        eventually(lambda: not device._client.is_connected(), what="its end", within_s=2)
    with hall.device("R-1", second) as device:
        assert not device.refused
        assert enrol("R-1", "--revoke", "--why", "stolen")[1] == {"user": "R-1", "revoked": True}
        eventually(lambda: not device._client.is_connected(), what="its end", within_s=2)
    assert hall.device("R-1", second).refused
    assert enrol("R-1", "--rotate")[0] == 2
    assert enrol("R-1", "--revoke")[0] == 2


@integration
def test_a_code_is_shown_as_a_qr_on_stderr(hall: DemoHall, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enrol", "--invite", "2", "--qr", "--data", str(hall.data)]) == 0
    out, err = capsys.readouterr()
    codes = json.loads(out)["invitations"]
    assert len({one["user"] for one in codes}) == 2
    assert "█" in err or "▀" in err
    assert codes[0]["password"] not in err


# --- TLS


def ca(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["ca", *words])
    out, err = capsys.readouterr()
    return code, json.loads(out or err)


@integration
@pytest.mark.usefixtures("mosquitto")
def test_over_tls_from_the_first_command_to_a_value_in_the_hall(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = folder / "d"
    config = folder / "hall.toml"
    config.write_text(f'[hall]\ndata = "{data}"\n[http]\nport = 0\n[broker]\ntls = true\nport = 18884\n')
    words = ("up", "--config", str(config), "--json")
    first = RunningHall(*words, folder=folder / "first")
    assert first.process.wait(60) == 6
    assert f"halltwin ca init --data {data}" in first.said()

    code, made = ca(capsys, "init", "--data", str(data))
    assert code == 0
    assert ca(capsys, "init", "--data", str(data))[0] == 2
    hall = RunningHall(*words, folder=folder / "second")
    try:
        assert hall.await_ready()["broker"] == "mqtts://127.0.0.1:18884"
        capsys.readouterr()
        assert main(["enrol", "TLS-1", "--kind", "climate_sensor", "--data", str(data)]) == 0
        credential = json.loads(capsys.readouterr().out)
        assert credential["broker"] == "mqtts://127.0.0.1:18884"
        assert credential["ca_sha256"] == made["ca_sha256"]
        admin = hall.client("admin")
        send(credential, temperature=21.5)
        eventually(lambda: temperature(admin) == 21.5, what="its value")
        before = Path(credential["ca"]).read_text()
        renewed = ca(capsys, "init", "--renew", "--data", str(data))[1]
        assert renewed["ca_sha256"] != made["ca_sha256"]
        eventually(lambda: is_trusted(18884, renewed["ca"]), what="the new certificate")
        old = folder / "old.crt"
        old.write_text(before)
        send({**credential, "ca": str(old)}, temperature=22.5)
        eventually(lambda: temperature(admin) == 22.5, what="its next value")
        admin.close()
    finally:
        hall.kill()
    assert "PRIVATE" not in hall.said()


def temperature(admin: Any) -> Any:
    return admin.get("/devices/TLS-1").json()["values"].get("temperature", {}).get("value")


def is_trusted(port: int, authority: str) -> bool:
    context = ssl.create_default_context(cafile=authority)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1"),
        ):
            return True
    except ssl.SSLError:
        return False


def send(credential: dict[str, Any], **values: float) -> None:
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=credential["user"])
    client.username_pw_set(credential["user"], credential["password"])
    client.tls_set(ca_certs=credential["ca"])
    client.connect("127.0.0.1", int(credential["broker"].rpartition(":")[2]))
    client.loop_start()
    now_ms = time.time_ns() // 1_000_000
    body = json.dumps({"ts": now_ms, "seq": 1, "boot": now_ms, "v": values})
    client.publish(f"ht/v1/{SITE}/TLS-1/tele", body, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
