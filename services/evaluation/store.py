"""The evaluation's tables: ratings go in once and are only ever read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from services.evaluation.errors import AlreadyRated
from services.evaluation.model import Level, Rating
from services.kernel.ports import Connection

_RATING = (
    "SELECT id, visit_key, day, level, tags, text_sealed, department, item,"
    ' window_no AS "window", staff, waited_s, served_s, people, rated_ms FROM evaluation.rating'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which ratings: of days from ``first`` on, of one department if given."""

    first: date
    department: str | None = None


def insert_rating(conn: Connection, site: str, rating: Rating) -> None:
    """Raises ``AlreadyRated`` when this visit has one, however close together the two came."""
    try:
        with conn.transaction():
            conn.execute(
                "INSERT INTO evaluation.rating (id, site, visit_key, day, level, tags, text_sealed, department, item,"
                " window_no, staff, waited_s, served_s, people, rated_ms)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    rating.id, site, rating.visit_key, rating.day, rating.level, list(rating.tags),
                    rating.text_sealed, rating.department, rating.item, rating.window, rating.staff,
                    rating.waited_s, rating.served_s, rating.people, rating.rated_ms,
                ),
            )  # fmt: skip
    except UniqueViolation:
        raise AlreadyRated from None


def add_event(conn: Connection, site: str, *, at_ms: int, kind: str, rating: Rating) -> None:
    conn.execute(
        "INSERT INTO evaluation.event (site, at_ms, kind, rating_id, needs_followup) VALUES (%s, %s, %s, %s, %s)",
        (site, at_ms, kind, rating.id, rating.needs_followup),
    )


def insert_contact(conn: Connection, site: str, rating_id: str, *, phone_sealed: str, asked_ms: int) -> None:
    conn.execute(
        "INSERT INTO evaluation.contact (rating_id, site, phone_sealed, asked_ms) VALUES (%s, %s, %s, %s)",
        (rating_id, site, phone_sealed, asked_ms),
    )


def list_contacts(conn: Connection, site: str, *, limit: int) -> list[tuple[Rating, str]]:
    """Ratings with the sealed number of whoever asked to be called, the latest first."""
    rows = conn.execute(
        "SELECT rating_id, phone_sealed FROM evaluation.contact WHERE site = %s AND phone_sealed IS NOT NULL"
        " ORDER BY asked_ms DESC, rating_id LIMIT %s",
        (site, limit),
    ).fetchall()
    with conn.cursor(row_factory=class_row(Rating)) as cursor:
        found = cursor.execute(
            f"{_RATING} WHERE site = %s AND id = ANY(%s)", (site, [rating_id for rating_id, _ in rows])
        ).fetchall()
    ratings = {rating.id: rating for rating in found}
    return [(ratings[rating_id], sealed) for rating_id, sealed in rows]


def has_rating(conn: Connection, site: str, visit_key: str) -> bool:
    row = conn.execute(
        "SELECT 1 FROM evaluation.rating WHERE site = %s AND visit_key = %s", (site, visit_key)
    ).fetchone()
    return row is not None


def count_levels(conn: Connection, site: str, scope: Scope) -> dict[Level, int]:
    rows = conn.execute(
        "SELECT level, count(*) FROM evaluation.rating WHERE site = %s AND day >= %s"
        " AND (%s::text IS NULL OR department = %s) GROUP BY level",
        (site, scope.first, scope.department, scope.department),
    ).fetchall()
    return dict(rows)


def count_tags(conn: Connection, site: str, scope: Scope) -> dict[str, int]:
    rows = conn.execute(
        "SELECT tag, count(*) FROM evaluation.rating, unnest(tags) AS tag WHERE site = %s AND day >= %s"
        " AND (%s::text IS NULL OR department = %s) GROUP BY tag ORDER BY count(*) DESC, tag",
        (site, scope.first, scope.department, scope.department),
    ).fetchall()
    return dict(rows)


def list_recent(conn: Connection, site: str, scope: Scope, *, limit: int) -> list[Rating]:
    """The latest first."""
    with conn.cursor(row_factory=class_row(Rating)) as cursor:
        return cursor.execute(
            f"{_RATING} WHERE site = %s AND day >= %s AND (%s::text IS NULL OR department = %s)"
            " ORDER BY rated_ms DESC, id LIMIT %s",
            (site, scope.first, scope.department, scope.department, limit),
        ).fetchall()
