"""The wheel carries the built pages and everything the program reads; without the pages it is not built."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ui.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
NEEDED = (
    "ui/web/dist/ops/index.html",
    "ui/web/dist/go/index.html",
    "building/reference/shifanqu.hall.json",
    "wayfinding/profiles/walk.toml",
    "twin/store/migrations/",
    "services/queue/migrations/",
    "services/guide/items/",
    "simulators/__main__.py",
    "simulators/scenarios/normal.toml",
)


@pytest.mark.integration
def test_the_wheel_holds_all_that_a_hall_needs_and_no_sources_of_pages(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert [needed for needed in NEEDED if not any(name.startswith(needed) for name in names)] == []
    assert [name for name in names if name.endswith((".tsx", ".ts")) or "node_modules" in name] == []
    aside = re.compile(
        r"(^|/)(tests?|bench|examples|docs)/|(^|/)(testing|test_|fuzz|conftest)\w*\.py$|\.(map|lock|key|pem)$"
    )
    assert [name for name in names if aside.search(name)] == [], "what tests and measures stays in the sources"


def test_nothing_that_runs_a_hall_needs_what_the_wheel_leaves_out() -> None:
    """``main`` asks whether the bench is there; no other module of the wheel names any of it."""
    left_out = re.compile(r"(?:from|import) [\w.]*\b(?:testing\w*|fuzz)\b|from [\w.]*\bbench\b|ui\.cli\.bench")
    aside = re.compile(r"ui/cli/bench/|(^|/)testing\w*\.py$|iot/fuzz\.py|ui/web/")
    found = set()
    for package in ("building", "wayfinding", "iot", "twin", "services", "ui", "simulators"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" not in path.parts and not aside.search(name) and left_out.search(path.read_text("utf-8")):
                found.add(name)
    assert found == {"ui/cli/main.py"}


def test_without_the_bench_the_other_commands_are_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ui.cli.bench" else find(name))
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert " bench " not in said
    assert " up " in said


def test_without_built_pages_the_wheel_fails_loudly(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("hatch_hook", ROOT / "ui" / "web" / "hatch_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook = module.WebPagesHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel")
    with pytest.raises(RuntimeError, match="make setup"):
        hook.initialize("standard", {"force_include": {}})
