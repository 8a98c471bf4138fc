"""The table of ASVS answers says what is so: every requirement is there, and every test that it names."""

from __future__ import annotations

import ast
import csv
import json
from functools import cache
from pathlib import Path

import pytest

from ui.cli.asvs import ANSWERS, read_answers
from ui.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
STANDARD = ROOT.parent / "shared" / "data" / "asvs-5.0.csv"


@cache
def _tests_of(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_"))


def test_every_requirement_of_both_levels_is_answered() -> None:
    if not STANDARD.exists():
        pytest.skip(f"../shared/data/{STANDARD.name} not found")
    with STANDARD.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = {row["id"]: int(row["level"]) for row in rows if row["level"] in "12"}
    assert {answer.id: answer.level for answer in read_answers()} == wanted
    assert not {row["requirement"] for row in rows} & {answer.by for answer in read_answers()}


def test_every_answer_is_one_of_three_and_says_by_what() -> None:
    answers = read_answers()
    assert len({answer.id for answer in answers}) == len(answers) == 253
    assert [a.id for a in answers if a.answer not in ANSWERS or len(a.by) < 10] == []


def test_every_test_that_is_named_is_there() -> None:
    missing = [
        (answer.id, name)
        for answer in read_answers()
        for name in answer.tests
        if name.count("::") != 1 or name.partition("::")[2] not in _tests_of(name.partition("::")[0])
    ]
    assert missing == []
    assert all(answer.tests for answer in read_answers() if answer.answer == "tested")


def test_the_command_counts_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["asvs", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    answers = read_answers()
    assert told["requirements"] == sum(told[name] for name in ANSWERS) == len(answers)
    for level in ("1", "2"):
        of_level = [a for a in answers if str(a.level) == level]
        assert told["levels"][level]["answered"] == sum(a.answer != "open" for a in of_level)
        assert all(told["levels"][level][name] == sum(a.answer == name for a in of_level) for name in ANSWERS)
