"""What this module knows of somebody besides what is sealed: what they agreed to and what they asked for."""

from __future__ import annotations

from collections.abc import Sequence

from services.kernel.modules import Fact, Question, read_facts
from services.kernel.ports import Connection

_QUESTIONS = (
    Question(
        what="privacy.consent",
        label={"zh": "同意与撤回记录", "en": "Consents given and withdrawn"},
        sql="SELECT purpose, version, text_digest, given, at_ms, channel, guardian_relation FROM privacy.consent"
        " WHERE site = %(site)s AND subject = %(subject)s ORDER BY id",
    ),
    Question(
        what="privacy.request",
        label={"zh": "个人信息申请", "en": "Requests about one's data"},
        sql="SELECT kind, state, channel, field, made_ms, due_ms, decided_ms FROM privacy.request"
        " WHERE site = %(site)s AND subject = %(subject)s ORDER BY made_ms, id",
    ),
)


def read_subject(conn: Connection, site: str, subject: str) -> Sequence[Fact]:
    """The module's reader."""
    return read_facts(conn, _QUESTIONS, {"site": site, "subject": subject})
