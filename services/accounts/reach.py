"""How far somebody's rights reach: the only look-ups of a person and of a unit by id.

A right that came with a role counts in the whole house. One that came with a unit to manage (``UNIT_ADMIN``) counts for
people in that unit and below it and for units below it, and shows nothing else: whoever stands in one unit of mine and
in one of another's is seen by both of us and changed by neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.accounts.errors import UnknownPerson
from services.accounts.house import House
from services.accounts.people_errors import AdministratorsOnly, BeyondReach, UnknownPost, UnknownUnit
from services.accounts.people_model import FIRST_ROLES, Person, Post
from services.accounts.store import people as person_rows
from services.accounts.store import units as unit_rows
from services.accounts.store.people import PersonRow
from services.accounts.store.units import UnitRow
from services.kernel.access import ADMINISTRATORS, OUTSIDERS, UNIT_ADMIN, require
from services.kernel.actor import Actor
from services.kernel.ports import Connection

GRANT = "roles.grant"


class Reach:
    """Reads only."""

    def __init__(self, house: House) -> None:
        self._house = house

    def roots(self, conn: Connection, actor: Actor, permission: str) -> Sequence[str] | None:
        """Units at and below which this actor may; None: the whole house. Raises where they may nowhere."""
        require(actor, permission)
        if UNIT_ADMIN not in actor.roles:
            return None
        person_id, others = actor.id.removeprefix("user:"), actor.roles - {UNIT_ADMIN}
        composed = person_rows.list_composed(conn, self._house.site, person_id)
        if permission in self._house.access.permissions_of(others, composed):
            return None
        return unit_rows.list_managed(conn, self._house.site, person_id)

    def access_person(self, conn: Connection, actor: Actor, person_id: str, permission: str) -> PersonRow:
        """Somebody this actor may see with that permission."""
        roots = self.roots(conn, actor, permission)
        row = person_rows.find_person(conn, self._house.site, person_id)
        if row is None or (roots is not None and not self._is_seen(conn, row, roots)):
            raise UnknownPerson
        return row

    def access_managed(self, conn: Connection, actor: Actor, person_id: str, permission: str) -> PersonRow:
        """Somebody this actor may change. Administrators are the security administrator's."""
        row = self.access_person(conn, actor, person_id, permission)
        if frozenset(row.roles) & frozenset(ADMINISTRATORS) and not actor.can(GRANT):
            raise AdministratorsOnly
        roots = self.roots(conn, actor, permission)
        if roots is not None:
            self._require_below(conn, row, roots)
        return row

    def access_unit(self, conn: Connection, actor: Actor, unit_id: str, permission: str) -> UnitRow:
        """A unit this actor may see with that permission."""
        roots = self.roots(conn, actor, permission)
        living = unit_rows.find_unit(conn, self._house.site, unit_id)
        if living is None or (roots is not None and not self._is_within(conn, unit_id, roots)):
            raise UnknownUnit
        return living

    def access_unit_below(self, conn: Connection, actor: Actor, unit_id: str, permission: str) -> UnitRow:
        """A unit this actor may move, merge or end: one below those they were given, not those themselves."""
        unit = self.access_unit(conn, actor, unit_id, permission)
        roots = self.roots(conn, actor, permission)
        if roots is not None and not self._is_within(conn, unit.parent_id, roots):
            raise BeyondReach
        return unit

    def access_post(self, conn: Connection, actor: Actor, post_id: str, permission: str) -> Post:
        require(actor, permission)
        post = unit_rows.find_post(conn, self._house.site, post_id)
        if post is None:
            raise UnknownPost
        try:
            self.access_unit(conn, actor, post.unit_id, permission)
        except UnknownUnit:
            raise UnknownPost from None
        return post

    def show_within(self, conn: Connection, people: Sequence[Person], roots: Sequence[str] | None) -> list[Person]:
        """These people without what they do in units that are not at or below these."""
        if roots is None:
            return list(people)
        mine = frozenset(unit_rows.list_below(conn, self._house.site, roots))
        return [replace(p, posts=tuple(held for held in p.posts if held.unit_id in mine)) for p in people]

    def _is_seen(self, conn: Connection, row: PersonRow, roots: Sequence[str]) -> bool:
        held = unit_rows.list_holdings(conn, self._house.site, [row.id])
        return any(self._is_within(conn, h.unit_id, roots) for h in held)

    def _require_below(self, conn: Connection, row: PersonRow, roots: Sequence[str]) -> None:
        """No way up: not whoever has more than ordinary rights, stands elsewhere too, or manages what is not mine."""
        site = self._house.site
        held = unit_rows.list_holdings(conn, site, [row.id])
        managed = [unit_rows.find_unit(conn, site, unit) for unit in unit_rows.list_managed(conn, site, row.id)]
        elsewhere = any(not self._is_within(conn, h.unit_id, roots) for h in held)
        beside_me = any(unit is not None and not self._is_within(conn, unit.parent_id, roots) for unit in managed)
        if elsewhere or beside_me or not frozenset(row.roles) <= FIRST_ROLES | frozenset(OUTSIDERS):
            raise BeyondReach

    def _is_within(self, conn: Connection, unit_id: str | None, roots: Sequence[str]) -> bool:
        if unit_id is None:
            return False
        return not {u.id for u in unit_rows.list_above(conn, self._house.site, unit_id)}.isdisjoint(roots)
