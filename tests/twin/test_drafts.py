"""Drafts outlive a restart, undo is exact, and two who edit at once never lose each other's work unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from building.errors import EditRefused
from building.model import Building
from building.testing import SITE, id_of, small_house, words
from building.versions import content_hash
from twin import drafts as module
from twin.drafts import DRAFTS_MAX, INTERRUPTED, Draft, Drafts, Start
from twin.errors import NotFound, Refused, StaleDraft
from twin.store import audit
from twin.store.database import Database
from twin.testing import Ids, ManualClock

pytestmark = pytest.mark.integration

HOUSE = small_house()
OFFICE = id_of("space", "1F-OFF")


def rename(name: str) -> dict[str, Any]:
    return {"op": "rename", "id": OFFICE, "name": {"zh": name, "en": name}}


def poi(x: float) -> dict[str, Any]:
    return {"op": "add_poi", "kind": "atm", "floor": id_of("floor", "1F"), "at": [x, 3.0], "name": words("机", "ATM")}


class Kept:
    """Drafts as a process of its own has them: nothing in memory but what this one did."""

    def __init__(self, database: Database, ids: Ids | None = None) -> None:
        self.clock = ManualClock()
        self.drafts = Drafts(site=SITE, database=database, now_ms=self.clock, new_id=ids or Ids())

    def copy(self, building: Building = HOUSE) -> Draft:
        return self.drafts.copy(building, base=content_hash(building), actor="user:a")

    def edit(self, draft: Draft, edit: dict[str, Any], actor: str = "user:a") -> Draft:
        return self.drafts.edit(draft.id, edit, revision=draft.revision, actor=actor)

    def hash(self, draft: Draft) -> str:
        return content_hash(self.drafts.building(draft))


@pytest.fixture
def kept(database: Database) -> Kept:
    return Kept(database)


def test_a_draft_is_the_same_after_a_restart(kept: Kept, database: Database) -> None:
    draft = kept.edit(kept.edit(kept.copy(), rename("一")), poi(2.0))
    again = Kept(database)
    (found,) = again.drafts.list_all()
    assert found == draft
    assert again.hash(found) == kept.hash(draft)
    assert [(e.n, e.text["en"], e.by) for e in found.edits] == [
        (1, "Rename Office to “一”", "user:a"), (2, "Add the place “ATM” on 1F", "user:a"),
    ]  # fmt: skip


def test_undo_and_redo_move_over_the_edits_and_the_next_edit_drops_what_was_undone(kept: Kept) -> None:
    start = kept.copy()
    one = kept.edit(start, rename("一"))
    two = kept.edit(one, rename("二"))
    hashes = [kept.hash(d) for d in (start, one, two)]
    back = kept.drafts.undo(two.id, revision=two.revision, actor="user:a")
    assert (kept.hash(back), back.done, len(back.edits)) == (hashes[1], 1, 2)
    ahead = kept.drafts.redo(back.id, revision=back.revision, actor="user:a")
    assert kept.hash(ahead) == hashes[2]
    back = kept.drafts.undo(ahead.id, revision=ahead.revision, actor="user:a")
    other = kept.edit(back, rename("三"))
    assert [e.edit["name"]["zh"] for e in other.edits] == ["一", "三"]
    assert kept.hash(other) not in hashes
    with pytest.raises(Refused, match="nothing to redo"):
        kept.drafts.redo(other.id, revision=other.revision, actor="user:a")
    first = kept.drafts.undo(other.id, revision=other.revision, actor="user:a")
    first = kept.drafts.undo(first.id, revision=first.revision, actor="user:a")
    assert kept.hash(first) == hashes[0]
    with pytest.raises(Refused, match="nothing to undo"):
        kept.drafts.undo(first.id, revision=first.revision, actor="user:a")


def test_a_change_of_an_older_revision_is_refused_and_names_who_was_faster(kept: Kept) -> None:
    draft = kept.copy()
    kept.edit(draft, rename("一"), actor="user:b")
    for change in (
        lambda: kept.edit(draft, rename("二")),
        lambda: kept.drafts.undo(draft.id, revision=draft.revision, actor="user:a"),
        lambda: kept.drafts.redo(draft.id, revision=draft.revision, actor="user:a"),
    ):
        with pytest.raises(StaleDraft) as stale:
            change()
        assert (stale.value.revision, stale.value.by) == (draft.revision + 1, "user:b")
    assert len(kept.drafts.get(draft.id).edits) == 1


def test_of_many_edits_at_once_of_the_same_revision_one_is_made(database: Database) -> None:
    ids = Ids()
    draft = Kept(database, ids).copy()
    people = [Kept(database, ids) for _ in range(6)]

    def change(n: int) -> bool:
        try:
            people[n].edit(draft, rename(f"n{n}"), actor=f"user:{n}")
        except StaleDraft:
            return False
        return True

    with ThreadPoolExecutor(len(people)) as threads:
        made = [n for n, won in enumerate(threads.map(change, range(len(people)))) if won]
    assert len(made) == 1
    now = people[0].drafts.get(draft.id)
    assert [e.by for e in now.edits] == [f"user:{made[0]}"]
    assert [s.name["en"] for s in people[0].drafts.building(now).spaces if s.id == OFFICE] == [f"n{made[0]}"]


def test_a_refused_edit_leaves_everything_as_it_was(kept: Kept) -> None:
    draft = kept.copy()
    with pytest.raises(EditRefused):
        kept.edit(draft, {"op": "remove", "id": id_of("space", "1F-HALL")})
    assert kept.drafts.get(draft.id) == draft


def test_a_file_is_read_fails_or_is_interrupted(kept: Kept, database: Database) -> None:
    reading = [kept.drafts.begin(file=f"{n}.ifc", size=7, base="b", actor="user:a") for n in range(3)]
    assert [d.state for d in reading] == ["reading"] * 3
    with pytest.raises(Refused, match="not ready"):
        kept.drafts.building(reading[0])
    left = [{"id": "x", "kind": "device", "name": {}, "reason": {}}]
    kept.drafts.finish(reading[0].id, plan=HOUSE, start=Start(building=HOUSE, kept=3, left=left))
    kept.drafts.fail(reading[1].id, {"what": words("坏", "bad"), "todo": words("换", "change")})
    Kept(database).drafts.fail_interrupted()
    ready, failed, interrupted = (kept.drafts.get(d.id) for d in reading)
    assert (ready.state, ready.kept, ready.left, kept.hash(ready)) == ("ready", 3, left, content_hash(HOUSE))
    assert (failed.state, failed.error) == ("failed", {"what": words("坏", "bad"), "todo": words("换", "change")})
    assert (interrupted.state, interrupted.error) == ("failed", INTERRUPTED)
    kept.drafts.delete(interrupted.id, actor="user:a")
    kept.drafts.finish(interrupted.id, plan=HOUSE, start=Start(building=HOUSE))  # it was deleted: nothing happens
    with pytest.raises(NotFound):
        kept.drafts.get(interrupted.id)


def test_a_draft_put_on_another_version_makes_its_edits_again_and_names_those_it_cannot(kept: Kept) -> None:
    draft = kept.edit(kept.edit(kept.copy(), rename("一")), {"op": "retire", "id": id_of("device", "SCR-A01")})
    theirs = replace(HOUSE, devices=(), windows=(replace(HOUSE.windows[0], screen=None),))
    moved = kept.drafts.rebase(
        draft.id, base=content_hash(theirs), start=Start(building=theirs), revision=draft.revision, actor="user:a"
    )
    assert (moved.base, [e.n for e in moved.edits], moved.done) == (content_hash(theirs), [1], 1)
    ((left),) = moved.left
    assert (left["kind"], left["name"]["en"]) == ("edit", "Retire Screen A01")
    assert kept.drafts.building(moved).devices == ()
    assert [s.name["zh"] for s in kept.drafts.building(moved).spaces if s.id == OFFICE] == ["一"]


def test_there_is_an_end_to_drafts_and_to_edits(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [kept.copy() for _ in range(DRAFTS_MAX)]
    with pytest.raises(Refused, match="delete one first"):
        kept.copy()
    kept.drafts.delete(made[0].id, actor="user:a")
    monkeypatch.setattr(module, "EDITS_MAX", 1)
    one = kept.edit(kept.copy(), rename("一"))
    with pytest.raises(Refused, match="1 edits at most"):
        kept.edit(one, rename("二"))


def test_every_change_has_its_line_in_the_audit(kept: Kept, database: Database) -> None:
    draft = kept.edit(kept.copy(), rename("一"), actor="user:b")
    draft = kept.drafts.undo(draft.id, revision=draft.revision, actor="user:c")
    draft = kept.drafts.redo(draft.id, revision=draft.revision, actor="user:d")
    kept.drafts.delete(draft.id, actor="user:e")
    with database.transaction() as conn:
        lines = [(x["actor"], x["action"], x["target"]) for x in audit.list_lines(conn)]
    assert {target for *_, target in lines} == {f"{SITE}:draft:{draft.id}"}
    assert [(actor, action) for actor, action, _ in reversed(lines)] == [
        ("user:a", "draft.create"), ("user:b", "draft.edit"), ("user:c", "draft.undo"), ("user:d", "draft.redo"),
        ("user:e", "draft.delete"),
    ]  # fmt: skip


STEPS = st.lists(st.sampled_from(["undo", "redo", "一", "二", "三"]), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_and_undone_a_process_that_remembers_and_one_that_does_not_agree(
    database: Database, steps: list[str]
) -> None:
    kept = Kept(database, Ids())
    for draft in kept.drafts.list_all():
        kept.drafts.delete(draft.id, actor="user:a")
    draft, names, done = kept.copy(), list[str](), 0
    for step in steps:
        if step == "undo" and done > 0:
            draft, done = kept.drafts.undo(draft.id, revision=draft.revision, actor="user:a"), done - 1
        elif step == "redo" and done < len(names):
            draft, done = kept.drafts.redo(draft.id, revision=draft.revision, actor="user:a"), done + 1
        elif step not in ("undo", "redo"):
            draft = kept.edit(draft, rename(step))
            names, done = [*names[:done], step], done + 1
    wanted = names[done - 1] if done else "办公室"
    for drafts in (kept.drafts, Kept(database).drafts):
        assert [s.name["zh"] for s in drafts.building(draft).spaces if s.id == OFFICE] == [wanted]
    assert (draft.done, len(draft.edits)) == (done, len(names))
