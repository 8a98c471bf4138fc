"""The audit of libraries tells what is weak, what is late, and that it could not ask; their list is whole."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.audit import (
    HELD_PAGES,
    LOCKS,
    MEND_DAYS,
    RENEW_DAYS,
    judge_age,
    judge_behind,
    read_behind,
    read_npm_audit,
    read_npm_behind,
    read_pip_audit,
)
from ui.cli.main import main
from ui.cli.sbom import list_installed, make_sbom

ROOT = Path(__file__).resolve().parents[1]
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
DAY_S = 86_400


def test_a_weak_library_of_the_program_is_told_with_what_mends_it() -> None:
    weak = {"name": "weak", "version": "1.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}
    sound = {"name": "sound", "version": "2", "vulns": []}
    assert read_pip_audit(json.dumps({"dependencies": [sound]})).defects == ()
    (told,) = read_pip_audit(json.dumps({"dependencies": [weak, sound]})).defects
    assert told == "weak 1.0: PYSEC-1, mended in 1.1"


def test_who_is_not_known_to_the_index_is_not_taken_for_sound() -> None:
    found = read_pip_audit(json.dumps({"dependencies": [{"name": "ours", "skip_reason": "not found"}]}))
    assert found.defects == ()
    assert "ours" in (found.unasked or "")


def test_a_weak_library_of_the_pages_is_told_and_a_registry_that_says_no_too() -> None:
    told = {"vulnerabilities": {"weak": {"range": "<2", "severity": "high"}}}
    assert read_npm_audit(json.dumps(told)).defects == ("weak <2: high",)
    assert read_npm_audit(json.dumps({"vulnerabilities": {}})) == read_npm_audit('{"vulnerabilities":{}}')
    assert read_npm_audit(json.dumps({"message": "405"})).unasked == "405"


@pytest.mark.parametrize(("days", "late"), [(0, False), (RENEW_DAYS, False), (RENEW_DAYS + 1, True)])
def test_a_list_that_nobody_renewed_for_too_long_is_told(days: int, late: bool) -> None:
    assert bool(judge_age(LOCKS[0], renewed_s=0.0, now_s=days * DAY_S + 1)) is late


def test_who_is_not_the_newest_is_told_unless_another_library_keeps_it_there() -> None:
    outdated = [{"name": n, "version": "1.0", "latest_version": "2.0"} for n in ("Late.One", "held", "not-ours")]
    newest = [{"name": "fresh", "version": "3"}]
    behind, unasked = read_behind(
        json.dumps(outdated), json.dumps(newest), pinned={"late-one", "held", "fresh", "silent"},
        asks={"held": [">=0.5", "==1.0"], "late-one": [">=1"]},
    )  # fmt: skip
    assert behind == {"late-one": "1.0, not 2.0"}
    assert unasked is not None
    assert "silent" in unasked
    assert "fresh" not in unasked


def test_a_page_library_that_is_not_the_newest_is_told_unless_it_is_held_for_a_reason() -> None:
    said = {name: {"current": "1", "latest": "2"} for name in ("late", *HELD_PAGES)}
    assert read_npm_behind(json.dumps(said)) == {"late": "1, not 2"}
    assert read_npm_behind("") == {}, "npm says nothing where all are the newest"
    with pytest.raises(ValueError, match="ENOTFOUND"):
        read_npm_behind(json.dumps({"error": "ENOTFOUND"}))
    asked = json.loads((ROOT / "ui/web/package.json").read_text())
    assert set(HELD_PAGES) <= asked["devDependencies"].keys()


@pytest.mark.parametrize(("days", "late"), [(0, False), (MEND_DAYS, False), (MEND_DAYS + 1, True)])
def test_a_newer_version_is_left_alone_for_so_many_days(days: int, late: bool) -> None:
    assert bool(judge_behind({"late": "1, not 2"}, renewed_s=0.0, now_s=days * DAY_S + 1)) is late


def test_security_md_names_the_times_that_are_measured_and_ci_measures_them() -> None:
    assert f"within {RENEW_DAYS} days" in SECURITY
    assert re.search(rf"mended within 7 days, any other within {MEND_DAYS}", SECURITY)
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    assert "tests.audit" in (ROOT / "Makefile").read_text().partition("\naudit:")[2][:200]


def test_every_library_is_pinned_by_its_hash() -> None:
    pinned = re.findall(
        r"^[a-z0-9][a-z0-9._-]*(?:\[[^\]]*\])?==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", _lock(), re.MULTILINE
    )
    assert len(pinned) == len(re.findall(r"^[a-z0-9]\S*==", _lock(), re.MULTILINE)) > 80
    assert not re.search(r"^(-e|--|git\+|https?:|file:)| @ |index-url", _lock(), re.MULTILINE), "PyPI alone, by version"
    packages = json.loads((ROOT / LOCKS[1]).read_text())["packages"]
    named = {path: one for path, one in packages.items() if path and not one.get("link")}
    assert [path for path, one in named.items() if not one.get("integrity", "").startswith("sha512-")] == []
    assert [path for path, one in named.items() if re.match(r"git|file|http:", one.get("resolved", ""))] == []


def _lock() -> str:
    return (ROOT / LOCKS[0]).read_text(encoding="utf-8")


# --- the list


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    pages = json.loads((ROOT / LOCKS[1]).read_text())
    return make_sbom(list_installed(), pages, now=datetime.now(UTC))


def test_the_list_is_valid_cyclonedx(sbom: dict[str, Any]) -> None:
    folder = (
        Path(str(pytest.importorskip("cyclonedx.schema", reason="cyclonedx-python-lib not found").__file__)).parent
        / "_res"
    )
    schemas = {name: json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text())
               for name in ("bom-1.6", "spdx", "jsf-0.82")}  # fmt: skip
    registry: Any = Registry().with_resources(
        (f"http://cyclonedx.org/schema/{name}.schema.json", Resource.from_contents(schema))
        for name, schema in schemas.items()
    )
    validator = jsonschema.Draft7Validator(schemas["bom-1.6"], registry=registry)
    assert [error.message for error in validator.iter_errors(sbom)] == []
    assert list(validator.iter_errors({**sbom, "components": [{"type": "library"}]})), "it would find one"


def test_every_library_that_we_ask_for_is_in_it_as_it_is_installed_and_pinned(sbom: dict[str, Any]) -> None:
    pinned = dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==([^ ;]+)", _lock(), re.MULTILINE))
    programs = {c["purl"].partition("/")[2].partition("@")[0]: c["version"]
                for c in sbom["components"] if c["purl"].startswith("pkg:pypi/")}  # fmt: skip
    asked = re.findall(r'^  "([a-z0-9-]+)', (ROOT / "pyproject.toml").read_text().partition("\n]")[0], re.MULTILINE)
    assert set(asked) - programs.keys() == set()
    assert {"psycopg-binary", "starlette", "pydantic-core"} <= programs.keys(), "what those need, extras too"
    assert {name: version for name, version in programs.items() if pinned.get(name) != version} == {}
    pages = json.loads((ROOT / "ui/web/package.json").read_text())
    in_pages = {c["name"] for c in sbom["components"] if c["purl"].startswith("pkg:npm/")}
    assert set(pages["dependencies"]) <= in_pages
    assert not in_pages & {"vite", "eslint", "typescript"}, "what builds pages is not in them"


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sbom"]) == 0
    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"
