"""Eclipse's suite is run as it is laid out: against a stand-in of a few lines, on a real mosquitto."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.eclipse import KNOWN, opened, run_suite
from tests.interop.tools import NotLive
from ui.testing import ROOT

pytestmark = pytest.mark.integration

# As in the suite: globals that only the main part sets, a setUpClass, options that unittest.main does not know,
# threads that are left behind, a case that takes its own exception for a failure.
STAND_IN = '''
import getopt, socket, sys, threading, time, unittest

class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("clean up starting")
        with socket.create_connection((host, port), 5):
            pass
        threading.Thread(target=lambda: time.sleep(1000)).start()

    def test_basic(self):
        """MQTT CONNECT as nobody with an id of its own: CONNACK 0."""
        with socket.create_connection((host, port), 5) as link:
            link.sendall(bytes.fromhex("100d00044d5154540402003c000161"))
            self.assertEqual(link.recv(4), bytes.fromhex("20020000"))

    def test_subscribe_failure(self):
        self.assertEqual(topics, ("TopicA",), "never so")

    def test_new_fault(self):
        succeeded = True
        try:
            assert 1 == 2
        except:
            succeeded = False
        self.assertEqual(succeeded, True)

if __name__ == "__main__":
    opts, args = getopt.gnu_getopt(sys.argv[1:], "h:p:vzdsn:", ["help", "hostname=", "port="])
    global topics, host, port
    topics = ("TopicB",)
    host, port = "localhost", 1883
    for o, a in opts:
        if o == "-h": host = a
        if o == "-p": port = int(a)
    unittest.main()
'''


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "interoperability"
    folder.mkdir()
    for name in ("client_test.py", "client_test5.py"):
        (folder / name).write_text(STAND_IN, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("mosquitto")
def test_each_case_is_reported(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(checkout.parent)
    cases = list(run_suite(Path(checkout.name)))
    told = {(case.file, case.name): (case.ok, bool(case.known)) for case in cases}
    assert told == {
        (file, name): verdict
        for file in ("client_test.py", "client_test5.py")
        for name, verdict in {
            "test_basic": (True, False),
            "test_new_fault": (False, False),
            "test_subscribe_failure": (False, True),
        }.items()
    }
    assert "never so" in next(case.detail for case in cases if case.name == "test_subscribe_failure")


@pytest.mark.usefixtures("mosquitto")
def test_a_new_fault_is_the_commands_end(checkout: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.interop", "--broker", "none"],
        cwd=ROOT, env={"PATH": "/usr/bin:/usr/sbin:/bin", "PAHO_MQTT_TESTING": str(checkout)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(ended.stdout.splitlines()[-1])
    assert (ended.returncode, report["peers"]) == (1, [])
    assert report["suite"]["failed"] == ["client_test.py test_new_fault", "client_test5.py test_new_fault"]
    assert len(report["suite"]["cases"]) == 6


@pytest.mark.usefixtures("mosquitto")
def test_a_broken_preparation_is_a_failed_case(checkout: Path) -> None:
    broken = STAND_IN.replace('print("clean up starting")', "raise OSError('no broker')")
    (checkout / "interoperability" / "client_test5.py").write_text(broken, encoding="utf-8")
    case = list(run_suite(checkout))[-1]
    assert (case.ok, case.name, case.detail) == (False, "setUpClass (__main__.Test)", "OSError: no broker")


@pytest.mark.usefixtures("mosquitto")
def test_a_file_that_reports_nothing_is_said(checkout: Path) -> None:
    (checkout / "interoperability" / "client_test.py").write_text("raise SystemExit(3)", encoding="utf-8")
    with pytest.raises(NotLive, match=r"client_test\.py ended with 3 after 0 cases"):
        list(run_suite(checkout))


def test_a_folder_that_is_no_checkout_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotLive, match=r"interoperability/client_test\.py"):
        list(run_suite(tmp_path))


def test_only_admission_is_taken_out_of_the_configuration() -> None:
    ours = ["allow_anonymous false", "password_file /x", "acl_file /y", "max_packet_size 7", "listener 1 h",
            "use_username_as_clientid true"]  # fmt: skip
    assert opened(ours) == ["allow_anonymous true", "max_packet_size 7", "listener 1 h"]


def test_known_cases_have_a_reason() -> None:
    assert all(reason for cases in KNOWN.values() for reason in cases.values())
