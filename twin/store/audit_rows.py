"""The tree of the audit in the database: places, kept hashes and signed heads, through the functions that may."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg.rows import class_row

from twin.store.audit_tree import Head, Read, Subtree
from twin.store.database import Connection, Database

PAGE_LINES = 5_000
_LEAVES = "select hash from audit.leaf where place >= %(first)s and place < %(end)s order by place"
_NODES = "select hash from audit.node where level = %(level)s and place >= %(first)s and place < %(end)s order by place"
_HEADS = "select size, at_ms, origin, root, key, signature from audit.head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One leaf with the line it was made of; all of ``id`` to ``why`` None where that is gone."""

    place: int
    line: int
    hash: bytes
    id: int | None
    at_ms: int | None
    site: str | None
    actor: str | None
    action: str | None
    target: str | None
    before: str | None
    after: str | None
    why: str | None

    def values(self) -> tuple[int | str | None, ...]:
        """What its leaf is the hash of."""
        return (
            self.id, self.at_ms, self.site, self.actor, self.action, self.target, self.before, self.after, self.why
        )  # fmt: skip


def is_waiting(conn: Connection) -> bool:
    row = conn.execute("select exists (select from audit.waiting)").fetchone()
    return bool(row and row[0])


def admit(conn: Connection, most: int) -> list[tuple[int, bytes]]:
    """(place, hash) of lines that had none; until the end of the transaction nobody else gives places."""
    return [(int(place), bytes(value)) for place, value in conn.execute("select * from audit.admit(%s)", [most])]


def seal(conn: Connection, head: Head, kept: Sequence[Subtree]) -> None:
    conn.execute(
        "select audit.seal(%s, %s, %s, %s, %s, %s, %s::int[], %s::bigint[], %s::bytea[])",
        [
            head.size, head.at_ms, head.origin, head.root, head.key, head.signature,
            [level for level, _, _ in kept], [which for _, which, _ in kept], [value for _, _, value in kept],
        ],
    )  # fmt: skip


def retire(conn: Connection, *, site: str, actor: str, at_ms: int, most: int) -> bool:
    """Lets go of some of what is older than it is kept; whether there was any."""
    row = conn.execute("select audit.retire(%s, %s, %s, %s)", [site, actor, at_ms, most]).fetchone()
    return row is not None and row[0] is not None


def thin(conn: Connection) -> None:
    """Of the heads of days before, the last of each hour stays."""
    conn.execute("select audit.thin()")


def find_newest_head(conn: Connection) -> Head | None:
    with conn.cursor(row_factory=class_row(Head)) as cursor:
        return cursor.execute(f"{_HEADS} order by size desc limit 1").fetchone()


def list_heads(conn: Connection, *, after: int = 0, upto: int | None = None) -> list[Head]:
    """Those larger than ``after`` and no larger than ``upto``, the smallest first."""
    with conn.cursor(row_factory=class_row(Head)) as cursor:
        wanted = f"{_HEADS} where size > %s and size <= coalesce(%s, size) order by size"
        return cursor.execute(wanted, [after, upto]).fetchall()


def find_keep_days(conn: Connection) -> int:
    """For how long lines are kept."""
    row = conn.execute("select keep_days from audit.keeping").fetchone()
    return 0 if row is None else int(row[0])


def find_first(conn: Connection) -> int:
    """The place of the oldest line that was not let go."""
    row = conn.execute("select first from audit.keeping").fetchone()
    return 0 if row is None else int(row[0])


def find_waiting_retirement(conn: Connection) -> int:
    """The first place that is still here, as a line says that has no place itself yet; 0: none does."""
    row = conn.execute(
        "select coalesce(max((x.after ->> 'first')::bigint), 0) from audit.line x join audit.waiting w on w.line = x.id"
        " where x.action = 'audit.retire'"
    ).fetchone()
    return 0 if row is None else int(row[0])


def find_place(conn: Connection, line: int, *, site: str) -> tuple[int, bytes] | None:
    """(place, leaf) of a line of this site that has one."""
    row = conn.execute(
        "select l.place, l.hash from audit.leaf l join audit.line x on x.id = l.line where x.id = %s and x.site = %s",
        [line, site],
    ).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def find_places(conn: Connection, *, since_ms: int | None, until_ms: int | None) -> tuple[int, int] | None:
    """The first place and the one after the last of the lines of this time; None: there are none."""
    row = conn.execute(
        "select min(l.place), max(l.place) + 1 from audit.line x join audit.leaf l on l.line = x.id"
        " where x.at_ms >= coalesce(%s, x.at_ms) and x.at_ms < coalesce(%s, x.at_ms + 1)",
        [since_ms, until_ms],
    ).fetchone()
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def reader(conn: Connection) -> Read:
    """Kept hashes for ``audit_tree``."""

    def read(level: int, first: int, count: int) -> list[bytes]:
        rows = conn.execute(
            _NODES if level else _LEAVES, {"level": level, "first": first, "end": first + count}
        ).fetchall()
        if len(rows) != count:
            raise LookupError(f"{count} hashes of level {level} from {first} on were kept, {len(rows)} are there")
        return [bytes(row[0]) for row in rows]

    return read


def list_nodes(conn: Connection) -> list[Subtree]:
    rows = conn.execute("select level, place, hash from audit.node").fetchall()
    return [(int(level), int(which), bytes(value)) for level, which, value in rows]


def pages(database: Database, begin: int, end: int) -> Iterator[list[Placed]]:
    """Leaves with their lines in order of place; a short transaction each, so that no reader delays the hall."""
    while begin < end:
        with database.transaction() as conn, conn.cursor(row_factory=class_row(Placed)) as cursor:
            cursor.execute(
                "select l.place, l.line, l.hash, x.id, x.at_ms, x.site, x.actor, x.action, x.target,"
                " x.before::text as before, x.after::text as after, x.why"
                " from audit.leaf l left join audit.line x on x.id = l.line"
                " where l.place >= %s and l.place < %s order by l.place limit %s",
                [begin, end, PAGE_LINES],
            )
            found = cursor.fetchall()
        if not found:
            return
        yield found
        begin = found[-1].place + 1


def list_strays(conn: Connection, *, most: int) -> list[int]:
    """Lines that nobody appended by the function that may: they neither have a place nor wait for one."""
    rows = conn.execute(
        "select id from audit.line x where not exists (select from audit.leaf where line = x.id)"
        " and not exists (select from audit.waiting where line = x.id) order by id limit %s",
        [most],
    )
    return [int(row[0]) for row in rows]


def count_waiting(conn: Connection) -> int:
    row = conn.execute("select count(*) from audit.waiting").fetchone()
    return 0 if row is None else int(row[0])
