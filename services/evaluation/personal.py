"""What the evaluation knows of somebody besides what is sealed: of a rating, of who asked for a call, of who served."""

from __future__ import annotations

from collections.abc import Sequence

from services.kernel.modules import Fact, Question, read_facts
from services.kernel.ports import Connection
from services.kernel.vault import token_beginnings

_RATING = Question(
    what="evaluation.rating",
    label={"zh": "评价", "en": "Rating"},
    sql="SELECT day, level, tags, department, item, window_no, rated_ms FROM evaluation.rating"
    " WHERE site = %(site)s AND id = %(rating)s",
)
_OF_PERSON = (
    Question(
        what="evaluation.contact",
        label={"zh": "要求回访的评价", "en": "Ratings to be called about"},
        sql="SELECT r.day, r.level, r.tags, r.department, r.item, r.window_no, c.asked_ms FROM evaluation.contact c"
        " JOIN evaluation.rating r ON r.id = c.rating_id"
        " WHERE c.site = %(site)s AND c.phone_sealed ^@ ANY(%(mine)s) ORDER BY c.asked_ms, r.id",
    ),
    Question(
        what="evaluation.about",
        label={"zh": "对本人服务的评价", "en": "Ratings of one's own service"},
        sql="SELECT level, count(*) AS ratings FROM evaluation.rating"
        " WHERE site = %(site)s AND staff = %(subject)s GROUP BY level ORDER BY level",
    ),
)


def read_rater(conn: Connection, site: str, subject: str) -> Sequence[Fact]:
    """The module's reader: of ``evaluation:ID``, or of a person."""
    kind, _, rest = subject.partition(":")
    if kind == "evaluation":
        return read_facts(conn, [_RATING], {"site": site, "rating": rest})
    if kind != "user":
        return ()
    return read_facts(conn, _OF_PERSON, {"site": site, "subject": subject, "mine": list(token_beginnings(subject))})
