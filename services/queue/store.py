"""The queue's tables: rows in, rows out; what must hold while others write at the same time is held here by locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from services.kernel.ports import Connection
from services.queue.errors import AlreadyWaiting
from services.queue.model import Desk, Ticket

LIVE = "state IN ('issued', 'called', 'serving', 'transferred')"
WAITING = "state IN ('issued', 'transferred')"
AT_WINDOW = "state IN ('called', 'serving')"

_TICKET = (
    "SELECT id, token, number, day, queue, item, profile, lang, state, virtual_ms, issued_ms,"
    ' window_no AS "window", staff, calls, called_ms, started_ms, ended_ms FROM queue.ticket'
)
_DESK = 'SELECT window_no AS "window", state, staffed_by, opened_ms FROM queue.desk'


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """How a visitor is known again: keyed hashes, and the sealed phone number."""

    device: str | None = None
    phone: str | None = None
    phone_sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; never changed afterwards."""

    at_ms: int
    kind: str
    actor: str
    ticket: Ticket | None = None
    window: str | None = None
    detail: Mapping[str, Any] | None = None


def subject_of(day: date, number: str) -> str:
    """What the vault knows a ticket's visitor by."""
    return f"ticket:{day.isoformat()}:{number}"


# --- tickets


def next_number(conn: Connection, site: str, day: date, prefix: str) -> int:
    """Locks the counter until the transaction ends: numbers rise in the order of commit, without gaps."""
    row = conn.execute(
        "INSERT INTO queue.counter (site, day, prefix, last) VALUES (%s, %s, %s, 1)"
        " ON CONFLICT (site, day, prefix) DO UPDATE SET last = counter.last + 1 RETURNING last",
        (site, day, prefix),
    ).fetchone()
    assert row is not None  # noqa: S101 - an upsert returns its row
    return int(row[0])


def insert_ticket(conn: Connection, site: str, ticket: Ticket, keys: Keys) -> Ticket:
    """The ticket with its id; ``AlreadyWaiting`` when this visitor holds a live one of that day."""
    try:
        with conn.transaction():
            row = conn.execute(
                "INSERT INTO queue.ticket (site, token, number, day, queue, item, profile, lang, state,"
                " virtual_ms, issued_ms, device_key, phone_key, phone_sealed)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                (
                    site, ticket.token, ticket.number, ticket.day, ticket.queue, ticket.item, ticket.profile,
                    ticket.lang, ticket.state, ticket.virtual_ms, ticket.issued_ms,
                    keys.device, keys.phone, keys.phone_sealed,
                ),
            ).fetchone()  # fmt: skip
    except UniqueViolation as error:
        if error.diag.constraint_name in ("ticket_one_a_device", "ticket_one_a_phone"):
            raise AlreadyWaiting from None
        raise
    assert row is not None  # noqa: S101 - an insert returns its row
    return replace(ticket, id=row[0])


def save_ticket(conn: Connection, ticket: Ticket) -> None:
    conn.execute(
        "UPDATE queue.ticket SET queue = %s, state = %s, window_no = %s, staff = %s, calls = %s,"
        " called_ms = %s, started_ms = %s, ended_ms = %s WHERE id = %s",
        (
            ticket.queue, ticket.state, ticket.window, ticket.staff, ticket.calls,
            ticket.called_ms, ticket.started_ms, ticket.ended_ms, ticket.id,
        ),
    )  # fmt: skip


def find_ticket(conn: Connection, site: str, token: str, *, lock: bool = False) -> Ticket | None:
    suffix = " FOR UPDATE" if lock else ""
    return _one(conn, f"{_TICKET} WHERE site = %s AND token = %s{suffix}", (site, token))


def list_tickets(conn: Connection, site: str, tokens: Sequence[str]) -> list[Ticket]:
    return _all(conn, f"{_TICKET} WHERE site = %s AND token = ANY(%s)", (site, list(tokens)))


def find_live_of_device(conn: Connection, site: str, day: date, device_key: str) -> Ticket | None:
    return _one(conn, f"{_TICKET} WHERE site = %s AND day = %s AND device_key = %s AND {LIVE}", (site, day, device_key))


def find_at_window(conn: Connection, site: str, window: str) -> Ticket | None:
    """The visitor a window has; locked."""
    return _one(conn, f"{_TICKET} WHERE site = %s AND window_no = %s AND {AT_WINDOW} FOR UPDATE", (site, window))


def list_at_windows(conn: Connection, site: str, windows: Sequence[str]) -> list[Ticket]:
    return _all(conn, f"{_TICKET} WHERE site = %s AND window_no = ANY(%s) AND {AT_WINDOW}", (site, list(windows)))


def take_next(conn: Connection, site: str, day: date, queue: str) -> Ticket | None:
    """The next to call, locked: whoever calls at the same moment gets the one after, without waiting for us."""
    return _one(
        conn,
        f"{_TICKET} WHERE site = %s AND day = %s AND queue = %s AND {WAITING}"
        " ORDER BY virtual_ms, id LIMIT 1 FOR UPDATE SKIP LOCKED",
        (site, day, queue),
    )


def list_waiting(conn: Connection, site: str, day: date, queues: Sequence[str]) -> list[Ticket]:
    """The next first."""
    return _all(
        conn,
        f"{_TICKET} WHERE site = %s AND day = %s AND queue = ANY(%s) AND {WAITING} ORDER BY virtual_ms, id",
        (site, day, list(queues)),
    )


def list_left_over(conn: Connection, site: str, today: date) -> list[Ticket]:
    """Live tickets of earlier days; locked."""
    return _all(conn, f"{_TICKET} WHERE site = %s AND day < %s AND {LIVE} FOR UPDATE", (site, today))


def list_stranded(conn: Connection, site: str, day: date, queues: Sequence[str]) -> list[Ticket]:
    """Who waits for a department that is none of these; locked."""
    return _all(
        conn,
        f"{_TICKET} WHERE site = %s AND day = %s AND NOT queue = ANY(%s) AND {WAITING} FOR UPDATE",
        (site, day, list(queues)),
    )


def count_done(conn: Connection, site: str, day: date) -> dict[str, int]:
    """By window."""
    rows = conn.execute(
        "SELECT window_no, count(*) FROM queue.ticket WHERE site = %s AND day = %s AND state = 'done'"
        " GROUP BY window_no",
        (site, day),
    )
    return {window: count for window, count in rows}  # noqa: C416 - names what the pair is


def list_taken_s(conn: Connection, site: str, queues: Sequence[str], *, limit: int) -> dict[str, list[float]]:
    """By queue, how long its latest visitors took up a window, absent ones too."""
    rows = conn.execute(
        "SELECT q.queue, t.taken_s FROM unnest(%s::text[]) AS q (queue), LATERAL"
        " (SELECT (ended_ms - called_ms) / 1000.0 AS taken_s FROM queue.ticket WHERE site = %s AND queue = q.queue"
        " AND state IN ('done', 'no_show') ORDER BY ended_ms DESC LIMIT %s) AS t",
        (list(queues), site, limit),
    )
    taken: dict[str, list[float]] = {queue: [] for queue in queues}
    for queue, seconds in rows:
        taken[queue].append(float(seconds))
    return taken


def list_known(conn: Connection, site: str, today: date) -> list[tuple[int, str]]:
    """(id, the vault's subject) of earlier days' tickets that still hold something of their visitor."""
    rows = conn.execute(
        "SELECT id, day, number FROM queue.ticket WHERE site = %s AND day < %s"
        " AND (phone_sealed IS NOT NULL OR phone_key IS NOT NULL OR device_key IS NOT NULL)",
        (site, today),
    )
    return [(ticket_id, subject_of(day, number)) for ticket_id, day, number in rows]


def find_phone(conn: Connection, ticket_id: int) -> str | None:
    """Sealed."""
    row = conn.execute("SELECT phone_sealed FROM queue.ticket WHERE id = %s", (ticket_id,)).fetchone()
    return row[0] if row else None


def forget_visitors(conn: Connection, ids: Sequence[int]) -> None:
    conn.execute(
        "UPDATE queue.ticket SET phone_sealed = NULL, phone_key = NULL, device_key = NULL WHERE id = ANY(%s)",
        (list(ids),),
    )


# --- windows


def ensure_desks(conn: Connection, site: str, windows: Iterable[str]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO queue.desk (site, window_no, state) VALUES (%s, %s, 'closed') ON CONFLICT DO NOTHING",
            [(site, w) for w in windows],
        )


def lock_desk(conn: Connection, site: str, window: str) -> Desk | None:
    """Two clicks at one window wait for each other."""
    with conn.cursor(row_factory=class_row(Desk)) as cursor:
        return cursor.execute(f"{_DESK} WHERE site = %s AND window_no = %s FOR UPDATE", (site, window)).fetchone()


def list_desks(conn: Connection, site: str) -> list[Desk]:
    with conn.cursor(row_factory=class_row(Desk)) as cursor:
        return cursor.execute(f"{_DESK} WHERE site = %s ORDER BY window_no", (site,)).fetchall()


def save_desk(conn: Connection, site: str, desk: Desk) -> None:
    conn.execute(
        "UPDATE queue.desk SET state = %s, staffed_by = %s, opened_ms = %s WHERE site = %s AND window_no = %s",
        (desk.state, desk.staffed_by, desk.opened_ms, site, desk.window),
    )


# --- events


def add_event(conn: Connection, site: str, event: Event) -> int:
    """Its number: it rises with each event of the hall."""
    ticket = event.ticket
    row = conn.execute(
        "INSERT INTO queue.event (site, at_ms, kind, ticket_id, number, queue, window_no, actor, detail)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        (
            site, event.at_ms, event.kind, ticket and ticket.id, ticket and ticket.number, ticket and ticket.queue,
            event.window or (ticket and ticket.window), event.actor, Jsonb(dict(event.detail or {})),
        ),
    ).fetchone()  # fmt: skip
    assert row is not None  # noqa: S101 - an insert returns its row
    return int(row[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    n: int
    number: str
    queue: str
    window: str
    at_ms: int
    calls: int = 1


def list_calls(conn: Connection, site: str, *, since_ms: int, limit: int) -> list[CallRow]:
    """The latest first, recalls too."""
    with conn.cursor(row_factory=class_row(CallRow)) as cursor:
        return cursor.execute(
            'SELECT id AS n, number, queue, window_no AS "window", at_ms FROM queue.event'
            " WHERE site = %s AND kind IN ('called', 'recalled') AND at_ms >= %s ORDER BY id DESC LIMIT %s",
            (site, since_ms, limit),
        ).fetchall()


_CALLS_BETWEEN = """
SELECT e.id AS n, e.number, e.queue, e.window_no AS "window", e.at_ms, 1 + (
    SELECT count(*) FROM queue.event r
    WHERE r.ticket_id = e.ticket_id AND r.kind = 'recalled' AND r.id <= e.id AND r.id > (
        SELECT max(c.id) FROM queue.event c WHERE c.ticket_id = e.ticket_id AND c.kind = 'called' AND c.id <= e.id
    )
) AS calls
FROM queue.event e
WHERE e.site = %s AND e.kind IN ('called', 'recalled') AND e.at_ms >= %s AND e.at_ms <= %s
ORDER BY e.at_ms DESC, e.id DESC LIMIT %s
"""


def list_calls_between(conn: Connection, site: str, *, since_ms: int, until_ms: int, limit: int) -> list[CallRow]:
    """The latest of that time first, both ends included; ``calls``: how often that ticket was called by then."""
    with conn.cursor(row_factory=class_row(CallRow)) as cursor:
        return cursor.execute(_CALLS_BETWEEN, (site, since_ms, until_ms, limit)).fetchall()


def _one(conn: Connection, query: str, values: Sequence[Any]) -> Ticket | None:
    with conn.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(query.encode(), values).fetchone()


def _all(conn: Connection, query: str, values: Sequence[Any]) -> list[Ticket]:
    with conn.cursor(row_factory=class_row(Ticket)) as cursor:
        return cursor.execute(query.encode(), values).fetchall()
