"""The people with a login: made by an administrator, listed with masked data, erased for good."""

from __future__ import annotations

from collections.abc import Sequence

from services.accounts.errors import OwnAccount, UnknownPerson, UnknownRole
from services.accounts.house import House
from services.accounts.model import DemoLogin, Person, subject_of
from services.accounts.passwords import new_password
from services.accounts.store import people as person_rows
from services.kernel.access import USER_ROLES, require
from services.kernel.actor import Actor, make_system
from services.kernel.masking import mask_phone
from services.kernel.ports import Connection, Random, new_id
from services.kernel.vault import Erased

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


class People:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House) -> None:
        self._house = house

    def list_all(self, actor: Actor) -> list[Person]:
        require(actor, "accounts.view")
        with self._house.database.transaction() as conn:
            return [self._person(conn, row) for row in person_rows.list_people(conn, self._house.site)]

    def create(
        self, actor: Actor, *, login: str, password: str, name: str, roles: Sequence[str], phone: str | None = None
    ) -> Person:
        require(actor, "accounts.manage")
        if unknown := sorted(set(roles) - USER_ROLES.keys()):
            raise UnknownRole(unknown)
        password_hash = self._house.passwords.hash(password)
        with self._house.database.transaction() as conn:
            row = self._insert(conn, login=login, password_hash=password_hash, name=name, roles=roles, phone=phone)
            # Without the name: a line of the audit can not be erased.
            after = {"login": row.login, "roles": list(row.roles)}
            self._house.record(conn, actor, "person.create", subject_of(row.id), after=after)
            return self._person(conn, row)

    def erase(self, actor: Actor, person_id: str) -> None:
        """The person can not log in any more, and name and phone can not be read any more."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._access_person(conn, actor, person_id)
            subject = subject_of(row.id)
            if subject == actor.id:
                raise OwnAccount
            person_rows.disable_person(conn, row.id, house.now_ms())
            person_rows.erase_person(conn, house.vault, subject)
            house.record(conn, actor, "person.erase", subject, before={"roles": list(row.roles)})

    def ensure_demo_users(self, random: Random) -> list[DemoLogin]:
        """One person a role, each with a fresh password from ``random``; only a demo calls this."""
        house, actor = self._house, make_system(self._house.site, "demo")
        logins = [DemoLogin(role=role, user=role, password=new_password(random)) for role in USER_ROLES]
        for login in logins:
            password_hash = house.passwords.hash(login.password)
            with house.database.transaction() as conn:
                row = person_rows.find_person_by_login(conn, house.site, login.user)
                if row is None:
                    row = self._insert(
                        conn,
                        login=login.user,
                        password_hash=password_hash,
                        name=DEMO_NAMES[login.role],
                        roles=(login.role,),
                        phone=None,
                    )
                person_rows.set_password(conn, row.id, password_hash)
                house.record(conn, actor, "person.demo", subject_of(row.id), after={"roles": [login.role]})
        return logins

    def ensure_first_administrator(self, random: Random) -> list[DemoLogin]:
        """Somebody must be able to let the others in: one administrator where there is nobody yet, told once."""
        house, actor = self._house, make_system(self._house.site, "setup")
        login = DemoLogin(role="admin", user="admin", password=new_password(random))
        password_hash = house.passwords.hash(login.password)
        with house.database.transaction() as conn:
            if person_rows.list_people(conn, house.site):
                return []
            row = self._insert(
                conn, login=login.user, password_hash=password_hash, name="admin", roles=(login.role,), phone=None
            )
            house.record(conn, actor, "person.create", subject_of(row.id), after={"roles": [login.role]})
        return [login]

    def names(self, actor: Actor) -> dict[str, str]:
        """Who stands behind the ids of audit lines, alarms and commands; the erased are left out."""
        require(actor, "session.own")
        with self._house.database.transaction() as conn:
            people = [self._person(conn, row) for row in person_rows.list_people(conn, self._house.site)]
        return {subject_of(p.id): p.name for p in people if p.name is not None}

    def _insert(
        self, conn: Connection, *, login: str, password_hash: str, name: str, roles: Sequence[str], phone: str | None
    ) -> person_rows.PersonRow:
        house, person_id = self._house, new_id(self._house.random)
        subject = subject_of(person_id)
        row = person_rows.PersonRow(
            id=person_id,
            login=login.strip().lower(),
            password_hash=password_hash,
            roles=tuple(roles),
            name_sealed=house.vault.seal(conn, subject=subject, field="name", text=name),
            phone_sealed=house.vault.seal(conn, subject=subject, field="phone", text=phone) if phone else None,
            created_ms=house.now_ms(),
            disabled_ms=None,
        )
        person_rows.insert_person(conn, house.site, row)
        return row

    def _person(self, conn: Connection, row: person_rows.PersonRow) -> Person:
        name = phone = None
        try:
            name = self._house.vault.open(conn, row.name_sealed)
            phone = mask_phone(self._house.vault.open(conn, row.phone_sealed)) if row.phone_sealed else None
        except Erased:
            pass  # an erased person stays in the list, without a name: audit lines still point there
        return Person(
            id=row.id,
            login=row.login,
            name=name,
            phone=phone,
            roles=tuple(row.roles),
            created_ms=row.created_ms,
            disabled_ms=row.disabled_ms,
        )

    def _access_person(self, conn: Connection, actor: Actor, person_id: str) -> person_rows.PersonRow:
        require(actor, "accounts.manage")
        row = person_rows.find_person(conn, self._house.site, person_id)
        if row is None:
            raise UnknownPerson
        return row
