"""Drafts of the building: what was read, the edits made on it in order, and a pointer that undo and redo move.

A draft outlives a restart. Whoever changes it says which revision they saw; a change of an older one is refused.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from psycopg.types.json import Jsonb

from building.edits import apply, describe
from building.errors import EditRefused
from building.formats.hall import dumps, loads
from building.model import Building, make_id
from twin.errors import NotFound, Refused, StaleDraft
from twin.store import audit
from twin.store.database import Connection, Database

DRAFTS_MAX = 20
EDITS_MAX = 500
OPEN_MAX = 3
"""Drafts whose states are kept in memory; the others are made again from their edits when they are looked at."""

State = Literal["reading", "ready", "failed"]
_Step: TypeAlias = tuple["Made | None", Building]
"""An edit and what it made of the building; None for what the draft began with."""
INTERRUPTED: Mapping[str, Mapping[str, str]] = {
    "what": {"zh": "读取时系统重启了。", "en": "The hall was restarted while this was being read."},
    "todo": {"zh": "请重新上传文件。", "en": "Upload the file again."},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One edit as it was made."""

    n: int
    edit: Mapping[str, Any]
    text: Mapping[str, str]
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """``edits`` are all, the first ``done`` count. ``base`` is the version it replaces, ``left`` what of that has no
    place in it and ``kept`` how much has.
    """

    id: str
    state: State
    file: str | None
    bytes: int
    format: str | None
    base: str
    created_ms: int
    by: str
    error: Mapping[str, Any] | None
    kept: int
    left: Sequence[Mapping[str, Any]]
    done: int
    revision: int
    edits: tuple[Made, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What edits are made on: the building, and what of the base was taken over (``kept``) or not (``left``)."""

    building: Building
    kept: int = 0
    left: Sequence[Mapping[str, Any]] = ()


class Drafts:
    """From any thread; two changes of one draft follow each other, the later one is refused when it saw the earlier's
    revision.
    """

    def __init__(self, *, site: str, database: Database, now_ms: Callable[[], int], new_id: Callable[[], str]) -> None:
        self._site, self._database, self._now_ms, self._new_id = site, database, now_ms, new_id
        self._lock = threading.Lock()
        self._states: OrderedDict[str, list[_Step]] = OrderedDict()

    # --- making

    def begin(self, *, file: str, size: int, base: str, actor: str) -> Draft:
        """A draft whose file is being read."""
        return self._create("reading", file=file, size=size, base=base, actor=actor, start=None)

    def copy(self, building: Building, *, base: str, actor: str) -> Draft:
        """A draft of a building that is here already."""
        return self._create("ready", file=None, size=0, base=base, actor=actor, start=Start(building=building))

    def finish(self, draft_id: str, *, plan: Building, start: Start) -> None:
        """The file was read: ``plan`` is what it says, ``start`` what came of it in this hall."""
        with self._database.transaction() as conn:
            changed = conn.execute(
                "update twin.draft set state = 'ready', format = %s, plan = %s, document = %s, kept = %s,"
                " left_behind = %s, revision = revision + 1 where id = %s and state = 'reading' returning created_by",
                [plan.format, dumps(plan), dumps(start.building), start.kept, Jsonb(list(start.left)), draft_id],
            ).fetchone()
            if changed is not None:  # it may have been deleted meanwhile
                self._audit(conn, draft_id, actor=changed[0], action="draft.read", after={"format": plan.format})

    def fail(self, draft_id: str, error: Mapping[str, Any]) -> None:
        """The file cannot serve."""
        with self._database.transaction() as conn:
            changed = conn.execute(
                "update twin.draft set state = 'failed', error = %s, revision = revision + 1"
                " where id = %s and state = 'reading' returning created_by",
                [Jsonb(dict(error)), draft_id],
            ).fetchone()
            if changed is not None:
                self._audit(conn, draft_id, actor=changed[0], action="draft.failed", after=dict(error))

    def fail_interrupted(self) -> None:
        """At start: nobody reads any more what was being read."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                "select id from twin.draft where site = %s and state = 'reading'", [self._site]
            ).fetchall()
        for (draft_id,) in rows:
            self.fail(draft_id, INTERRUPTED)

    def delete(self, draft_id: str, *, actor: str) -> None:
        with self._database.transaction() as conn:
            gone = conn.execute(
                "delete from twin.draft where site = %s and id = %s returning file, revision", [self._site, draft_id]
            ).fetchone()
            if gone is None:
                raise _unknown(draft_id)
            self._audit(conn, draft_id, actor=actor, action="draft.delete", before={"file": gone[0]})
        with self._lock:
            self._states.pop(draft_id, None)

    # --- reading

    def list_all(self) -> list[Draft]:
        """The newest first."""
        with self._database.transaction() as conn:
            rows = conn.execute(
                f"{_SELECT} where site = %s order by created_ms desc, id desc".encode(), [self._site]
            ).fetchall()
            return [_draft(row, _edits(conn, row[0])) for row in rows]

    def get(self, draft_id: str) -> Draft:
        with self._database.transaction() as conn:
            return self._get(conn, draft_id)

    def building(self, draft: Draft) -> Building:
        """As it is with the edits that count; raises Refused where it is not ready."""
        return self._state(draft, draft.done)

    def plan(self, draft: Draft) -> Building | None:
        """What its file says, None for a copy."""
        with self._database.transaction() as conn:
            row = conn.execute("select plan from twin.draft where id = %s", [draft.id]).fetchone()
        return None if row is None or row[0] is None else loads(str(row[0]))

    # --- changing

    def edit(self, draft_id: str, edit: Mapping[str, Any], *, revision: int, actor: str) -> Draft:
        """Make one edit; what was undone is gone. Raises EditRefused, StaleDraft."""
        draft = self._seen(draft_id, revision)
        if draft.done >= EDITS_MAX:
            raise Refused(f"a draft holds {EDITS_MAX} edits at most: publish it and begin another")
        before = self.building(draft)
        after = apply(before, edit)
        made = Made(
            n=draft.done + 1, edit=dict(edit), text=dict(describe(before, edit)), by=actor, at_ms=self._now_ms()
        )
        with self._database.transaction() as conn:
            self._move(conn, draft, done=made.n)
            conn.execute("delete from twin.draft_edit where draft = %s and n >= %s", [draft.id, made.n])
            self._write(conn, draft.id, made)
            self._audit(
                conn, draft.id, actor=actor, action="draft.edit", before={"revision": revision},
                after={"revision": revision + 1, "edit": made.edit}, why=made.text["zh"],
            )  # fmt: skip
        with self._lock:
            if len(steps := self._states.get(draft.id, [])) >= made.n:
                steps[made.n :] = [(made, after)]
        return self.get(draft_id)

    def undo(self, draft_id: str, *, revision: int, actor: str) -> Draft:
        """Take the last edit back; it can be made again until another is made."""
        draft = self._seen(draft_id, revision)
        if draft.done == 0:
            raise Refused("there is nothing to undo")
        return self._step(draft, draft.done - 1, actor=actor, action="draft.undo")

    def redo(self, draft_id: str, *, revision: int, actor: str) -> Draft:
        draft = self._seen(draft_id, revision)
        if draft.done == len(draft.edits):
            raise Refused("there is nothing to redo")
        return self._step(draft, draft.done + 1, actor=actor, action="draft.redo")

    def rebase(self, draft_id: str, *, base: str, start: Start, revision: int, actor: str) -> Draft:
        """Put the draft on another version: the edits that count are made again on ``start``.

        Those that cannot be are left out and said in ``left``.
        """
        draft = self._seen(draft_id, revision)
        b, again, left = start.building, list[Made](), list(start.left)
        for made in draft.edits[: draft.done]:
            try:
                b = apply(b, made.edit)
                again.append(made)
            except EditRefused as refused:
                left.append({"id": f"edit:{made.n}", "kind": "edit", "name": made.text, "reason": refused.what})
        with self._database.transaction() as conn:
            self._move(conn, draft, done=len(again))
            conn.execute(
                "update twin.draft set base = %s, document = %s, kept = %s, left_behind = %s where id = %s",
                [base, dumps(start.building), start.kept, Jsonb(left), draft.id],
            )
            conn.execute("delete from twin.draft_edit where draft = %s", [draft.id])
            for n, made in enumerate(again, 1):
                self._write(conn, draft.id, replace(made, n=n))
            self._audit(
                conn, draft.id, actor=actor, action="draft.rebase", before={"base": draft.base}, after={"base": base}
            )
        self._forget(draft.id)
        return self.get(draft_id)

    def published(self, draft: Draft, *, version: str) -> None:
        """It became this version: what is edited from here on is edited against that."""
        with self._database.transaction() as conn:
            conn.execute("update twin.draft set base = %s where id = %s", [version, draft.id])

    # --- how

    def _create(
        self, state: State, *, file: str | None, size: int, base: str, actor: str, start: Start | None
    ) -> Draft:
        draft_id = self._new_id()
        with self._database.transaction() as conn:
            conn.execute("select pg_advisory_xact_lock(hashtext('twin.draft ' || %s))", [self._site])
            row = conn.execute("select count(*) from twin.draft where site = %s", [self._site]).fetchone()
            if row is not None and row[0] >= DRAFTS_MAX:
                raise Refused(f"there are {DRAFTS_MAX} drafts, no more are kept: delete one first")
            conn.execute(
                "insert into twin.draft (id, site, state, file, bytes, format, base, created_ms, created_by, document)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [draft_id, self._site, state, file, size, None if start is None else start.building.format, base,
                 self._now_ms(), actor, None if start is None else dumps(start.building)],
            )  # fmt: skip
            self._audit(
                conn, draft_id, actor=actor, action="draft.create", after={"file": file, "bytes": size, "base": base}
            )
            return self._get(conn, draft_id)

    def _get(self, conn: Connection, draft_id: str) -> Draft:
        row = conn.execute(f"{_SELECT} where site = %s and id = %s".encode(), [self._site, draft_id]).fetchone()
        if row is None:
            raise _unknown(draft_id)
        return _draft(row, _edits(conn, draft_id))

    def _seen(self, draft_id: str, revision: int) -> Draft:
        draft = self.get(draft_id)
        if draft.revision != revision:
            raise StaleDraft(
                revision=draft.revision, by=max(draft.edits, key=lambda e: e.at_ms).by if draft.edits else None
            )
        return draft

    def _step(self, draft: Draft, done: int, *, actor: str, action: str) -> Draft:
        self._state(draft, done)  # one that cannot be made is not shown
        with self._database.transaction() as conn:
            self._move(conn, draft, done=done)
            self._audit(
                conn, draft.id, actor=actor, action=action, before={"edits": draft.done}, after={"edits": done},
                why=draft.edits[min(done, draft.done)].text["zh"],
            )  # fmt: skip
        return self.get(draft.id)

    def _move(self, conn: Connection, draft: Draft, *, done: int) -> None:
        """Only if nobody changed it since it was read."""
        moved = conn.execute(
            "update twin.draft set done = %s, revision = revision + 1 where id = %s and revision = %s returning 1",
            [done, draft.id, draft.revision],
        ).fetchone()
        if moved is None:
            raise StaleDraft(revision=self._get(conn, draft.id).revision, by=None)

    def _write(self, conn: Connection, draft_id: str, made: Made) -> None:
        conn.execute(
            "insert into twin.draft_edit (draft, site, n, edit, text, made_by, made_ms)"
            " values (%s, %s, %s, %s, %s, %s, %s)",
            [draft_id, self._site, made.n, Jsonb(dict(made.edit)), Jsonb(dict(made.text)), made.by, made.at_ms],
        )

    def _state(self, draft: Draft, done: int) -> Building:
        if draft.state != "ready":
            raise Refused(f"the draft is not ready: {draft.state}")
        wanted = draft.edits[:done]
        with self._lock:
            steps = self._states.get(draft.id) or [(None, self._document(draft.id))]
            same = next(
                (n for n, (made, step) in enumerate(zip(wanted, steps[1:], strict=False)) if made != step[0]), None
            )
            if same is not None:  # what was undone there is gone
                del steps[same + 1 :]
            for made in wanted[len(steps) - 1 :]:
                steps.append((made, apply(steps[-1][1], made.edit)))
            self._states[draft.id] = steps
            self._states.move_to_end(draft.id)
            while len(self._states) > OPEN_MAX:
                self._states.popitem(last=False)
            return steps[done][1]

    def _document(self, draft_id: str) -> Building:
        with self._database.transaction() as conn:
            row = conn.execute("select document from twin.draft where id = %s", [draft_id]).fetchone()
        if row is None:
            raise _unknown(draft_id)
        return loads(str(row[0]))

    def _forget(self, draft_id: str) -> None:
        with self._lock:
            self._states.pop(draft_id, None)

    def _audit(
        self, conn: Connection, draft_id: str, *, actor: str, action: str, before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None, why: str = "",
    ) -> None:  # fmt: skip
        audit.append(
            conn, site=self._site, actor=actor, action=action, target=make_id(self._site, "draft", draft_id),
            before=before, after=after, why=why, at_ms=self._now_ms(),
        )  # fmt: skip


_SELECT = (
    "select id, state, file, bytes, format, base, created_ms, created_by, error, kept, left_behind, done, revision"
    " from twin.draft"
)


def _draft(row: tuple[Any, ...], edits: tuple[Made, ...]) -> Draft:
    return Draft(
        id=row[0], state=row[1], file=row[2], bytes=row[3], format=row[4], base=row[5], created_ms=row[6], by=row[7],
        error=row[8], kept=row[9], left=row[10], done=row[11], revision=row[12], edits=edits,
    )  # fmt: skip


def _edits(conn: Connection, draft_id: str) -> tuple[Made, ...]:
    rows = conn.execute(
        "select n, edit, text, made_by, made_ms from twin.draft_edit where draft = %s order by n", [draft_id]
    )
    return tuple(Made(n=n, edit=edit, text=text, by=by, at_ms=at_ms) for n, edit, text, by, at_ms in rows)


def _unknown(draft_id: str) -> NotFound:
    return NotFound(f"there is no draft {draft_id[:64]}")
