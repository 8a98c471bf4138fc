from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook, load_workbook

from services.accounts.errors import WrongLogin
from services.accounts.import_errors import BadSheet, MissingColumns, SheetTooLarge
from services.accounts.importing import COLUMNS, Report
from services.accounts.model import Asker
from services.accounts.people_model import PersonFilter
from services.accounts.sheets import FILE_BYTES_MAX, ROWS_MAX
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor
from tests.services.accounts.test_registration import resident

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

HEADS = ["登录名", "姓名", "电话", "证件号码", "单位", "岗位", "角色"]


def sheet(*rows: list[Any], heads: list[Any] = HEADS) -> bytes:
    book = Workbook()
    for row in (heads, *rows):
        book.worksheets[0].append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(office: Office, content: bytes, *, dry: bool = False, partial: bool = False) -> Report:
    return office.accounts.importing.take(office.admin, content, dry=dry, partial=partial)


def grow(office: Office) -> str:
    tree = office.accounts.organisation
    top = tree.create(office.admin, name={"zh": "中心", "en": "Centre"}, parent=None)
    return tree.create(office.admin, name={"zh": "窗口部", "en": "Windows"}, parent=top.id).id


GOOD = [
    ["li.na", "李娜", 13812348000, resident(2), "中心/窗口部", "组员", "窗口工作人员"],
    ["sun", "孙丽", None, None, None, None, "staff、editor"],
]


def test_a_list_makes_people_and_the_same_list_again_changes_nothing(office: Office) -> None:
    unit, content = grow(office), sheet(*GOOD)
    tried = take(office, content, dry=True)
    assert (tried.created, tried.bad, tried.taken, office.people()) == (2, (), False, [])
    first = take(office, content)
    assert (first.rows, first.created, first.same, first.taken) == (2, 2, 0, True)
    lines = len(office.audit.lines)
    again = take(office, content)
    assert (again.created, again.changed, again.same) == (0, 0, 2)
    assert len(office.audit.lines) == lines + 1, "that it was imported, and nothing else"
    (placed,) = office.accounts.people.list_page(office.admin, PersonFilter(unit=unit)).people
    assert (placed.login, placed.name, placed.phone, placed.roles) == ("li.na", "李娜", "138****8000", ("clerk",))
    assert placed.posts[0].post["zh"] == "组员"
    with pytest.raises(WrongLogin):
        office.accounts.sessions.begin(login="sun", password="", asker=Asker(address="10.0.0.1"))


def test_a_list_changes_names_and_phones_of_whom_there_are(office: Office) -> None:
    grow(office)
    take(office, sheet(*GOOD))
    report = take(office, sheet(["LI.NA", "李娜娜", "13900000000", None, None, None, None]))
    assert (report.created, report.changed, report.bad) == (0, 1, ())
    (person,) = office.accounts.people.list_page(office.admin, PersonFilter(text="李娜娜")).people
    assert (person.phone, person.id_number) == ("139****0000", "110***********002X")


BAD: list[tuple[list[Any], str]] = [
    (["a b", "x", None, None, None, None, None], "login"),
    (["", "x", None, None, None, None, None], "login"),
    (["ok1", "", None, None, None, None, None], "name"),
    (["ok2", "x" * 61, None, None, None, None, None], "name"),
    (["ok3", "x", "call me", None, None, None, None], "phone"),
    (["ok4", "x", None, "110105194912310021", None, None, None], "id_number"),
    (["ok5", "x", None, None, "中心/没有", "组员", None], "unit"),
    (["ok6", "x", None, None, "中心", None, None], "post"),
    (["ok7", "x", None, None, None, None, "boss"], "roles"),
    (["ok8", "=1+1", None, None, None, None, None], "name"),
    (["ok9", "x", None, None, None, None, "citizen"], "roles"),
    (["li.na", "twice", None, None, None, None, None], "login"),
    (["ok10", "x", None, resident(2), None, None, None], "id_number"),
]


def test_every_bad_row_is_named_by_number_and_column_in_both_languages(office: Office) -> None:
    grow(office)
    content = sheet(*GOOD, *(row for row, _ in BAD))
    report = take(office, content, partial=False)
    assert [(b.row, b.column) for b in report.bad] == [(n, column) for n, (_, column) in enumerate(BAD, 4)]
    assert all(b.text["zh"] and b.text["en"] for b in report.bad)
    assert (report.taken, office.people()) == (False, []), "all or nothing"
    report = take(office, content, partial=True)
    assert (report.taken, report.created) == (True, 2)
    assert {p.login for p in office.people()} == {"li.na", "sun"}


def test_a_list_gives_no_rights_that_its_sender_could_not(office: Office) -> None:
    system = make_actor(*office.access.permissions_of({"admin"}), id="user:sys", site=office.site)
    content = sheet(
        ["boss", "x", None, None, None, None, "安全管理员"], ["mgr", "x", None, None, None, None, "manager"]
    )
    report = office.accounts.importing.take(system, content, dry=False, partial=True)
    assert [(b.row, b.column) for b in report.bad] == [(2, "roles"), (3, "roles")]
    take(office, sheet(["li", "x", None, None, None, None, "clerk"]))
    report = take(office, sheet(["li", "x", None, None, None, None, "manager"]))
    assert [b.column for b in report.bad] == ["roles"], "nor changes those of whom there are"
    with pytest.raises(Forbidden):
        office.accounts.importing.take(make_actor("accounts.view"), content, dry=True, partial=True)


def test_the_template_is_taken_as_it_is(office: Office) -> None:
    content = office.accounts.importing.template(office.admin)
    rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert len(rows[0]) == len(COLUMNS)
    report = take(office, content, dry=True)
    assert [(b.row, b.column) for b in report.bad] == [(2, "unit")], "the unit of the example is not there"


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_part(content: bytes, name: str, change: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    return packed(parts | {name: change})


DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
PLAIN = sheet(["li", "x", None, None, None, None, None])
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", BadSheet),
        (b"PK\x03\x04 not a zip", BadSheet),
        (b"login,name\nli,x\n", BadSheet),
        (packed({"a.txt": b"x"}), BadSheet),
        (with_part(PLAIN, SHEET, DTD), BadSheet),
        (with_part(PLAIN, SHEET, DTD.decode().encode("utf-16")), BadSheet),
        (with_part(PLAIN, SHEET, b"<worksheet"), BadSheet),
        (with_part(PLAIN, "xl/workbook.xml", b"<x/>"), BadSheet),
        (b"x" * (FILE_BYTES_MAX + 1), SheetTooLarge),
        (with_part(PLAIN, "xl/media/bomb.bin", bytes(60_000_000)), SheetTooLarge),
        (packed({f"{n}.xml": b"<x/>" for n in range(300)}), SheetTooLarge),
        (sheet(*([f"u{n}", "x"] for n in range(ROWS_MAX + 1))), SheetTooLarge),
        (sheet(["li", "x"], heads=["whatever", "columns"]), MissingColumns),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else f"{len(value)} bytes",
)
def test_what_is_no_list_or_a_hostile_one_is_refused(office: Office, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        take(office, content)
    assert office.people() == []


def test_a_row_that_claims_to_be_the_last_of_all_costs_nothing(office: Office) -> None:
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        told = archive.read(SHEET).replace(b'<row r="2"', b'<row r="1048576"').replace(b'r="A2"', b'r="A1048576"')
    with pytest.raises(SheetTooLarge):
        take(office, with_part(PLAIN, SHEET, told.replace(b'r="B2"', b'r="B1048576"')))


def test_a_list_tells_who_manages_a_unit_nothing_of_those_beside_it(office: Office) -> None:
    """A unit out of reach, what is below it, and one that is not there: the same words."""
    unit = grow(office)
    top = office.accounts.organisation.list_units(office.admin)[0].id
    beside = office.accounts.organisation.create(office.admin, name={"zh": "旁", "en": "Beside"}, parent=top).id
    office.accounts.organisation.create(office.admin, name={"zh": "内", "en": "Inner"}, parent=beside)
    chief = office.hire("chief")
    office.accounts.organisation.delegate(office.admin, unit, chief)

    def said(path: str) -> dict[str, str]:
        content = sheet(["someone", "某", None, None, path, "组员", None])
        (bad,) = office.accounts.importing.take(office.as_(chief), content, dry=True, partial=False).bad
        assert bad.column == "unit"
        return {lang: text.replace(path, "PATH") for lang, text in bad.text.items()}

    assert said("中心/旁") == said("中心/没有") == said("中心/旁/内") == said("中心/旁/没有") == said("没有/旁")
    own = sheet(["someone", "某", None, None, "中心/窗口部", "组员", None])
    assert office.accounts.importing.take(office.as_(chief), own, dry=True, partial=False).created == 1
