"""The organisation: a tree of units of any depth, posts in them, who holds those and who manages what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from services.accounts.house import House
from services.accounts.model import subject_of
from services.accounts.people import MANAGE as PEOPLE_MANAGE
from services.accounts.people_errors import (
    AlreadyThere,
    BeyondReach,
    OwnRights,
    StillPeopled,
    TooMuch,
    UnitLoop,
    UnknownPost,
    UnknownUnit,
    WrongKind,
)
from services.accounts.people_model import POSTS_MAX, STAFF_KIND, UNITS_MAX, Post, Unit, UnitDetail
from services.accounts.reach import Reach
from services.accounts.records import Records
from services.accounts.store import people as person_rows
from services.accounts.store import units as unit_rows
from services.accounts.store.units import UnitRow
from services.kernel.actor import Actor
from services.kernel.ports import Connection, new_id

VIEW, MANAGE, DELEGATE = "organisation.view", "organisation.manage", "organisation.delegate"
LISTED_MAX = 1_000
"""Units in one answer; more are found by name."""


class Organisation:
    """All methods block; none runs on an event loop. ``changed`` hears whose rights are not what they were."""

    def __init__(self, house: House, *, changed: Callable[[str], None]) -> None:
        self._house, self._reach, self._records = house, Reach(house), Records(house)
        self._changed = changed

    def list_units(self, actor: Actor, *, below: str | None = None, text: str = "") -> list[Unit]:
        """Right below one; without one, where this actor's reach begins; with a text, those of that name in reach."""
        site = self._house.site
        with self._house.database.transaction() as conn:
            roots = self._reach.roots(conn, actor, VIEW)
            if text.strip():
                return unit_rows.list_units(conn, site, text=text.strip(), roots=roots, limit=LISTED_MAX)
            if below is not None:
                parent = self._reach.access_unit(conn, actor, below, VIEW)
                return unit_rows.list_units(conn, site, parent_id=parent.id, limit=LISTED_MAX)
            return unit_rows.list_units(conn, site, ids=roots, limit=LISTED_MAX)

    def get(self, actor: Actor, unit_id: str) -> UnitDetail:
        site = self._house.site
        with self._house.database.transaction() as conn:
            row = self._reach.access_unit(conn, actor, unit_id, VIEW)
            roots = self._reach.roots(conn, actor, VIEW)
            above = self._visible_above(conn, row, roots)
            units = {u.id: u for u in unit_rows.list_units(conn, site, ids=[row.id, *above], limit=LISTED_MAX)}
            holders: dict[str, list[str]] = {}
            for person_id, post_id in unit_rows.list_holders(conn, site, row.id):
                holders.setdefault(post_id, []).append(person_id)
            managers = unit_rows.list_managers(conn, site, row.id)
            wanted = {*managers, *(person for held in holders.values() for person in held)}
            rows = person_rows.list_by_id(conn, site, sorted(wanted))
            shown = self._reach.show_within(conn, self._records.show(conn, actor, rows), roots)
            people = {p.id: p for p in shown}
            return UnitDetail(
                unit=units[row.id],
                above=[units[unit] for unit in above if unit in units],
                posts=unit_rows.list_posts(conn, site, row.id),
                holders={post: [people[person] for person in held] for post, held in holders.items()},
                managers=[people[person] for person in managers],
                mine=actor.can(MANAGE) and (roots is None or bool(above)),
            )

    # --- units

    def create(self, actor: Actor, *, name: Mapping[str, str], parent: str | None) -> Unit:
        """At the top: only by whoever manages the whole house."""
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            self._access_parent(conn, actor, parent)
            if unit_rows.count_units(conn, house.site) >= UNITS_MAX:
                raise TooMuch(most=UNITS_MAX)
            row = UnitRow(id=new_id(house.random), parent_id=parent, name=name)
            unit_rows.insert_unit(conn, house.site, row, now_ms=house.now_ms())
            house.record(conn, actor, "unit.create", _unit(row.id), after={"name": dict(name), "parent": parent})
        return Unit(id=row.id, parent_id=parent, name=name, children=0, people=0)

    def rename(self, actor: Actor, unit_id: str, name: Mapping[str, str]) -> None:
        house = self._house
        with house.database.transaction() as conn:
            row = self._reach.access_unit(conn, actor, unit_id, MANAGE)
            unit_rows.update_unit(conn, row.id, parent_id=row.parent_id, name=name)
            house.record(
                conn, actor, "unit.rename", _unit(row.id), before={"name": dict(row.name)}, after={"name": dict(name)}
            )

    def move(self, actor: Actor, unit_id: str, *, parent: str | None) -> None:
        """With all that is below it."""
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            row = self._reach.access_unit_below(conn, actor, unit_id, MANAGE)
            self._access_parent(conn, actor, parent)
            self._require_no_loop(conn, row, parent)
            if parent == row.parent_id:
                raise AlreadyThere
            unit_rows.update_unit(conn, row.id, parent_id=parent, name=row.name)
            house.record(
                conn, actor, "unit.move", _unit(row.id), before={"parent": row.parent_id}, after={"parent": parent}
            )

    def merge(self, actor: Actor, unit_id: str, *, into: str) -> None:
        """People go over into posts of the same name, units below go over as they are; what was stays written.

        Whoever managed the one unit does not manage the other: that is given anew.
        """
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            row = self._reach.access_unit_below(conn, actor, unit_id, MANAGE)
            target = self._reach.access_unit(conn, actor, into, MANAGE)
            self._require_no_loop(conn, row, target.id)
            now, people = house.now_ms(), 0
            managers = unit_rows.list_managers(conn, house.site, row.id)
            there = {post.name["zh"]: post.id for post in unit_rows.list_posts(conn, house.site, target.id)}
            for post in unit_rows.list_posts(conn, house.site, row.id):
                post_id = there.get(post.name["zh"]) or self._add_post(conn, target.id, post.name)
                people += unit_rows.hand_over(conn, house.site, post.id, post_id, now)
            unit_rows.retire_unit(conn, row.id, now_ms=now, merged_into=target.id)
            units = unit_rows.adopt_children(conn, row.id, target.id)
            after = {"into": target.id, "people": people, "units": units}
            house.record(conn, actor, "unit.merge", _unit(row.id), before={"parent": row.parent_id}, after=after)
        self._tell(managers)

    def retire(self, actor: Actor, unit_id: str) -> None:
        """Only when nobody and nothing is in it any more."""
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            row = self._reach.access_unit_below(conn, actor, unit_id, MANAGE)
            (unit,) = unit_rows.list_units(conn, house.site, ids=[row.id], limit=1)
            if unit.people or unit.children:
                raise StillPeopled(people=unit.people, units=unit.children)
            managers = unit_rows.list_managers(conn, house.site, row.id)
            unit_rows.retire_unit(conn, row.id, now_ms=house.now_ms())
            house.record(conn, actor, "unit.retire", _unit(row.id), before={"parent": row.parent_id})
        self._tell(managers)

    # --- posts

    def create_post(self, actor: Actor, unit_id: str, name: Mapping[str, str]) -> Post:
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            unit = self._reach.access_unit(conn, actor, unit_id, MANAGE)
            if len(unit_rows.list_posts(conn, house.site, unit.id)) >= POSTS_MAX:
                raise TooMuch(most=POSTS_MAX)
            post_id = self._add_post(conn, unit.id, name)
            house.record(conn, actor, "post.create", _post(post_id), after={"name": dict(name), "unit": unit.id})
        return Post(id=post_id, unit_id=unit_id, name=name)

    def change_post(self, actor: Actor, post_id: str, *, name: Mapping[str, str] | None, unit: str | None) -> None:
        """Another name, or with its holders to another unit."""
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            post = self._reach.access_post(conn, actor, post_id, MANAGE)
            unit_id = self._reach.access_unit(conn, actor, unit, MANAGE).id if unit else post.unit_id
            unit_rows.update_post(conn, post.id, unit_id=unit_id, name=name or post.name)
            house.record(
                conn, actor, "post.change", _post(post.id), before={"name": dict(post.name), "unit": post.unit_id},
                after={"name": dict(name or post.name), "unit": unit_id},
            )  # fmt: skip

    def merge_post(self, actor: Actor, post_id: str, *, into: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            post = self._reach.access_post(conn, actor, post_id, MANAGE)
            target = self._reach.access_post(conn, actor, into, MANAGE)
            if post.id == target.id:
                raise AlreadyThere
            people = unit_rows.hand_over(conn, house.site, post.id, target.id, house.now_ms())
            unit_rows.retire_post(conn, post.id, house.now_ms())
            house.record(conn, actor, "post.merge", _post(post.id), after={"into": target.id, "people": people})

    def retire_post(self, actor: Actor, post_id: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            post = self._reach.access_post(conn, actor, post_id, MANAGE)
            held = [p for p, held in unit_rows.list_holders(conn, house.site, post.unit_id) if held == post.id]
            if held:
                raise StillPeopled(people=len(held), units=0)
            unit_rows.retire_post(conn, post.id, house.now_ms())
            house.record(conn, actor, "post.retire", _post(post.id), before={"unit": post.unit_id})

    def place(self, actor: Actor, person_id: str, post_id: str, *, from_ms: int | None = None) -> None:
        """The person holds this post too; ``from_ms``: since when, now or before."""
        house = self._house
        with house.database.transaction() as conn:
            unit_rows.lock_tree(conn, house.site)
            row = self._reach.access_managed(conn, actor, person_id, PEOPLE_MANAGE)
            post = self._reach.access_post(conn, actor, post_id, PEOPLE_MANAGE)
            if row.kind != STAFF_KIND:
                raise WrongKind
            since_ms = min(house.now_ms(), from_ms if from_ms is not None else house.now_ms())
            if not unit_rows.begin_holding(conn, house.site, row.id, post.id, since_ms):
                raise AlreadyThere
            after = {"post": post.id, "unit": post.unit_id, "from_ms": since_ms}
            house.record(conn, actor, "post.give", subject_of(row.id), after=after)

    def release(self, actor: Actor, person_id: str, post_id: str) -> None:
        """The person holds this post no more; that they did stays written."""
        house = self._house
        with house.database.transaction() as conn:
            row = self._reach.access_managed(conn, actor, person_id, PEOPLE_MANAGE)
            if not unit_rows.end_holding(conn, row.id, post_id, house.now_ms()):
                raise UnknownPost
            house.record(conn, actor, "post.take", subject_of(row.id), before={"post": post_id})

    # --- who manages what

    def delegate(self, actor: Actor, unit_id: str, person_id: str) -> None:
        """That person manages the unit and all below it. Who manages one themselves gives away what is below it."""
        house = self._house
        if subject_of(person_id) == actor.id:
            raise OwnRights
        with house.database.transaction() as conn:
            unit = self._reach.access_unit_below(conn, actor, unit_id, DELEGATE)
            row = self._reach.access_managed(conn, actor, person_id, DELEGATE)
            if row.kind != STAFF_KIND:
                raise WrongKind
            unit_rows.begin_delegation(conn, house.site, row.id, unit.id, house.now_ms())
            house.record(conn, actor, "unit.delegate", _unit(unit.id), after={"to": subject_of(row.id)})
        self._tell([row.id])

    def revoke(self, actor: Actor, unit_id: str, person_id: str) -> None:
        house = self._house
        with house.database.transaction() as conn:
            unit = self._reach.access_unit_below(conn, actor, unit_id, DELEGATE)
            if not unit_rows.end_delegation(conn, person_id, unit.id, house.now_ms()):
                raise UnknownUnit
            house.record(conn, actor, "unit.revoke", _unit(unit.id), before={"to": subject_of(person_id)})
        self._tell([person_id])

    # --- the parts of it

    def _access_parent(self, conn: Connection, actor: Actor, parent: str | None) -> None:
        if parent is not None:
            self._reach.access_unit(conn, actor, parent, MANAGE)
        elif self._reach.roots(conn, actor, MANAGE) is not None:
            raise BeyondReach

    def _require_no_loop(self, conn: Connection, row: UnitRow, target: str | None) -> None:
        if target is not None and row.id in {u.id for u in unit_rows.list_above(conn, self._house.site, target)}:
            raise UnitLoop

    def _visible_above(self, conn: Connection, row: UnitRow, roots: Sequence[str] | None) -> list[str]:
        """From the top down, without the unit itself."""
        above = [u.id for u in unit_rows.list_above(conn, self._house.site, row.id)]
        if roots is not None:
            above = above[: 1 + max(n for n, unit in enumerate(above) if unit in roots)]
        return above[:0:-1]

    def _add_post(self, conn: Connection, unit_id: str, name: Mapping[str, str]) -> str:
        post = Post(id=new_id(self._house.random), unit_id=unit_id, name=name)
        unit_rows.insert_post(conn, self._house.site, post, now_ms=self._house.now_ms())
        return post.id

    def _tell(self, people: Sequence[str]) -> None:
        for person in people:
            self._changed(subject_of(person))


def _unit(unit_id: str) -> str:
    return f"unit:{unit_id}"


def _post(post_id: str) -> str:
    return f"post:{post_id}"
