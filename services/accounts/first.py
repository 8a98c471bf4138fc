"""The first people of a house: the three administrators, told once; in a demo one person a role."""

from __future__ import annotations

from collections.abc import Sequence

from services.accounts.house import House
from services.accounts.model import DemoLogin, subject_of
from services.accounts.passwords import new_password
from services.accounts.people import make_row
from services.accounts.people_model import ONETIME_S, STAFF_KIND
from services.accounts.records import Records
from services.accounts.store import people as person_rows
from services.kernel.access import ADMINISTRATORS, OUTSIDERS, USER_ROLES
from services.kernel.actor import Actor, make_system
from services.kernel.ports import Connection, Random

DEMO_NAMES = {
    "leader": "林建国",
    "staff": "孙丽",
    "clerk": "李晓梅",
    "manager": "陈志远",
    "security": "赵卫国",
    "editor": "吴倩",
    "admin": "周敏",
    "security_admin": "郑凯",
    "audit_admin": "王淑芬",
    "citizen": "刘洋",
    "enterprise": "示范商贸有限公司",
}


class FirstPeople:
    """Both are called at each start, before anybody is let in."""

    def __init__(self, house: House) -> None:
        self._house, self._records = house, Records(house)

    def ensure_demo(self, random: Random) -> list[DemoLogin]:
        """One person a role, each with a fresh password from ``random``; only a demo calls this."""
        return self._ensure("demo", random, list(USER_ROLES), anew=True)

    def ensure_administrators(self, random: Random) -> list[DemoLogin]:
        """Somebody must run the system, give rights and watch: those of the three that nobody is, told this once.

        Named by chance, so that no house has the account that is tried in all of them; the password is for one login.
        """
        return self._ensure("setup", random, ADMINISTRATORS, anew=False)

    def _ensure(self, part: str, random: Random, roles: Sequence[str], *, anew: bool) -> list[DemoLogin]:
        house, actor = self._house, make_system(self._house.site, part)
        with house.database.transaction() as conn:
            now = house.now_ms()
            missing = [
                role for role in roles if anew or not person_rows.count_holders(conn, house.site, role, now_ms=now)
            ]
            users = [role if anew else self._free_login(conn, role, random) for role in missing]
        logins = [
            DemoLogin(role=role, user=user, password=new_password(random))
            for role, user in zip(missing, users, strict=True)
        ]
        for login in logins:
            password_hash = house.passwords.hash(login.password)
            with house.database.transaction() as conn:
                row = person_rows.find_person_by_login(conn, house.site, login.user)
                if row is None:
                    row = self._insert(conn, login, password_hash, name=DEMO_NAMES[login.role] if anew else login.user)
                person_rows.set_password(conn, row.id, password_hash)
                person_rows.set_onetime(conn, row.id, None if anew else now + ONETIME_S * 1000)
                self._record(conn, actor, part, row.id, login.role)
        return logins

    def _free_login(self, conn: Connection, role: str, random: Random) -> str:
        """Somebody else may be called like this already."""
        names = (f"{role}-{new_password(random, groups=1)}" for _ in range(1_000))
        return next(name for name in names if person_rows.find_person_by_login(conn, self._house.site, name) is None)

    def _insert(self, conn: Connection, login: DemoLogin, password_hash: str, *, name: str) -> person_rows.PersonRow:
        kind = login.role if login.role in OUTSIDERS else STAFF_KIND
        row = make_row(self._house, login=login.user, password_hash=password_hash, roles=(login.role,), kind=kind)
        row = self._records.seal(conn, row, name=name, phone=None, id_number=None)
        person_rows.insert_person(conn, self._house.site, row)
        return row

    def _record(self, conn: Connection, actor: Actor, part: str, person_id: str, role: str) -> None:
        action = "person.demo" if part == "demo" else "person.create"
        self._house.record(conn, actor, action, subject_of(person_id), after={"roles": [role]})
