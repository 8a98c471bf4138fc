"""``halltwin building convert`` and ``diff``: their documents, and their exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from building import differences
from building.formats.hall import dumps
from building.model import Building
from building.testing import id_of, small_house
from ui.cli.main import main

Run = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line; gives the exit code, the document and what was said beside it."""

    def go(*words: str) -> tuple[int, Any, str]:
        code = main(["building", *words, "--json", "--no-cache"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return go


def kept_as(path: Path, b: Building) -> str:
    path.write_text(dumps(b), encoding="utf-8")
    return str(path)


@pytest.fixture
def house(tmp_path: Path) -> str:
    return kept_as(tmp_path / "house.hall.json", small_house())


def test_the_hall_is_converted_and_counted(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "hall.ifc"
    code, document, _ = run("convert", "reference", str(out))
    assert code == 0
    assert document.keys() == {"written", "kept", "dropped"}
    assert document["written"] == str(out)
    assert {k: document["kept"][k] for k in ("floors", "spaces", "windows", "devices")} == {
        "floors": 4, "spaces": 157, "windows": 44, "devices": 585,
    }  # fmt: skip
    assert out.exists()


def test_what_a_format_cannot_carry_is_listed(run: Run, house: str, tmp_path: Path) -> None:
    code, document, _ = run("convert", house, str(tmp_path / "house.geojson"))
    assert code == 0
    assert document["dropped"]
    assert all(loss.keys() == {"what", "count", "reason"} for loss in document["dropped"])
    assert all(isinstance(loss["count"], int) and loss["reason"] for loss in document["dropped"])


def test_there_and_back_is_no_difference(run: Run, house: str, tmp_path: Path) -> None:
    again = str(tmp_path / "again.json")
    assert run("convert", house, again)[0] == 0
    code, document, _ = run("diff", house, again)
    assert code == 0
    assert document == {"added": [], "removed": [], "moved": [], "changed": [], "isomorphic": True}


def test_a_converted_hall_differs_only_in_how_things_are_known(run: Run, house: str, tmp_path: Path) -> None:
    again = str(tmp_path / "again.ifc")
    assert run("convert", house, again)[0] == 0
    code, document, _ = run("diff", house, again)
    assert code == 0
    assert (document["added"], document["removed"], document["isomorphic"]) == ([], [], True)


def test_a_door_less_is_one_removed_and_another_graph(run: Run, house: str, tmp_path: Path) -> None:
    b = small_house()
    without = kept_as(tmp_path / "b.json", replace(b, openings=b.openings[1:]))
    code, document, _ = run("diff", house, without, "--lang", "zh")
    assert code == 0
    assert document["removed"] == [
        {"id": id_of("opening", "D1"), "kind": "opening", "name": "大门", "floor": id_of("floor", "1F"),
         "at": [4.0, 0.0]},
    ]  # fmt: skip
    assert document["isomorphic"] is False


def test_undecided_is_null_and_said_beside_the_document(run: Run, house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "isomorphic", lambda _a, _b: None)
    code, document, said = run("diff", house, house)
    assert (code, document["isomorphic"]) == (0, None)
    assert "could not be decided" in said


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("convert", "reference", "hall.dwg"), (2, "unwritable-file")),
        (("convert", "nowhere.ifc", "hall.ifc"), (4, "unreadable-file")),
        (("convert", "reference", "no/such/folder/hall.json"), (2, "unwritable-file")),
        (("diff", "reference", "nowhere.ifc"), (4, "unreadable-file")),
    ],
)
def test_what_cannot_be_done_is_a_problem_on_stderr(
    run: Run, words: tuple[str, ...], problem: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, document, said = run(*words)
    told = json.loads(said.strip().splitlines()[-1])
    assert (code, told["type"]) == (problem[0], f"urn:halltwin:problem:{problem[1]}")
    assert told["todo"]
    assert document is None
    assert list(tmp_path.iterdir()) == []
