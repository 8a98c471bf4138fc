"""``docs/security/personal-data.md`` says what is so: every field, every number, and no field that asks for less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.kernel.modules import PersonalField, load_modules
from services.privacy import model, retention

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security" / "personal-data.md").read_text(encoding="utf-8")
FIELDS = [field for module in load_modules() for field in module.personal_data]
KEPT_MAX = {2: 1095, 3: 1095, 4: 180}
MASKS_OF_4 = {"id_number", "all"}


def _table(heading: str) -> list[list[str]]:
    """The rows below a heading, without its head."""
    part = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_every_declared_field_stands_there_as_it_is_declared_and_no_other() -> None:
    assert {row[0]: row[1:] for row in _table("What is held")} == {
        f.column: [
            f.category, str(f.level), f.mask, str(f.retention_days), f.since or "-", f.ends, f.consent or "-",
        ]
        for f in FIELDS
    }  # fmt: skip


@pytest.mark.parametrize("field", FIELDS, ids=lambda f: f.column)
def test_no_field_asks_for_less_than_its_level(field: PersonalField) -> None:
    kept = next(row for row in _table("What each level asks for") if row[0].startswith("kept"))
    assert kept[field.level] == f"{KEPT_MAX[field.level]} days"
    assert field.retention_days <= KEPT_MAX[field.level]
    if field.level == 4:
        assert field.mask in MASKS_OF_4
    assert (field.category == "secret") <= (field.mask == "all" and field.level == 4 and not field.correctable)


def test_the_numbers_are_those_of_the_program() -> None:
    told = {what: [int(number) for number in re.findall(r"\d+", value)] for what, value, _ in _table("Numbers")}
    page = (ROOT / "ui" / "web" / "shared" / "console" / "Reveal.tsx").read_text(encoding="utf-8")
    shown = re.search(r"SHOWN_MS = ([\d_]+);", page)
    keeping = (ROOT / "twin" / "store" / "migrations" / "audit" / "0002_tree.sql").read_text(encoding="utf-8")
    least = re.search(r"keep_days >= (\d+)", keeping)
    usual = re.search(r"insert into keeping \(first, keep_days\) values \(0, (\d+)\)", keeping)
    assert shown is not None
    assert least is not None
    assert usual is not None
    assert told == {
        "a look in clear may be shown": [model.REVEAL_S],
        "a page of ours shows it": [int(shown[1]) // 1000],
        "looks of one person of the staff": [model.REVEALS_MAX, model.REVEALS_WINDOW_S],
        "a reason has at least": [model.REASON_MIN],
        "a request is answered within": [model.ANSWER_WORKING_DAYS],
        "retention runs every": [retention.EVERY_MS // 1000],
        "lines of the audit are kept": [int(usual[1]), int(least[1])],
    }
