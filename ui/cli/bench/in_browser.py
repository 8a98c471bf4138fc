"""Long forms of journeys in a real browser: a test writes its figures into the file that HALLTWIN_FIGURES names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ui.cli.bench.leaks import PLANTED
from ui.cli.bench.step import Figures, Step

JOURNEYS = Path("tests/e2e")
VECTORS = 500


def figures_of(test: str) -> Figures:
    """What it wrote; ``passed``: every test of the file, those that show that it can fail included."""
    with tempfile.TemporaryDirectory(prefix="halltwin-browser-") as folder:
        figures = Path(folder) / "figures.json"
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(JOURNEYS / test)]
        done = subprocess.run(
            words, check=False, env={**os.environ, "HALLTWIN_FIGURES": str(figures)}, stdout=subprocess.DEVNULL
        )
        told = json.loads(figures.read_text(encoding="utf-8")) if figures.exists() else {}
    return {**told, "passed": done.returncode == 0}


def left_behind() -> Step:
    def kept(f: Figures) -> bool:
        return bool(f["passed"] and f["planted"] >= PLANTED and f["found"] == 0 and f["control"] > 0)

    return Step(
        name=f"what a shared browser keeps of {PLANTED}", measure=lambda: figures_of("test_browser_leaves_nothing.py"),
        kept=kept,
    )  # fmt: skip


def poison() -> list[Step]:
    def kept(f: Figures) -> bool:
        enough = f["passed"] and f["vectors"] >= VECTORS and f["shown"] >= VECTORS
        return bool(enough and f["executed"] == 0 and f["control_executed"] > 0)

    return [
        Step(name=f"{VECTORS} texts that try to run", measure=lambda: figures_of("test_stored_xss.py"), kept=kept),
    ]
