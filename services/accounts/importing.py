"""People by the list: an Excel file is read, every row is judged, and the good ones become or update people.

A row is known by its login, so the same file twice changes nothing. Whoever is new has no password: an administrator
makes one for each when it is handed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.accounts.errors import LoginTaken, UnknownPerson
from services.accounts.house import House
from services.accounts.import_errors import MissingColumns
from services.accounts.model import subject_of
from services.accounts.people import MANAGE, People
from services.accounts.people_errors import AdministratorsOnly, BadIdNumber, BeyondReach, IdTaken, TooMuch
from services.accounts.people_model import FIRST_ROLES, POSTS_MAX, STAFF_KIND, Post
from services.accounts.reach import GRANT, Reach
from services.accounts.records import Records, parse_id
from services.accounts.sheets import CELL_CHARACTERS_MAX, Cell, read_sheet, write_sheet
from services.accounts.store import people as person_rows
from services.accounts.store import roles as role_rows
from services.accounts.store import units as unit_rows
from services.kernel.access import ADMINISTRATORS, OUTSIDERS, USER_ROLES, require
from services.kernel.actor import Actor
from services.kernel.errors import ServiceError
from services.kernel.ports import Connection, new_id, new_token

Text = Mapping[str, str]

COLUMNS: Mapping[str, Text] = {
    "login": {"zh": "登录名", "en": "Login"},
    "name": {"zh": "姓名", "en": "Name"},
    "phone": {"zh": "电话", "en": "Phone"},
    "id_number": {"zh": "证件号码", "en": "ID number"},
    "unit": {"zh": "单位", "en": "Unit"},
    "post": {"zh": "岗位", "en": "Post"},
    "roles": {"zh": "角色", "en": "Roles"},
}
REQUIRED = ("login", "name")
NAME_MAX = 60
_LOGIN = re.compile(r"[A-Za-z0-9._-]{2,40}")
_PHONE = re.compile(r"\+?[0-9 -]{5,20}")
_SEPARATORS = re.compile(r"[,，、;；\n]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCell:
    """``row`` as Excel numbers it."""

    row: int
    column: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``taken`` False: nothing was changed, as it was asked for or because of bad rows."""

    rows: int
    created: int
    changed: int
    same: int
    bad: tuple[BadCell, ...]
    taken: bool


@dataclass(slots=True, kw_only=True)
class _Row:
    number: int
    login: str
    name: str
    phone: str | None
    id_number: str | None
    unit: str
    post: str
    roles: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class _Taking:
    """One file being taken, within one transaction. ``nobodys_hash``: of a password that nobody knows."""

    conn: Connection
    actor: Actor
    nobodys_hash: str
    bad: list[BadCell]
    created: int = 0
    changed: int = 0
    same: int = 0


class _RowRefused(Exception):
    """Undoes what a row has begun; the report says why."""

    def __init__(self, column: str, text: Text) -> None:
        super().__init__(text["en"])
        self.column, self.text = column, text


class _Undone(Exception):
    """It was only tried, or it was all or nothing: nothing of it stays."""


class Importing:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, people: People) -> None:
        self._house, self._people, self._reach, self._records = house, people, Reach(house), Records(house)

    def template(self, actor: Actor) -> bytes:
        """The columns, and one row that shows how each is filled in."""
        require(actor, MANAGE)
        heads = [f"{label['zh']} {label['en']}" for label in COLUMNS.values()]
        example = ["zhangsan", "张三", "13800000000", "", "综合窗口部/一组", "窗口人员", "clerk"]
        return write_sheet("people", [heads, example], widths=[18, 14, 18, 24, 30, 18, 18])

    def take(self, actor: Actor, content: bytes, *, dry: bool, partial: bool) -> Report:
        """``dry``: judged to the end, and nothing kept. ``partial``: good rows are taken though others are bad."""
        require(actor, MANAGE)
        sheet = read_sheet(content)
        # Nobody knows it: it lets nobody in, and takes as long to refuse as any other.
        nobodys_hash = self._house.passwords.hash(new_token(self._house.random))
        bad: list[BadCell] = []
        rows, taken = 0, False
        taking = None
        try:
            with self._house.database.transaction() as conn:
                unit_rows.lock_tree(conn, self._house.site)
                taking = _Taking(conn=conn, actor=actor, nobodys_hash=nobodys_hash, bad=bad)
                parsed, rows = self._parse(sheet, self._known_roles(conn), bad)
                for row in parsed:
                    self._take_row(taking, row)
                if dry or (bad and not partial):
                    raise _Undone  # noqa: TRY301 - a transaction is undone by leaving it so
                taken = True
                said = {"created": taking.created, "changed": taking.changed, "bad": len({b.row for b in bad})}
                self._house.record(conn, actor, "people.import", "people", after=said)
        except _Undone:
            pass
        return Report(
            rows=rows,
            created=taking.created if taking else 0,
            changed=taking.changed if taking else 0,
            same=taking.same if taking else 0,
            bad=tuple(sorted(bad, key=lambda b: b.row)),
            taken=taken,
        )

    # --- what the cells say

    def _known_roles(self, conn: Connection) -> dict[str, str]:
        """Keys of staff roles, by the key and by either name."""
        known: dict[str, str] = {}
        named: list[tuple[str, Text]] = [(key, name) for key, name in USER_ROLES.items() if key not in OUTSIDERS]
        named += [(role.key, role.name) for role in role_rows.list_roles(conn, self._house.site)]
        for key, name in named:
            known |= {key: key, name["zh"]: key, name["en"].casefold(): key}
        return known

    def _parse(
        self, sheet: Sequence[Sequence[Cell]], known: Mapping[str, str], bad: list[BadCell]
    ) -> tuple[list[_Row], int]:
        places = _columns(sheet[0] if sheet else ())
        if missing := [COLUMNS[name]["zh"] for name in REQUIRED if name not in places]:
            raise MissingColumns(missing)
        rows: list[_Row] = []
        seen: dict[str, int] = {}
        count = 0
        for number, cells in enumerate(sheet[1:], 2):
            if not any(cell.text for cell in cells):
                continue
            count += 1
            found = {name: cells[place] if place < len(cells) else Cell(text="") for name, place in places.items()}
            wrong = [BadCell(row=number, column=column, text=text) for column, text in _judge(found, known)]
            login = found["login"].text.lower()
            if not wrong and login in seen:
                wrong.append(BadCell(row=number, column="login", text=_twice(seen[login])))
            if wrong:
                bad += wrong
                continue
            seen[login] = number
            texts = {name: found[name].text if name in found else "" for name in COLUMNS}
            rows.append(
                _Row(
                    number=number, login=login, name=texts["name"], phone=texts["phone"] or None,
                    id_number=texts["id_number"] or None, unit=texts["unit"], post=texts["post"],
                    roles=tuple(known[_key(word)] for word in _words(texts["roles"])),
                )
            )  # fmt: skip
        return rows, count

    # --- what they come to

    def _take_row(self, taking: _Taking, row: _Row) -> None:
        conn, actor = taking.conn, taking.actor
        try:
            with conn.transaction():  # a bad row leaves nothing behind, and spoils no other
                post = self._post(conn, actor, row)
                found = person_rows.find_person_by_login(conn, self._house.site, row.login)
                if found is None:
                    self._create(taking, row, post)
                    taking.created += 1
                elif self._update(conn, actor, row, found, post):
                    taking.changed += 1
                else:
                    taking.same += 1
        except _RowRefused as refused:
            taking.bad.append(BadCell(row=row.number, column=refused.column, text=refused.text))
        except ServiceError as error:
            taking.bad.append(BadCell(row=row.number, column=_column_of(error), text=error.text))

    def _create(self, taking: _Taking, row: _Row, post: str | None) -> None:
        actor = taking.actor
        if not set(row.roles) <= FIRST_ROLES and not actor.can(GRANT):
            raise AdministratorsOnly
        if len(set(row.roles) & set(ADMINISTRATORS)) > 1:
            raise AdministratorsOnly
        self._people.insert(
            taking.conn, actor, login=row.login, password_hash=taking.nobodys_hash, name=row.name, roles=row.roles,
            phone=row.phone, kind=STAFF_KIND, id_number=row.id_number, post=post, onetime_until_ms=None,
        )  # fmt: skip

    def _update(
        self, conn: Connection, actor: Actor, row: _Row, found: person_rows.PersonRow, post: str | None
    ) -> bool:
        """Name, phone, ID number where one is given, and one post more. Roles of people there are, are not a list's."""
        try:
            found = self._reach.access_managed(conn, actor, found.id, MANAGE)
        except (UnknownPerson, BeyondReach):
            raise LoginTaken(row.login) from None
        if found.disabled_ms is not None or found.kind != STAFF_KIND:
            raise LoginTaken(row.login)
        if set(row.roles) - set(found.roles):
            raise _RowRefused("roles", _ROLES_ARE_GRANTED)
        changed = False
        if not self._records.same(found, name=row.name, phone=row.phone, id_number=row.id_number):
            kept = None if found.id_sealed is None else self._house.vault.open(conn, found.id_sealed)
            sealed = self._records.seal(
                conn, found, name=row.name, phone=row.phone, id_number=row.id_number or kept
            )  # fmt: skip
            person_rows.update_person(conn, replace(sealed, id=found.id))
            changed = True
        if post is not None:
            changed |= unit_rows.begin_holding(conn, self._house.site, found.id, post, self._house.now_ms())
        if changed:
            self._house.record(conn, actor, "person.change", subject_of(found.id), after={"import": True, "post": post})
        return changed

    def _post(self, conn: Connection, actor: Actor, row: _Row) -> str | None:
        """The post that a row names: the unit by its path of names; a post it has not yet is made.

        What is said of a path that leads nowhere is the same wherever it ends: it may pass what is beyond reach.
        """
        if not row.unit:
            return None
        unit: unit_rows.UnitRow | None = None
        for name in (part.strip() for part in re.split(r"[/／]", row.unit)):
            unit = unit_rows.find_child(conn, self._house.site, unit.id if unit else None, name)
            if unit is None:
                raise _RowRefused("unit", _no_unit(row.unit))
        if unit is None:
            raise _RowRefused("unit", _no_unit(row.unit))
        try:
            self._reach.access_unit(conn, actor, unit.id, MANAGE)
        except ServiceError:
            raise _RowRefused("unit", _no_unit(row.unit)) from None
        posts = unit_rows.list_posts(conn, self._house.site, unit.id)
        for post in posts:
            if row.post in (post.name["zh"], post.name["en"]):
                return post.id
        if len(posts) >= POSTS_MAX:
            raise TooMuch(most=POSTS_MAX)
        made = Post(id=new_id(self._house.random), unit_id=unit.id, name={"zh": row.post, "en": row.post})
        unit_rows.insert_post(conn, self._house.site, made, now_ms=self._house.now_ms())
        return made.id


_NEEDED = {"zh": "必填。", "en": "Is needed."}
_FORMULA = {"zh": "是公式，请粘贴为数值。", "en": "Is a formula: paste it as a value."}
_TOO_LONG = {"zh": "太长。", "en": "Is too long."}
_BAD_LOGIN = {"zh": "2至40个字母、数字或._-。", "en": "2 to 40 letters, figures or ._-"}
_BAD_PHONE = {"zh": "不是电话号码。", "en": "Is no phone number."}
_BAD_ID = {"zh": "不是正确的身份证号。", "en": "Is no valid resident's number."}
_BOTH = {"zh": "单位和岗位要么都填，要么都不填。", "en": "Unit and post go together: both or neither."}
_CONTROLS = {"zh": "含有不可见的控制字符。", "en": "Holds control characters."}
_ROLES_ARE_GRANTED = {
    "zh": "已有账号的角色由安全管理员授予，导入不改。",
    "en": "Roles of people there are already are given by the security administrator, not by a list.",
}


def _judge(found: Mapping[str, Cell], known: Mapping[str, str]) -> list[tuple[str, Text]]:
    """(column, what is wrong) of one row, as far as the row alone tells."""
    wrong = [(column, text) for column, cell in found.items() if (text := _unreadable(column, cell)) is not None]
    if wrong:
        return wrong
    text = {name: found[name].text if name in found else "" for name in COLUMNS}
    unknown = [word for word in _words(text["roles"]) if _key(word) not in known]
    checks = (
        *((column, _NEEDED, not text[column]) for column in REQUIRED),
        ("login", _BAD_LOGIN, text["login"] and not _LOGIN.fullmatch(text["login"])),
        ("phone", _BAD_PHONE, text["phone"] and not _PHONE.fullmatch(text["phone"])),
        ("id_number", _BAD_ID, text["id_number"] and not _is_id(text["id_number"])),
        ("post" if text["unit"] else "unit", _BOTH, bool(text["unit"]) != bool(text["post"])),
        *(("roles", _no_role(word), True) for word in unknown),
    )
    return [(column, said) for column, said, holds in checks if holds]


def _unreadable(column: str, cell: Cell) -> Text | None:
    if cell.formula:
        return _FORMULA
    if _CONTROL.search(cell.text):
        return _CONTROLS
    most = NAME_MAX if column in {"name", "post"} else CELL_CHARACTERS_MAX
    return _TOO_LONG if len(cell.text) > most else None


def _is_id(text: str) -> bool:
    try:
        parse_id(STAFF_KIND, text)
    except BadIdNumber:
        return False
    return True


def _columns(heads: Sequence[Cell]) -> dict[str, int]:
    """Where each column stands, by its Chinese or English name or both, in any order; others are passed over."""
    places: dict[str, int] = {}
    for place, head in enumerate(heads):
        text = head.text.casefold()
        for name, label in COLUMNS.items():
            zh, en = label["zh"], label["en"].casefold()
            if text in {zh, en, f"{zh} {en}", name} and name not in places:
                places[name] = place
    return places


def _words(text: str) -> list[str]:
    """Roles in a cell. Names in English may have spaces, so a cell that is one name is one word."""
    return [word.strip() for word in _SEPARATORS.split(text) if word.strip()]


def _key(word: str) -> str:
    return word.casefold() if word.isascii() else word


def _column_of(error: ServiceError) -> str:
    if isinstance(error, IdTaken | BadIdNumber):
        return "id_number"
    if isinstance(error, AdministratorsOnly):
        return "roles"
    return "unit" if error.code in {"accounts.post_needed", "accounts.too_much"} else "login"


def _no_unit(name: str) -> Text:
    return {"zh": f"没有单位“{name}”。", "en": f"There is no unit {name}."}


def _no_role(name: str) -> Text:
    return {"zh": f"没有角色“{name}”。", "en": f"There is no role {name}."}


def _twice(row: int) -> Text:
    return {"zh": f"与第{row}行的登录名相同。", "en": f"Has the same login as row {row}."}
