from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import TooManyTokens, UnknownToken
from services.accounts.store import tokens as token_rows
from services.accounts.tokens import DAY_MS, TOUCH_EVERY_S
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor
from twin.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration


def test_a_token_is_a_program_that_reads_and_nothing_else(office: Office) -> None:
    made = office.accounts.tokens.create(office.admin, name="能耗平台", days=30)
    program = office.accounts.resolve_token(made.secret)
    assert program is not None
    assert (program.kind, program.name, program.id) == ("program", "能耗平台", f"token:{made.token.id}")
    assert program.permissions <= {"data.read"}
    assert office.accounts.resolve_session(made.secret) is None
    assert office.accounts.resolve_device(made.secret) is None


def test_the_token_itself_is_kept_nowhere(office: Office) -> None:
    made = office.accounts.tokens.create(office.admin, name="reader", days=30)
    with office.database.transaction() as conn:
        rows = conn.execute("select t::text from accounts.token t where site = %s", [office.site]).fetchall()
    assert rows
    assert all(made.secret not in row[0] for row in rows)
    assert made.secret not in repr(office.audit.lines)
    assert office.audit.actions == ["token.create"]


def test_it_ends_with_its_time(office: Office) -> None:
    made = office.accounts.tokens.create(office.admin, name="reader", days=1)
    office.clock.advance_s(DAY_MS // 1000 - 1)
    assert office.accounts.resolve_token(made.secret) is not None
    office.clock.advance_s(1)
    assert office.accounts.resolve_token(made.secret) is None
    assert office.accounts.tokens.list_all(office.admin) == []


def test_a_revoked_one_is_nobody_at_once_and_once(office: Office) -> None:
    made = office.accounts.tokens.create(office.admin, name="reader", days=1)
    kept = office.accounts.tokens.create(office.admin, name="another", days=1)
    office.accounts.tokens.revoke(office.admin, made.token.id)
    assert office.accounts.resolve_token(made.secret) is None
    assert office.accounts.resolve_token(kept.secret) is not None
    assert [t.name for t in office.accounts.tokens.list_all(office.admin)] == ["another"]
    with pytest.raises(UnknownToken):
        office.accounts.tokens.revoke(office.admin, made.token.id)
    assert office.audit.actions.count("token.revoke") == 1


def test_while_the_database_is_away_a_program_that_was_known_reads_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = office.accounts.tokens.create(office.admin, name="reader", days=1)
    known = office.accounts.resolve_token(made.secret)
    assert known is not None

    def away(*_: object) -> None:
        raise DatabaseUnavailable("away", todo="wait")

    monkeypatch.setattr(token_rows, "find_token", away)
    assert office.accounts.resolve_token(made.secret) == known
    with pytest.raises(DatabaseUnavailable):
        office.accounts.resolve_token("halltwin_stranger")


def test_when_it_was_used_is_known_to_the_minute(office: Office) -> None:
    made = office.accounts.tokens.create(office.admin, name="reader", days=1)
    first = office.clock.ms
    office.accounts.resolve_token(made.secret)
    office.clock.advance_s(TOUCH_EVERY_S - 1)
    office.accounts.resolve_token(made.secret)
    assert office.accounts.tokens.list_all(office.admin)[0].last_used_ms == first
    office.clock.advance_s(1)
    office.accounts.resolve_token(made.secret)
    assert office.accounts.tokens.list_all(office.admin)[0].last_used_ms == office.clock.ms


def test_who_may_not_manage_them_may_not(office: Office) -> None:
    stranger = make_actor("accounts.view", site=office.site)
    made = office.accounts.tokens.create(office.admin, name="reader", days=1)
    for attempt in (
        lambda: office.accounts.tokens.create(stranger, name="x", days=1),
        lambda: office.accounts.tokens.list_all(stranger),
        lambda: office.accounts.tokens.revoke(stranger, made.token.id),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_there_is_a_most(office: Office) -> None:
    for n in range(office.limits.tokens_max):
        office.accounts.tokens.create(office.admin, name=f"t{n}", days=1)
    with pytest.raises(TooManyTokens):
        office.accounts.tokens.create(office.admin, name="one more", days=1)


def test_over_http_it_is_shown_once(office: Office) -> None:
    browser = office.browser(office.admin)
    made = browser.post("/tokens", {"name": "能耗平台", "days": 7})
    assert made.status_code == 201
    assert office.accounts.resolve_token(made.json()["token"]) is not None
    (listed,) = browser.get("/tokens").json()
    assert listed["name"] == "能耗平台"
    assert "token" not in listed
    assert browser.delete(f"/tokens/{listed['id']}").status_code == 204
    assert browser.get("/tokens").json() == []
