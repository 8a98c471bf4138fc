"""Numbers that go with what is written, in its own transaction: whether it was written can always be told later.

Also where the answer to a commit was lost, or the server goes on with it after whoever asked has ended: the row of a
writer is locked by whoever takes a number of it, and who comes second sees what the first did.
"""

from __future__ import annotations

from twin.store.database import Connection

RUN = 1 << 32
"""Each run of the hall numbers from the next multiple on: nothing of an earlier one can be taken for its own."""


def take_numbers(conn: Connection, writer: str, *, first: int, last: int) -> bool:
    """Within the caller's transaction. False where the first of them is taken already: then nothing may be written."""
    taken = conn.execute(
        "insert into twin.batch (writer, n) values (%s, %s) on conflict (writer) do update set n = excluded.n"
        " where batch.n < %s",
        [writer, last, first],
    )
    return taken.rowcount == 1


def last_number(conn: Connection, writer: str) -> int:
    row = conn.execute("select n from twin.batch where writer = %s", [writer]).fetchone()
    return 0 if row is None else int(row[0])


def settled_number(conn: Connection, writer: str) -> int:
    """The last one written, once whatever an earlier run still has under way is decided."""
    with conn.transaction():
        row = conn.execute("select n from twin.batch where writer = %s for update", [writer]).fetchone()
    return 0 if row is None else int(row[0])


def is_same_run(a: int, b: int) -> bool:
    return a // RUN == b // RUN


def is_taken(number: int, there: int) -> bool:
    """Whether what had this number is written, where ``there`` is the last one written."""
    return number <= there and is_same_run(number, there)


def begin_run(conn: Connection, writer: str, *, above: int = 0) -> int:
    """The number from which this run counts on; whatever an earlier run still has under way can no longer commit."""
    row = conn.execute(
        "insert into twin.batch (writer, n) values (%(writer)s, (%(above)s / %(run)s + 1) * %(run)s)"
        " on conflict (writer) do update set n = (greatest(batch.n, %(above)s) / %(run)s + 1) * %(run)s returning n",
        {"writer": writer, "above": above, "run": RUN},
    ).fetchone()
    assert row is not None  # noqa: S101 - an insert with returning always returns a row
    return int(row[0])
