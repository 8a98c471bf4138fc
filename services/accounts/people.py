"""People: made by an administrator of theirs, found, changed, stopped and let in again, erased for good."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from services.accounts.errors import OwnAccount, UnknownRole
from services.accounts.house import House
from services.accounts.model import subject_of
from services.accounts.password_rules import check_password
from services.accounts.people_errors import AdministratorsOnly, LastAdministrator, PhoneNotAgreed, PostNeeded, WrongKind
from services.accounts.people_model import (
    FIRST_ROLES,
    KINDS,
    ONETIME_S,
    PAGE_MAX,
    STAFF_KIND,
    PeoplePage,
    Person,
    PersonFilter,
)
from services.accounts.reach import GRANT, Reach
from services.accounts.records import NAMES, Records, own_words
from services.accounts.store import people as person_rows
from services.accounts.store import roles as role_rows
from services.accounts.store import sessions as session_rows
from services.accounts.store import units as unit_rows
from services.kernel.access import ADMINISTRATORS, USER_ROLES, require
from services.kernel.actor import Actor
from services.kernel.ports import Connection, new_id

VIEW, MANAGE, STOP = "accounts.view", "accounts.manage", "accounts.stop"


class People:
    """All methods block; none runs on an event loop. ``changed`` hears whose rights are not what they were."""

    def __init__(self, house: House, *, changed: Callable[[str], None]) -> None:
        self._house, self._reach, self._records = house, Reach(house), Records(house)
        self._changed = changed

    def list_page(self, actor: Actor, wanted: PersonFilter) -> PeoplePage:
        """Those within this actor's reach, by login."""
        site = self._house.site
        with self._house.database.transaction() as conn:
            reach = roots = self._reach.roots(conn, actor, VIEW)
            if wanted.unit is not None:
                roots = [self._reach.access_unit(conn, actor, wanted.unit, VIEW).id]
            text, limit = wanted.text.strip(), min(wanted.limit, PAGE_MAX)
            asked = person_rows.Wanted(
                login=text.lower() if text else None,
                matches=self._records.matches(text) if text else (),
                roots=roots,
                role=wanted.role,
                kind=wanted.kind,
                stopped=wanted.stopped,
                after=wanted.after,
                limit=limit + 1,
            )
            rows = person_rows.list_people(conn, site, asked)
            people = self._reach.show_within(conn, self._records.show(conn, actor, rows[:limit]), reach)
            total = person_rows.count_people(conn, site, asked)
        return PeoplePage(people=tuple(people), total=total, next=people[-1].login if len(rows) > limit else None)

    def get(self, actor: Actor, person_id: str) -> Person:
        """With the posts of before as well."""
        with self._house.database.transaction() as conn:
            row = self._reach.access_person(conn, actor, person_id, VIEW)
            shown = self._records.show(conn, actor, [row], ended=True)
            return self._reach.show_within(conn, shown, self._reach.roots(conn, actor, VIEW))[0]

    def create(
        self,
        actor: Actor,
        *,
        login: str,
        password: str,
        name: str,
        roles: Sequence[str],
        phone: str | None = None,
        kind: str = STAFF_KIND,
        id_number: str | None = None,
        post: str | None = None,
    ) -> Person:
        """The password works for a short while and is changed at the first login: two know it."""
        require(actor, MANAGE)
        check_password(password, roles=roles, own=own_words(login, name), house=self._house.words)
        password_hash, house = self._house.passwords.hash(password), self._house
        until_ms = house.now_ms() + ONETIME_S * 1000
        with house.database.transaction() as conn:
            self._check_first_roles(conn, actor, kind, roles)
            row = self.insert(
                conn, actor, login=login, password_hash=password_hash, name=name, roles=roles, phone=phone, kind=kind,
                id_number=id_number, post=post, onetime_until_ms=until_ms,
            )  # fmt: skip
            return self._records.show(conn, actor, [row])[0]

    def insert(
        self,
        conn: Connection,
        actor: Actor,
        *,
        login: str,
        password_hash: str,
        name: str,
        roles: Sequence[str],
        phone: str | None,
        kind: str,
        id_number: str | None,
        post: str | None,
        onetime_until_ms: int | None,
    ) -> person_rows.PersonRow:
        """Within the caller's transaction, after its checks of who may."""
        house = self._house
        if post is None and self._reach.roots(conn, actor, MANAGE) is not None:
            raise PostNeeded
        row = make_row(
            house, login=login, password_hash=password_hash, roles=roles, kind=kind, onetime_until_ms=onetime_until_ms
        )
        self._check_phone(conn, row, phone)
        row = self._records.seal(conn, row, name=name, phone=phone, id_number=id_number)
        person_rows.insert_person(conn, house.site, row)
        if post is not None:
            held = self._reach.access_post(conn, actor, post, MANAGE)
            if kind != STAFF_KIND:
                raise WrongKind
            unit_rows.begin_holding(conn, house.site, row.id, held.id, row.created_ms)
        # Without the name: a line of the audit can not be erased.
        after = {"login": row.login, "kind": kind, "roles": list(row.roles), "post": post}
        house.record(conn, actor, "person.create", subject_of(row.id), after=after)
        return row

    def change(
        self, actor: Actor, person_id: str, *, name: str | None, phone: str | None, id_number: str | None
    ) -> Person:
        """None: as it was. An empty phone or ID number: none any more."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._reach.access_managed(conn, actor, person_id, MANAGE)
            self._check_phone(conn, row, phone)
            kept = house.vault.open_many(conn, [row.name_sealed, row.phone_sealed, row.id_sealed])
            asked = {"name": name, "phone": phone, "id_number": id_number}
            texts = [old if new is None else new for old, new in zip(kept, asked.values(), strict=True)]
            changed = self._records.seal(conn, row, name=texts[0] or "", phone=texts[1], id_number=texts[2] or None)
            person_rows.update_person(conn, changed)
            fields = [field for field, new in asked.items() if new is not None]
            house.record(conn, actor, "person.change", subject_of(row.id), after={"fields": fields})
            return self._records.show(conn, actor, [changed])[0]

    def stop(self, actor: Actor, person_id: str, *, why: str) -> None:
        """Logged in nowhere from now on, and let in nowhere, until started again."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._access_other(conn, actor, person_id, STOP)
            person_rows.disable_person(conn, row.id, house.now_ms())
            session_rows.delete_sessions_of(conn, row.id)
            house.record(conn, actor, "person.stop", subject_of(row.id), after={"stopped": True}, why=why)
        self._changed(subject_of(row.id))

    def start(self, actor: Actor, person_id: str, *, why: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            row = self._reach.access_managed(conn, actor, person_id, STOP)
            house.vault.open(conn, row.name_sealed)  # raises for the erased: they do not come back
            person_rows.enable_person(conn, row.id)
            house.record(conn, actor, "person.start", subject_of(row.id), after={"stopped": False}, why=why)

    def erase(self, actor: Actor, person_id: str) -> None:
        """The person can not log in any more, and name, phone and ID number can not be read any more."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._access_other(conn, actor, person_id, MANAGE)
            subject = subject_of(row.id)
            person_rows.disable_person(conn, row.id, house.now_ms())
            person_rows.erase_person(conn, house.vault, subject)
            house.record(conn, actor, "person.erase", subject, before={"roles": list(row.roles)})
        self._changed(subject)

    def names(self, actor: Actor) -> dict[str, str]:
        """Which colleague stands behind the ids of audit lines, alarms and commands; the erased are left out."""
        require(actor, NAMES)
        with self._house.database.transaction() as conn:
            return self._records.names(conn, person_rows.list_of_kind(conn, self._house.site, STAFF_KIND))

    def _check_phone(self, conn: Connection, row: person_rows.PersonRow, phone: str | None) -> None:
        if phone and not self._records.agreed(conn, row):
            raise PhoneNotAgreed

    def _access_other(self, conn: Connection, actor: Actor, person_id: str, permission: str) -> person_rows.PersonRow:
        """Somebody else whom this actor may put out: never the last of the administrators."""
        row = self._reach.access_managed(conn, actor, person_id, permission)
        if subject_of(row.id) == actor.id:
            raise OwnAccount
        require_another(conn, self._house, row)
        return row

    def _check_first_roles(self, conn: Connection, actor: Actor, kind: str, roles: Collection[str]) -> None:
        known = USER_ROLES.keys() | {role.key for role in role_rows.list_roles(conn, self._house.site)}
        if unknown := sorted(set(roles) - known):
            raise UnknownRole(unknown)
        check_kind(kind, roles)
        if not actor.can(GRANT) and not set(roles) <= (FIRST_ROLES if kind == STAFF_KIND else {kind}):
            raise AdministratorsOnly


def make_row(
    house: House,
    *,
    login: str,
    password_hash: str,
    roles: Sequence[str],
    kind: str = STAFF_KIND,
    onetime_until_ms: int | None = None,
) -> person_rows.PersonRow:
    """A new person, not sealed yet."""
    return person_rows.PersonRow(
        id=new_id(house.random),
        login=login.strip().lower(),
        password_hash=password_hash,
        roles=tuple(dict.fromkeys(roles)),
        name_sealed="",
        phone_sealed=None,
        created_ms=house.now_ms(),
        disabled_ms=None,
        kind=kind,
        onetime_until_ms=onetime_until_ms,
    )


def check_kind(kind: str, roles: Collection[str]) -> None:
    """Those who are served have the role of their kind and no other; staff never has it."""
    if kind not in KINDS or (set(roles) != {kind} if kind != STAFF_KIND else set(roles) & KINDS.keys() - {STAFF_KIND}):
        raise WrongKind


def require_another(conn: Connection, house: House, row: person_rows.PersonRow, *, but: Collection[str] = ()) -> None:
    """Raises where this person is the last to hold an administrator's role, those in ``but`` aside."""
    person_rows.lock_administrators(conn, house.site)
    for role in ADMINISTRATORS:
        leaves = role in row.roles and role not in but and row.disabled_ms is None
        if leaves and not person_rows.count_holders(conn, house.site, role, now_ms=house.now_ms(), but=row.id):
            raise LastAdministrator(role)
