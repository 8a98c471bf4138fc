"""What accounts know of a person besides what is sealed: for a copy that is the person's own."""

from __future__ import annotations

from collections.abc import Sequence

from services.kernel.modules import Fact, Question, read_facts
from services.kernel.ports import Connection

_QUESTIONS = (
    Question(
        what="accounts.person",
        label={"zh": "账号", "en": "Account"},
        sql="SELECT login, kind, roles, created_ms, disabled_ms FROM accounts.person"
        " WHERE site = %(site)s AND id = %(person)s",
    ),
    Question(
        what="accounts.registration",
        label={"zh": "待审核的注册", "en": "Registration that waits for an answer"},
        sql="SELECT login, kind, asked_ms FROM accounts.registration WHERE site = %(site)s AND id = %(person)s",
    ),
    Question(
        what="accounts.holding",
        label={"zh": "任岗记录", "en": "Posts held"},
        sql="SELECT u.name AS unit, p.name AS post, h.from_ms, h.until_ms FROM accounts.holding h"
        " JOIN accounts.post p ON p.id = h.post_id JOIN accounts.unit u ON u.id = p.unit_id"
        " WHERE h.site = %(site)s AND h.person_id = %(person)s ORDER BY h.id",
    ),
    Question(
        what="accounts.delegation",
        label={"zh": "管理的单位", "en": "Units managed"},
        sql="SELECT u.name AS unit, d.from_ms, d.until_ms FROM accounts.delegation d"
        " JOIN accounts.unit u ON u.id = d.unit_id"
        " WHERE d.site = %(site)s AND d.person_id = %(person)s ORDER BY d.id",
    ),
    # The other side of it is another person: when and which side is all that is this one's.
    Question(
        what="accounts.agency",
        label={"zh": "代办关系", "en": "Acting for others, or others for oneself"},
        sql="SELECT CASE WHEN agent_id = %(person)s THEN 'agent' ELSE 'enterprise' END AS side, from_ms, until_ms"
        " FROM accounts.agency WHERE site = %(site)s AND %(person)s IN (agent_id, enterprise_id) ORDER BY id",
    ),
    Question(
        what="accounts.factor",
        label={"zh": "第二重验证", "en": "Second factors"},
        sql="SELECT kind, name, created_ms, confirmed_ms, last_used_ms FROM accounts.factor"
        " WHERE site = %(site)s AND person_id = %(person)s ORDER BY created_ms, id",
    ),
    Question(
        what="accounts.session",
        label={"zh": "登录", "en": "Logins"},
        sql="SELECT created_ms, last_used_ms, expires_ms, factor FROM accounts.session"
        " WHERE site = %(site)s AND person_id = %(person)s ORDER BY created_ms, id",
    ),
    Question(
        what="accounts.known_browser",
        label={"zh": "登录过的浏览器", "en": "Browsers known from before"},
        sql="SELECT expires_ms FROM accounts.known_browser WHERE site = %(site)s AND person_id = %(person)s"
        " ORDER BY expires_ms",
    ),
    Question(
        what="accounts.outside_identity",
        label={"zh": "绑定的外部身份", "en": "Identities elsewhere"},
        sql="SELECT created_ms FROM accounts.outside_identity WHERE site = %(site)s AND person_id = %(person)s"
        " ORDER BY created_ms",
    ),
)


def read_person(conn: Connection, site: str, subject: str) -> Sequence[Fact]:
    """The module's reader: no hashes, no secrets, nobody else."""
    kind, _, person = subject.partition(":")
    return read_facts(conn, _QUESTIONS, {"site": site, "person": person}) if kind == "user" else ()
