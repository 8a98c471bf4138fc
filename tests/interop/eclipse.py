"""Eclipse's interoperability suite (a checkout that the user brings) against mosquitto as we configure it.

The suite logs in as nobody and uses topics and client ids of its own, so the copy of our configuration it is given
lets everybody in (``opened``); every limit stays as it is.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iot.broker.configuration import BrokerFiles, BrokerSettings, configuration_lines
from iot.broker.mosquitto import find_mosquitto
from iot.errors import BrokerUnavailable
from tests.interop.program import Program
from tests.interop.tools import HERE, NotLive, eventually

FOLDER = "interoperability"
FILES = ("client_test.py", "client_test5.py")
SUITE_WITHIN_S = 900.0
CASE_WITHIN_S = 90
ANSWERS_WITHIN_S = 10.0
HOST = "127.0.0.1"
_CLOSED = ("password_file ", "acl_file ", "use_username_as_clientid ", "allow_anonymous ")

KNOWN = {
    "client_test.py": {
        "test_overlapping_subscriptions": "mosquitto sends one message a subscription, with the lower QoS first",
        "test_subscribe_failure": "mosquitto grants every subscription and filters what it delivers",
    },
    "client_test5.py": {
        "test_flow_control2": "mosquitto does not end a connection that exceeds its receive maximum",
        "test_server_keep_alive": "optional: mosquitto takes the client's keepalive",
        "test_server_topic_alias": "optional: mosquitto assigns no topic aliases",
        "test_subscribe_failure": "mosquitto grants every subscription and filters what it delivers",
        "test_subscribe_identifiers": "mosquitto sends one message a subscription, not one with all identifiers",
        "test_will_delay": "mosquitto looks at delayed wills every few seconds only",
    },
}
"""What Debian's mosquitto 2.0 is known not to do: reported like every case, and no reason to end with an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    file: str
    name: str
    ok: bool
    seconds: float
    detail: str = ""

    @property
    def known(self) -> str | None:
        return None if self.ok else KNOWN.get(self.file, {}).get(self.name)

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.file, "name": self.name, "ok": self.ok, "seconds": self.seconds,
            "detail": self.detail or None, "known": self.known,
        }  # fmt: skip


def run_suite(checkout: Path) -> Iterator[Case]:
    """Every case as it ends; ``NotLive`` when there is nothing to run, or nothing to run it on."""
    files = [checkout.resolve() / FOLDER / name for name in FILES]
    if missing := [str(file) for file in files if not file.exists()]:
        raise NotLive(f"no checkout of eclipse/paho.mqtt.testing: {', '.join(missing)} not there")
    folder = Path(tempfile.mkdtemp(prefix="ht-"))
    port = free_port()
    broker = start_open_broker(folder, port)
    try:
        for file in files:
            yield from _run_file(file, port, folder / file.stem)
    finally:
        broker.stop()
        shutil.rmtree(folder, ignore_errors=True)


def opened(lines: Iterable[str]) -> list[str]:
    """Our configuration without what it asks of those who connect."""
    return ["allow_anonymous true", *(line for line in lines if not line.startswith(_CLOSED))]


def start_open_broker(folder: Path, port: int) -> Program:
    """A mosquitto that lets everybody in; ``NotLive`` with its last words where it does not start."""
    files = BrokerFiles(directory=folder)
    as_root = os.geteuid() == 0
    lines = configuration_lines(
        files, listen=BrokerSettings(site="suite", host=HOST), port=port, socket=None, as_root=as_root
    )
    files.configuration.write_text("\n".join(opened(lines)) + "\n", encoding="utf-8")
    try:
        program = find_mosquitto()
    except BrokerUnavailable as error:
        raise NotLive(str(error)) from error
    broker = Program([program, "-c", str(files.configuration)], log=folder / "broker", env=os.environ)
    try:
        eventually(lambda: answers(port), what="the suite's broker", within_s=ANSWERS_WITHIN_S, of=broker)
    except NotLive:
        broker.stop()
        raise
    return broker


def _run_file(file: Path, port: int, log: Path) -> Iterator[Case]:
    """The suite's own file in a process of its own; what it says of itself goes to the log."""
    words = [sys.executable, str(HERE / "eclipse_cases.py"), str(file), HOST, str(port), str(CASE_WITHIN_S)]
    with (
        log.with_suffix(".err").open("w+", encoding="utf-8", errors="replace") as err,
        subprocess.Popen(words, cwd=file.parent, stdout=subprocess.PIPE, stderr=err, text=True) as process,
    ):
        deadline, count = time.monotonic() + SUITE_WITHIN_S, 0
        try:
            for line in process.stdout or ():
                count += 1
                yield Case(file=file.name, **json.loads(line))
                if time.monotonic() > deadline:
                    raise NotLive(f"{file.name} took more than {SUITE_WITHIN_S:g} s; {count} cases ended")
            code = process.wait()
        finally:
            process.kill()
        if code or not count:
            err.seek(0)
            raise NotLive(f"{file.name} ended with {code} after {count} cases: {err.read().strip()[-400:]}")


def answers(port: int) -> bool:
    with socket.create_connection((HOST, port), timeout=0.5):
        return True


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])
