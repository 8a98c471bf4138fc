"""The attacks of ``tests/iot/broker/test_attacks.py`` again and again: blocked and told in time, each time."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from ui.cli.bench.step import Figures, Step

ATTACKS = Path("tests/iot/broker/test_attacks.py")
ROUNDS = 20


def attack() -> Figures:
    """All of them once; a test of them fails when an attack gets through or is not told in time."""
    with tempfile.TemporaryDirectory(prefix="halltwin-attacks-") as folder:
        report = Path(folder) / "report.xml"
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(ATTACKS)]
        subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - written by ourselves a moment ago
    if suite is None:
        raise ValueError("pytest wrote no report")
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    counts = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    return {**counts, "failed": failed}


def steps() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"round {number}",
            measure=attack,
            kept=lambda f: f["tests"] > 0 and f["failures"] == f["errors"] == f["skipped"] == 0,
        )
        for number in range(1, ROUNDS + 1)
    )
