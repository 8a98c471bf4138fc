"""Roles: what each may do, those a house composes itself, and who is given which.

三员分立: the security administrator gives rights and nobody gives them to themself; nobody is two of the three
administrators; and none of the three is ever left without a holder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from services.accounts.errors import UnknownRole
from services.accounts.house import House
from services.accounts.model import subject_of
from services.accounts.people import check_kind, require_another
from services.accounts.people_errors import (
    OwnRights,
    ReservedPermission,
    RoleExists,
    RoleHeld,
    SeparateDuties,
    TooMuch,
    UnknownHouseRole,
)
from services.accounts.people_model import HOUSE_ROLES_MAX, HouseRole
from services.accounts.reach import GRANT, Reach
from services.accounts.store import people as person_rows
from services.accounts.store import roles as role_rows
from services.accounts.store.roles import RoleRow
from services.kernel.access import ADMINISTRATORS, ROLES, USER_ROLES, Permission, require
from services.kernel.actor import Actor
from services.kernel.ports import Connection

VIEW = "roles.view"


class Rights:
    """All methods block; none runs on an event loop. ``changed`` hears whose rights are not what they were."""

    def __init__(self, house: House, *, changed: Callable[[str], None]) -> None:
        self._house, self._reach, self._changed = house, Reach(house), changed

    def permissions(self, actor: Actor) -> tuple[list[Permission], frozenset[str]]:
        """All that may be done in the house, and which of it a role of the house may contain."""
        require(actor, VIEW)
        declared = self._house.access.permissions
        return list(declared.values()), self._house.access.composable(declared)

    def list_all(self, actor: Actor) -> list[HouseRole]:
        """Those shipped, then those the house composed."""
        require(actor, VIEW)
        with self._house.database.transaction() as conn:
            composed = role_rows.list_roles(conn, self._house.site)
            held = role_rows.count_by_role(conn, self._house.site)
        shipped = [
            HouseRole(
                key=key,
                name=name,
                permissions=tuple(sorted(self._house.access.permissions_of({key}))),
                shipped=True,
                people=held.get(key, 0),
            )
            for key, name in USER_ROLES.items()
        ]
        return [*shipped, *(self._show(row, held.get(row.key, 0)) for row in composed)]

    def compose(
        self, actor: Actor, *, key: str, name: Mapping[str, str], permissions: Collection[str]
    ) -> HouseRole:  # fmt: skip
        require(actor, GRANT)
        house, row = self._house, self._row(key, name, permissions)
        if key in ROLES:
            raise RoleExists
        with house.database.transaction() as conn:
            if len(role_rows.list_roles(conn, house.site)) >= HOUSE_ROLES_MAX:
                raise TooMuch(most=HOUSE_ROLES_MAX)
            role_rows.insert_role(conn, house.site, row, house.now_ms())
            house.record(conn, actor, "role.create", _target(key), after=_said(row))
        return self._show(row, 0)

    def change(self, actor: Actor, key: str, *, name: Mapping[str, str], permissions: Collection[str]) -> HouseRole:
        """Whoever holds it may so much, and no more, from the next request on."""
        require(actor, GRANT)
        house, row = self._house, self._row(key, name, permissions)
        with house.database.transaction() as conn:
            before = self._access_role(conn, key)
            if key in self._held_by(conn, actor):
                raise OwnRights
            role_rows.update_role(conn, house.site, row)
            house.record(conn, actor, "role.change", _target(key), before=_said(before), after=_said(row))
            holders = self._holders(conn, key)
        for subject in holders:
            self._changed(subject)
        return self._show(row, len(holders))

    def retire(self, actor: Actor, key: str) -> None:
        require(actor, GRANT)
        house = self._house
        with house.database.transaction() as conn:
            row = self._access_role(conn, key)
            if holders := self._holders(conn, key):
                raise RoleHeld(len(holders))
            role_rows.retire_role(conn, house.site, key, house.now_ms())
            house.record(conn, actor, "role.retire", _target(key), before=_said(row))

    def give(self, actor: Actor, person_id: str, roles: Sequence[str], *, why: str) -> None:
        """These roles and no others, from the next request on."""
        require(actor, GRANT)
        house, wanted = self._house, tuple(dict.fromkeys(roles))
        with house.database.transaction() as conn:
            person_rows.lock_administrators(conn, house.site)
            row = self._reach.access_managed(conn, actor, person_id, GRANT)
            subject = subject_of(row.id)
            if subject == actor.id:
                raise OwnRights
            unknown = [role for role in wanted if role not in USER_ROLES and not self._lock(conn, role)]
            if unknown:
                raise UnknownRole(unknown)
            check_kind(row.kind, wanted)
            if len(frozenset(wanted) & frozenset(ADMINISTRATORS)) > 1:
                raise SeparateDuties
            require_another(conn, house, row, but=wanted)
            person_rows.set_roles(conn, row.id, wanted)
            house.record(
                conn, actor, "person.roles", subject, before={"roles": list(row.roles)}, after={"roles": list(wanted)},
                why=why,
            )  # fmt: skip
        self._changed(subject)

    def _lock(self, conn: Connection, key: str) -> RoleRow | None:
        return role_rows.lock_role(conn, self._house.site, key)

    def _access_role(self, conn: Connection, key: str) -> RoleRow:
        row = self._lock(conn, key)
        if row is None:
            raise UnknownHouseRole
        return row

    def _held_by(self, conn: Connection, actor: Actor) -> Collection[str]:
        row = person_rows.find_person(conn, self._house.site, actor.id.removeprefix("user:"))
        return row.roles if row else ()

    def _holders(self, conn: Connection, key: str) -> list[str]:
        return [subject_of(person) for person in person_rows.list_holders(conn, self._house.site, key)]

    def _row(self, key: str, name: Mapping[str, str], permissions: Collection[str]) -> RoleRow:
        wanted = frozenset(permissions)
        if wrong := wanted - self._house.access.composable(wanted):
            raise ReservedPermission(wrong)
        return RoleRow(key=key, name=name, permissions=sorted(wanted))

    def _show(self, row: RoleRow, people: int) -> HouseRole:
        """What was declared when it was composed and is no more, is left out."""
        permissions = tuple(sorted(self._house.access.composable(row.permissions)))
        return HouseRole(key=row.key, name=row.name, permissions=permissions, shipped=False, people=people)


def _target(key: str) -> str:
    return f"role:{key}"


def _said(row: RoleRow) -> Mapping[str, object]:
    return {"name": dict(row.name), "permissions": list(row.permissions)}
