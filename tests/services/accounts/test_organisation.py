"""The organisation under any order of growing, moving, merging and retiring: no loops, nobody lost, nobody reached from
outside. And what a unit's administrator may, case by case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from services.accounts.errors import UnknownPerson
from services.accounts.people_errors import (
    AdministratorsOnly,
    BeyondReach,
    NameTaken,
    OwnRights,
    PostNeeded,
    StillPeopled,
    UnitLoop,
    UnknownUnit,
)
from services.accounts.people_model import PersonFilter
from services.accounts.store import units as unit_rows
from services.kernel.errors import ServiceError
from tests.services.accounts.conftest import LOST

if TYPE_CHECKING:
    from services.kernel.actor import Actor
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PICK = st.integers(0, 10**6)


def named(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


class Grown:
    """A centre with two branches, each with a post and somebody in it, and one who manages the first."""

    def __init__(self, office: Office) -> None:
        self.office, self.tree = office, office.accounts.organisation
        self.top = self.tree.create(office.admin, name=named("中心"), parent=None).id
        self.left, self.right = (self.tree.create(office.admin, name=named(n), parent=self.top).id for n in "左右")
        self.below = self.tree.create(office.admin, name=named("左下"), parent=self.left).id
        self.posts = {
            u: self.tree.create_post(office.admin, u, named("岗")).id for u in (self.left, self.right, self.below)
        }
        self.people = {u: self.seat(f"p{n}", post) for n, (u, post) in enumerate(self.posts.items())}
        self.chief = self.seat("chief", self.posts[self.left])
        self.tree.delegate(office.admin, self.left, self.chief)

    def seat(self, login: str, post: str) -> str:
        person = self.office.hire(login)
        self.tree.place(self.office.admin, person, post)
        return person

    @property
    def manager(self) -> Actor:
        return self.office.as_(self.chief)


@pytest.fixture
def grown(office: Office) -> Grown:
    return Grown(office)


def test_a_unit_administrator_sees_and_reaches_what_is_below_and_nobody_else(grown: Grown) -> None:
    people, manager = grown.office.accounts.people, grown.manager
    seen = {p.id for p in people.list_page(manager, PersonFilter()).people}
    assert seen == {grown.people[grown.left], grown.people[grown.below], grown.chief}
    assert people.list_page(manager, PersonFilter(text="p1")).total == 0, "nor by search"
    for act in (people.get, people.erase, lambda a, p: people.stop(a, p, why="x")):
        with pytest.raises(UnknownPerson):
            act(manager, grown.people[grown.right])
    assert [u.id for u in grown.tree.list_units(manager)] == [grown.left]
    assert [u.id for u in grown.tree.list_units(manager, text="右")] == []
    for act in (grown.tree.get, grown.tree.retire, lambda a, u: grown.tree.rename(a, u, named("x"))):
        with pytest.raises(UnknownUnit):
            act(manager, grown.right)
    assert [u.id for u in grown.tree.get(manager, grown.below).above] == [grown.left], "no higher than one may see"


def test_a_unit_administrator_does_not_lift_themself(grown: Grown) -> None:
    tree, people, manager = grown.tree, grown.office.accounts.people, grown.manager
    for act in (
        lambda: tree.retire(manager, grown.left),
        lambda: tree.move(manager, grown.left, parent=grown.below),
        lambda: tree.create(manager, name=named("x"), parent=None),
        lambda: tree.delegate(manager, grown.left, grown.people[grown.left]),
    ):
        with pytest.raises((BeyondReach, UnitLoop)):
            act()
    with pytest.raises(OwnRights):
        tree.delegate(grown.office.as_(grown.chief), grown.below, grown.chief)
    with pytest.raises(PostNeeded):
        people.create(manager, login="free", password="three unlike words", name="x", roles=["staff"])
    with pytest.raises(AdministratorsOnly):
        people.create(
            manager,
            login="boss",
            password="three unlike words",
            name="x",
            roles=["manager"],
            post=grown.posts[grown.below],
        )
    with pytest.raises(UnknownUnit):
        tree.move(manager, grown.below, parent=grown.right)


def test_whoever_has_more_rights_or_stands_elsewhere_too_is_seen_and_not_changed(grown: Grown) -> None:
    office, manager = grown.office, grown.manager
    officer, both = grown.people[grown.left], grown.people[grown.below]
    office.accounts.rights.give(office.admin, officer, ["security"], why="promoted")
    grown.tree.place(office.admin, both, grown.posts[grown.right])
    for person in (officer, both):
        assert office.accounts.people.get(manager, person).id == person
        with pytest.raises(BeyondReach):
            office.accounts.credentials.reset(manager, person, LOST)
    office.accounts.rights.give(office.admin, officer, ["audit_admin"], why="promoted")
    with pytest.raises(AdministratorsOnly):
        office.accounts.credentials.reset(manager, officer, LOST)


def test_what_was_given_with_a_unit_ends_with_it(grown: Grown) -> None:
    assert "accounts.manage" in grown.manager.permissions
    grown.tree.merge(grown.office.admin, grown.left, into=grown.right)
    assert "accounts.manage" not in grown.manager.permissions, "who managed one does not manage the other"
    posts = grown.office.accounts.people.get(grown.office.admin, grown.people[grown.left]).posts
    assert [(h.unit_id, h.until_ms is None) for h in posts] == [(grown.left, False), (grown.right, True)]
    assert [u.id for u in grown.tree.list_units(grown.office.admin, below=grown.right)] == [grown.below]


def test_what_is_not_empty_is_not_retired_and_names_are_told_apart(grown: Grown) -> None:
    with pytest.raises(StillPeopled):
        grown.tree.retire(grown.office.admin, grown.below)
    with pytest.raises(NameTaken):
        grown.tree.create(grown.office.admin, name=named("左"), parent=grown.top)
    grown.tree.release(grown.office.admin, grown.people[grown.below], grown.posts[grown.below])
    grown.tree.retire(grown.office.admin, grown.below)
    assert grown.tree.get(grown.office.admin, grown.left).unit.children == 0


def test_a_subtree_deeper_than_any_office_is_walked(office: Office) -> None:
    tree, parent = office.accounts.organisation, None
    for n in range(60):
        parent = tree.create(office.admin, name=named(str(n)), parent=parent).id
    assert parent is not None
    assert len(tree.get(office.admin, parent).above) == 59


def tree_machine(make: Callable[[], Grown]) -> type[RuleBasedStateMachine]:  # noqa: C901 - one rule a step
    """Each step asks as the administrator; what the rules refuse, changes nothing."""

    class Tree(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.grown = make()
            self.office, self.tree = self.grown.office, self.grown.tree
            self.units = [self.grown.top, self.grown.left, self.grown.right, self.grown.below]
            self.everybody = sorted([*self.grown.people.values(), self.grown.chief])
            self.count = 0

        def ask(self, what: Callable[..., Any], *args: Any, **named_args: Any) -> bool:
            try:
                what(self.office.admin, *args, **named_args)
            except ServiceError:
                return False
            return True

        def unit(self, n: int) -> str:
            return self.units[n % len(self.units)]

        @rule(n=PICK)
        def grow(self, n: int) -> None:
            self.count += 1
            self.units.append(self.tree.create(self.office.admin, name=named(str(self.count)), parent=self.unit(n)).id)

        @rule(n=PICK, to=PICK)
        def move(self, n: int, to: int) -> None:
            self.ask(self.tree.move, self.unit(n), parent=self.unit(to))

        @rule(n=PICK, to=PICK)
        def merge(self, n: int, to: int) -> None:
            unit = self.unit(n)
            if self.ask(self.tree.merge, unit, into=self.unit(to)):
                self.units.remove(unit)

        @rule(n=PICK)
        def retire(self, n: int) -> None:
            unit = self.unit(n)
            if self.ask(self.tree.retire, unit):
                self.units.remove(unit)

        @invariant()
        def everybody_stands_somewhere_once(self) -> None:
            with self.office.database.transaction() as conn:
                held = unit_rows.list_holdings(conn, self.office.site, self.everybody)
            assert sorted(h.person_id for h in held) == self.everybody
            assert {h.unit_id for h in held} <= set(self.units), "in a unit that lives"

        @invariant()
        def every_living_unit_hangs_from_a_top_once(self) -> None:
            reached, waiting = [], [u.id for u in self.tree.list_units(self.office.admin)]
            while waiting:
                unit = waiting.pop()
                reached.append(unit)
                assert len(reached) <= len(self.units), "a loop"
                waiting += [u.id for u in self.tree.list_units(self.office.admin, below=unit)]
            assert sorted(reached) == sorted(self.units)

        @invariant()
        def the_administrator_of_a_unit_sees_whoever_is_below_it(self) -> None:
            manager = self.grown.manager
            if self.grown.left not in self.units:
                assert "accounts.view" not in manager.permissions
                return
            seen = {p.id for p in self.office.accounts.people.list_page(manager, PersonFilter()).people}
            with self.office.database.transaction() as conn:
                held = unit_rows.list_holdings(conn, self.office.site, self.everybody)
                below = {h.person_id for h in held if self.grown.left in self._above(conn, h.unit_id)}
            assert seen == below

        def _above(self, conn: Any, unit: str) -> set[str]:
            return {u.id for u in unit_rows.list_above(conn, self.office.site, unit)}

    return Tree


def test_in_any_order_nobody_is_lost_and_nothing_loops(new_office: Callable[[], Office]) -> None:
    run_state_machine_as_test(
        tree_machine(lambda: Grown(new_office())),
        settings=settings(
            max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
