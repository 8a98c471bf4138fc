"""Reads what happened on the way from one time to another: for who goes along the past instead of looking at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from twin.command import Command, parse_command
from twin.store.database import Connection

ALARM_CHANGES_MAX = 5_000
"""On one way; who hears of so many looks at the alarms as they stand at its end."""
COMMANDS_MAX = 100


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """``body`` is the alarm as it stood from then on; of one alarm the higher ``n`` is the later."""

    n: int
    body: dict[str, Any]


def list_alarm_changes(conn: Connection, *, site: str, since_ms: int, until_ms: int) -> tuple[AlarmChange, ...]:
    """In the order in which they were recorded, both ends included."""
    rows = conn.execute(
        "select n, body from twin.alarm_change where site = %s and at_ms >= %s and at_ms <= %s order by n limit %s",
        [site, since_ms, until_ms, ALARM_CHANGES_MAX],
    )
    return tuple(AlarmChange(int(n), dict(body)) for n, body in rows)


def was_published(conn: Connection, *, site: str, since_ms: int, until_ms: int) -> bool:
    row = conn.execute(
        "select exists (select from twin.publication where site = %s and at_ms >= %s and at_ms <= %s)",
        [site, since_ms, until_ms],
    ).fetchone()
    return row is not None and bool(row[0])


def list_commands(conn: Connection, *, site: str, at_ms: int) -> list[Command]:
    """Those asked for last before that time, as they ended; the newest first."""
    rows = conn.execute(
        "select body from twin.command where site = %s and created_ms <= %s order by created_ms desc, id limit %s",
        [site, at_ms, COMMANDS_MAX],
    )
    return [parse_command(row[0]) for row in rows]
