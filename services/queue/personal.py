"""What the queue knows of somebody besides what is sealed: of a ticket's visitor, and of whoever took or served any."""

from __future__ import annotations

from collections.abc import Sequence

from services.kernel.modules import Fact, Question, read_facts
from services.kernel.ports import Connection

_TICKET = Question(
    what="queue.ticket",
    label={"zh": "取号记录", "en": "Ticket"},
    sql="SELECT day, number, queue, item, profile, lang, state, window_no, calls, issued_ms, called_ms, started_ms,"
    " ended_ms FROM queue.ticket WHERE site = %(site)s AND day::text = %(day)s AND number = %(number)s",
)
_OF_PERSON = (
    Question(
        what="queue.ticket",
        label={"zh": "本人登录后取的号", "en": "Tickets taken while signed in"},
        sql="SELECT t.day, t.number, t.queue, t.item, t.profile, t.lang, t.state, t.window_no, t.calls, t.issued_ms,"
        " t.called_ms, t.started_ms, t.ended_ms FROM queue.event e JOIN queue.ticket t ON t.id = e.ticket_id"
        " WHERE e.site = %(site)s AND e.kind = 'issued' AND e.actor = %(subject)s ORDER BY t.id",
    ),
    Question(
        what="queue.served",
        label={"zh": "本人接待的人次", "en": "Visitors served"},
        sql="SELECT day, window_no, count(*) AS tickets FROM queue.ticket"
        " WHERE site = %(site)s AND staff = %(subject)s GROUP BY day, window_no ORDER BY day, window_no",
    ),
    Question(
        what="queue.desk",
        label={"zh": "正在值守的窗口", "en": "Window held now"},
        sql="SELECT window_no, state, opened_ms FROM queue.desk"
        " WHERE site = %(site)s AND staffed_by = %(subject)s ORDER BY window_no",
    ),
)


def read_visitor(conn: Connection, site: str, subject: str) -> Sequence[Fact]:
    """The module's reader: of ``ticket:2026-11-22:A012``, or of a person."""
    kind, _, rest = subject.partition(":")
    if kind == "ticket":
        day, _, number = rest.partition(":")
        return read_facts(conn, [_TICKET], {"site": site, "day": day, "number": number})
    return read_facts(conn, _OF_PERSON, {"site": site, "subject": subject}) if kind == "user" else ()
