from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import TooManyAttempts, WrongLogin
from services.accounts.model import Asker
from services.kernel.errors import ServiceError

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
HERE = Asker(address="10.0.0.1")


def test_who_logs_in_is_known_by_the_token_until_they_log_out(office: Office) -> None:
    person_id = office.hire("li", name="李晓梅", role="clerk")
    begun = office.accounts.sessions.begin(login=" LI ", password=PASSWORD, asker=HERE)
    actor = office.accounts.resolve_session(begun.token)
    assert actor == begun.actor
    assert (actor.id, actor.name, actor.roles) == (f"user:{person_id}", "李晓梅", {"clerk"})
    assert actor.permissions == {"accounts.names", "registrations.verify", "session.own", "signin.own"}
    assert actor.site == office.site
    office.accounts.sessions.end(actor)
    assert office.accounts.resolve_session(begun.token) is None
    assert office.audit.actions == ["person.create", "session.begin", "session.end"]


@pytest.mark.parametrize(("login", "password"), [("li", "wrong password"), ("nobody", PASSWORD), ("li", "x" * 500)])
def test_a_wrong_login_is_refused_with_the_same_words_and_recorded(office: Office, login: str, password: str) -> None:
    office.hire("li")
    with pytest.raises(WrongLogin) as refusal:
        office.accounts.sessions.begin(login=login, password=password, asker=HERE)
    assert dict(refusal.value.text) == {"zh": "用户名或密码不正确。", "en": "User or password is wrong."}
    assert office.audit.actions[-1] == "session.refused"
    assert "nobody" not in repr(office.audit.lines[-1])


def test_while_the_database_is_away_who_is_logged_in_stays_so_and_nobody_logs_in(office: Office) -> None:
    office.hire()
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    assert office.accounts.resolve_session(begun.token) == begun.actor
    office.database.hang_up()
    try:
        assert office.accounts.resolve_session(begun.token) == begun.actor
        assert office.browser(begun.actor).get("/session").json() == {
            "actor": {
                "id": begun.actor.id,
                "name": "李晓梅",
                "roles": ["clerk"],
                "permissions": ["accounts.names", "registrations.verify", "session.own", "signin.own"],
                "must_show_factor": False,
                "must_change_password": False,
            },
            "expires": None,
            "crowded_out": False,
        }
        answer = office.browser(begun.actor).post("/session", {"user": "li", "password": PASSWORD})
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:halltwin:accounts.nobody_logs_in")
        assert answer.json()["retry_after_s"] > 0
        assert "已经登录的页面照常可用" in answer.json()["text"]["zh"]
        assert "Pages that are logged in go on" in answer.json()["text"]["en"]
    finally:
        office.database.hangs = False
    assert office.audit.actions.count("session.begin") == 1


def test_a_session_ends_by_idling_and_lives_while_it_is_used(office: Office) -> None:
    office.hire()
    token = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    for _ in range(3):
        office.clock.advance_s(office.limits.idle_s - 1)
        assert office.accounts.resolve_session(token) is not None
    office.clock.advance_s(office.limits.idle_s)
    assert office.accounts.resolve_session(token) is None
    assert office.accounts.resolve_session(token) is None


def test_a_session_ends_after_its_longest_time_however_busy(office: Office) -> None:
    office.hire()
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    assert office.accounts.sessions.find_expiry_ms(begun.actor) == begun.expires_ms
    start_ms = office.clock.ms
    while office.clock.ms < start_ms + office.limits.absolute_s * 1000 - 60_000:
        assert office.accounts.resolve_session(begun.token) is not None
        office.clock.advance_s(600)
    office.clock.ms = begun.expires_ms
    assert office.accounts.resolve_session(begun.token) is None


def test_logging_in_again_gives_a_new_token_and_ends_the_old_one(office: Office) -> None:
    office.hire()
    first = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    second = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE, previous=first.actor)
    assert first.token != second.token
    assert office.accounts.resolve_session(first.token) is None
    assert office.accounts.resolve_session(second.token) is not None


def test_the_database_holds_no_token(office: Office) -> None:
    office.hire()
    token = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    with office.database.transaction() as conn:
        rows = conn.execute("SELECT s::text FROM accounts.session s WHERE site = %s", (office.site,)).fetchall()
    assert len(rows) == 1
    assert token not in rows[0][0]


@pytest.mark.parametrize("token", ["", "x", "\x00", "x" * 10_000])
def test_a_made_up_token_is_nobody(office: Office, token: str) -> None:
    assert office.accounts.resolve_session(token) is None
    assert office.accounts.resolve_device(token) is None


def fail(office: Office, *, login: str = "li", asker: Asker = HERE) -> type[ServiceError]:
    with pytest.raises(ServiceError) as refusal:
        office.accounts.sessions.begin(login=login, password="wrong password", asker=asker)
    return type(refusal.value)


def test_the_eleventh_attempt_in_a_quarter_of_an_hour_is_turned_away_and_time_lets_in_again(office: Office) -> None:
    office.hire()
    office.hire("wang")
    assert {fail(office) for _ in range(office.limits.attempts_max)} == {WrongLogin}
    assert fail(office) is TooManyAttempts
    with pytest.raises(TooManyAttempts) as refusal:
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    assert refusal.value.retry_after_s == office.limits.attempts_window_s
    assert office.accounts.sessions.begin(login="wang", password=PASSWORD, asker=HERE).token
    with pytest.raises(TooManyAttempts):  # from wherever it is tried
        office.accounts.sessions.begin(login="li", password=PASSWORD, asker=Asker(address="10.0.0.2"))
    office.clock.advance_s(office.limits.attempts_window_s)
    assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token


def test_a_success_forgets_the_failures_before_it(office: Office) -> None:
    office.hire()
    for _ in range(office.limits.attempts_max - 1):
        assert fail(office) is WrongLogin
    assert office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE).token
    assert fail(office) is WrongLogin


def test_attempts_at_the_same_moment_are_no_way_round_the_limit(office: Office) -> None:
    """Without hashing: twenty threads count attempts for one key."""
    limiter = office.accounts.sessions._limiter

    def attempt(_: int) -> bool:
        try:
            with office.database.transaction() as conn:
                limiter.count(conn, "key")
        except TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(20))) == office.limits.attempts_max
