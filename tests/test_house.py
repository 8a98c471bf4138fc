"""The house stands as drawn: its folders, its pages of promises, and who may speak HTTP."""

from __future__ import annotations

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("building", "wayfinding", "iot", "twin", "services", "ui", "simulators")
FILES_AT_THE_TOP = {
    "pyproject.toml", "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE",
    "Makefile", "requirements.lock",
}  # fmt: skip
WEB_LIBRARIES = {"fastapi", "starlette", "pydantic", "uvicorn"}
MAY_SPEAK_HTTP = re.compile(
    r"ui/.*|services/[a-z]+/api(\.py|_[a-z_]+\.py|/[a-z_]+\.py)|services/kernel/(http|testing)\.py"
)


@cache
def _sources() -> tuple[tuple[str, ast.Module], ...]:
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "node_modules" not in path.parts
    )


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_nothing_stands_at_the_top_that_was_not_drawn() -> None:
    visible = {p for p in ROOT.iterdir() if not p.name.startswith(".")}
    folders = {p.name for p in visible if p.is_dir()} - {"dist"}
    assert folders == {*PACKAGES, "tests", "examples", "docs"}
    assert {p.name for p in visible if p.is_file()} == FILES_AT_THE_TOP


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_resolves_inside_the_repository(name: str) -> None:
    module = importlib.import_module(name)
    assert Path(str(module.__file__)).resolve().is_relative_to(ROOT)


@pytest.mark.parametrize("folder", [*PACKAGES, "ui/web"])
def test_a_folder_says_on_one_page_what_it_promises(folder: str) -> None:
    page = (ROOT / folder / "package.md").read_text(encoding="utf-8")
    assert 200 < len(page) < 12_000


def test_only_faces_import_web_libraries() -> None:
    speaking = [
        name for name, tree in _sources() if _imports(tree) & WEB_LIBRARIES and not MAY_SPEAK_HTTP.fullmatch(name)
    ]
    assert speaking == []


def test_only_the_store_opens_database_connections() -> None:
    opening = [
        name
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "connect"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "psycopg"
        and not name.startswith(("twin/store/", "twin/testing.py", "ui/cli/bench/"))
    ]
    assert opening == []


def test_every_module_begins_with_a_sentence() -> None:
    silent = [name for name, tree in _sources() if tree.body and not ast.get_docstring(tree)]
    assert silent == []
