"""The wheel carries the built pages and everything the program reads; without the pages it is not built."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

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


def test_without_built_pages_the_wheel_fails_loudly(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("hatch_hook", ROOT / "ui" / "web" / "hatch_hook.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook = module.WebPagesHook(str(tmp_path), {}, None, None, str(tmp_path), "wheel")
    with pytest.raises(RuntimeError, match="make setup"):
        hook.initialize("standard", {"force_include": {}})
