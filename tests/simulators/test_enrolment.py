"""The enrolment file says who connects as whom, and a ledger holds what was acknowledged."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from simulators.enrolment import BadEnrolment, Login, read_enrolment
from simulators.truth import Ledger, Truth

ALONE = {"key": "GW-1", "kind": "server", "user": "GW-1", "password": "pw"}


def write(folder: Path, **body: Any) -> Path:
    file = folder / "enrol.json"
    file.write_text(json.dumps({"site": "s", "broker": "mqtt://h", "devices": [ALONE], **body}), encoding="utf-8")
    return file


def test_a_device_behind_a_gateway_needs_no_credential(tmp_path: Path) -> None:
    behind = {"key": "D-1", "kind": "door", "via": "GW-1"}
    read = read_enrolment(write(tmp_path, devices=[behind, ALONE]))
    assert read.devices[0] == Login(key="D-1", kind="door", via="GW-1")
    assert read.devices[1] == Login(key="GW-1", kind="server", user="GW-1", password="pw")
    assert (read.host, read.port, read.tls) == ("h", 1883, None)


@pytest.mark.parametrize("via", ["GW-2", "D-1"])
def test_a_gateway_that_is_none_is_named(tmp_path: Path, via: str) -> None:
    behind = {"key": "D-1", "kind": "door", "via": via}
    with pytest.raises(BadEnrolment, match=f"D-1 speaks via {via}"):
        read_enrolment(write(tmp_path, devices=[ALONE, behind]))


def test_a_secure_broker_is_checked_against_the_authority_of_the_file(tmp_path: Path) -> None:
    read = read_enrolment(write(tmp_path, broker="mqtts://h"))
    assert read.port == 8883
    assert read.tls is not None
    assert read.tls.check_hostname
    with pytest.raises(BadEnrolment, match="is no enrolment file"):
        read_enrolment(write(tmp_path, broker="mqtts://h", ca=str(tmp_path / "none.pem")))


def test_a_ledger_is_a_table_that_goes_on_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    for seq in (1, 2):
        with Ledger(file) as ledger:
            ledger.write("D-1", 7, seq)
            ledger.flush()
            assert file.read_text().endswith(f"D-1,7,{seq}\n")
    with file.open() as table:
        assert [(row["device"], row["boot"], row["seq"]) for row in csv.DictReader(table)] == [
            ("D-1", "7", "1"), ("D-1", "7", "2"),
        ]  # fmt: skip
    with Ledger(None) as ledger:
        ledger.write("D-1", 7, 1)
        ledger.flush()
        assert ledger.count == 1


def test_the_truth_has_a_line_for_each_thing_with_its_time(tmp_path: Path) -> None:
    file = tmp_path / "truth.jsonl"
    with Truth(file, now_ms=lambda: 5) as truth:
        truth.write("fault", device="D-1", fault="drift", per_h=2.0)
    assert json.loads(file.read_text()) == {
        "t_ms": 5, "type": "fault", "device": "D-1", "fault": "drift", "per_h": 2.0,
    }  # fmt: skip
    assert truth.counts == {"fault": 1}
