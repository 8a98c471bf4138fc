"""What the broker says is kept with its time, and nothing in it steers the terminal of whoever reads it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from iot.broker.log import BrokerLog


@pytest.mark.parametrize("said", [b"\x1b[2J", b"a\rb", b"a\nforged line", b"\x7f", "\x9b31m".encode(), b"\x00"])
def test_a_line_stays_one_and_holds_no_control_characters(tmp_path: Path, said: bytes) -> None:
    log = BrokerLog(path := tmp_path / "mosquitto.log")
    log.keep([b"Client " + said + b" disconnected, not authorised.", b"\tof the line before"])
    log.close()
    first, second = path.read_bytes().rstrip(b"\n").split(b"\n")
    assert re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}: Client .*not authorised\.$", first)
    assert not re.search(rb"[\x00-\x1f\x7f]|\xc2[\x80-\x9f]", first)
    assert second.endswith(b": \tof the line before")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
