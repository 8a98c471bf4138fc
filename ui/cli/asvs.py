"""``halltwin asvs``: how far OWASP ASVS 5.0, levels 1 and 2, is answered by tests; the table is ``ui/asvs.csv``."""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).parents[1] / "asvs.csv"
ANSWERS = ("tested", "not_applicable", "open")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One requirement: ``by`` is the tests that show it, or why it does not concern us, or what is missing."""

    id: str
    level: int
    answer: str
    by: str

    @property
    def tests(self) -> tuple[str, ...]:
        return tuple(self.by.split()) if self.answer == "tested" else ()


def read_answers(path: Path = TABLE) -> list[Answer]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Answer(id=row["id"], level=int(row["level"]), answer=row["answer"], by=row["by"])
            for row in csv.DictReader(file)
        ]


def count(answers: Sequence[Answer]) -> dict[str, int]:
    """``answered``: all but the open ones."""
    told = Counter(answer.answer for answer in answers)
    return {"answered": len(answers) - told["open"], **{name: told[name] for name in ANSWERS}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the figures by level")
    parser.add_argument("--open", action="store_true", help="what is missing, line by line")


def run(args: argparse.Namespace) -> int:
    answers = read_answers()
    levels = sorted({answer.level for answer in answers})
    if args.json:
        figures = {str(level): count([a for a in answers if a.level == level]) for level in levels}
        print(json.dumps({**count(answers), "requirements": len(answers), "levels": figures}))
        return 0
    for level in levels:
        of_level = [a for a in answers if a.level == level]
        told = count(of_level)
        print(f"level {level}: {len(of_level)} requirements, " + ", ".join(f"{told[name]} {name}" for name in ANSWERS))
    for answer in answers:
        if args.open and answer.answer == "open":
            print(f"{answer.id}  {answer.by}")
    return 0
