"""One's own outside identity: linked and unlinked by its owner, of one provider only, and no token of it leaves us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.api import router
from services.accounts.commands import Accounts
from services.accounts.errors import TooManyAttempts
from services.accounts.model import Limits, Shown
from services.accounts.oidc import LEEWAY_S, Oidc, Provider
from services.accounts.signin_errors import NotLinked, OutsideLoginFailed, OutsideWaiting, ShowAgain
from services.accounts.testing import LocalProvider
from services.kernel.actor import make_visitor
from services.kernel.http import LOOPBACK_COOKIES
from services.kernel.testing import Browser, make_app
from tests.services.accounts.conftest import PASSWORD
from tests.services.accounts.test_oidc import HERE, link, sign_in

if TYPE_CHECKING:
    from services.kernel.actor import Actor
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

ORIGIN = {"origin": "https://hall.example"}


def browser_of(office: Office, oidc: Oidc, actor: Actor) -> Browser:
    accounts = Accounts(office.accounts.sessions._house, outside=oidc._provider, fetch=oidc._fetch)
    return Browser(make_app(router(accounts, cookies=LOOPBACK_COOKIES), actor=actor), address="10.0.0.1")


def test_the_same_name_at_another_provider_is_somebody_else(
    office: Office, oidc: Oidc, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(office, oidc, provider, subject="s-1")
    here, elsewhere = provider.issuer, "http://elsewhere.example"
    monkeypatch.setattr(provider, "issuer", elsewhere)
    second = Oidc(
        office.accounts.sessions._house,
        office.accounts.sessions,
        provider=Provider(issuer=elsewhere, client_id=provider.CLIENT, client_secret=provider.SECRET, name="elsewhere"),
        fetch=lambda url, **asked: oidc._fetch(url.replace(elsewhere, here), **asked),
    )
    with pytest.raises(OutsideWaiting):  # a stranger, whom somebody would have to let in
        sign_in(second, provider, subject="s-1")


def test_a_login_there_that_is_recent_enough_is_one_and_no_word_of_it_is_taken_for_so(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    link(office, oidc, provider)
    for ago_s in (0, Limits().absolute_s, Limits().absolute_s + LEEWAY_S):
        provider.forge = lambda claims, header, ago_s=ago_s: provider.sign(  # type: ignore[misc]
            claims | {"auth_time": claims["iat"] - ago_s}, header
        )
        assert sign_in(oidc, provider).token


def test_what_the_provider_says_of_strength_is_not_believed(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    person_id = link(office, oidc, provider)
    with office.database.transaction() as conn:
        conn.execute("UPDATE accounts.person SET roles = '{security_admin}' WHERE id = %s", (person_id,))
    provider.forge = lambda claims, header: provider.sign(
        claims | {"acr": "urn:mace:incommon:iap:gold", "amr": ["pwd", "otp", "hwk", "mfa"]}, header
    )
    assert sign_in(oidc, provider).actor.must_show_factor


def test_refused_answers_are_on_record_and_counted(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    oidc._answers._attempts_max = 2
    for _ in range(2):
        with pytest.raises(OutsideLoginFailed):
            oidc.finish(code="c", state="made up", browser="b", asker=HERE, previous=None)
    with pytest.raises(TooManyAttempts):
        oidc.finish(code="c", state="made up", browser="b", asker=HERE, previous=None)
    lines = [line for line in office.audit.lines if line.action == "session.refused"]
    assert len(lines) == 2
    assert {(line.after or {})["refusal"] for line in lines} == {"accounts.outside_login_failed"}
    assert HERE.address not in repr(lines)
    assert provider.asked == [], "nothing was asked of the provider"


def test_right_answers_use_up_no_try(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    link(office, oidc, provider)
    oidc._answers._attempts_max = 1
    for _ in range(3):
        assert sign_in(oidc, provider).token


def test_no_token_of_the_provider_gets_to_the_browser_or_into_a_table(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    link(office, oidc, provider)
    given: list[str] = []

    def forge(claims: dict[str, object], header: dict[str, str]) -> str:
        given.append(provider.sign(claims, header))
        return given[-1]

    provider.forge = forge
    page = browser_of(office, oidc, make_visitor(office.site))
    url = page.ask("POST", "/session/outside", json={}, headers=ORIGIN).json()["url"]
    code, state = provider.approve(url, subject="s-1")
    answer = page.ask("POST", "/session/outside/finish", json={"code": code, "state": state}, headers=ORIGIN)
    assert answer.status_code == 200
    assert len(given) == 1
    told = answer.text + repr(answer.headers) + repr(office.audit.lines)
    with office.database.transaction() as conn:
        for table in ("session", "outside_identity", "challenge", "person"):
            rows = conn.execute(f"SELECT t::text FROM accounts.{table} t WHERE site = %s", (office.site,)).fetchall()  # noqa: S608 - names above
            told += repr(rows)
    for part in given[0].split("."):
        assert part not in told


def test_a_page_signs_nobody_in_by_an_answer_it_did_not_ask_for(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    """A link with somebody's code in it, opened by whoever: there is no session without a press of the button."""
    link(office, oidc, provider)
    mine = browser_of(office, oidc, make_visitor(office.site))
    code, state = provider.approve(
        mine.ask("POST", "/session/outside", json={}, headers=ORIGIN).json()["url"], subject="s-1"
    )
    other = browser_of(office, oidc, make_visitor(office.site))
    answer = other.ask("POST", "/session/outside/finish", json={"code": code, "state": state}, headers=ORIGIN)
    assert (answer.status_code, LOOPBACK_COOKIES.session in other.cookies) == (401, False)


def test_its_owner_links_and_unlinks_it(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    office.hire("li")
    begun = office.accounts.sessions.begin(login="li", password=PASSWORD, asker=HERE)
    page = browser_of(office, oidc, begun.actor)
    assert page.get("/session/outside/link").json() == {"name": "省统一认证", "since": None}
    url = page.ask("POST", "/session/outside/link", json={}, headers=ORIGIN).json()["url"]
    code, state = provider.approve(url, subject="s-9")
    linked = page.ask("POST", "/session/outside/finish", json={"code": code, "state": state}, headers=ORIGIN)
    assert linked.status_code == 200
    actor = office.accounts.resolve_session(page.cookies[LOOPBACK_COOKIES.session])
    assert actor is not None
    mine = browser_of(office, oidc, actor)
    assert mine.get("/session/outside/link").json()["since"] is not None
    office.clock.advance_s(office.limits.fresh_s)
    assert mine.delete("/session/outside/link").json()["title"] == ShowAgain.code
    office.accounts.own_ways.show(actor, Shown(), None, password=PASSWORD)
    assert mine.delete("/session/outside/link").status_code == 204
    assert mine.delete("/session/outside/link").json()["title"] == NotLinked.code
    with pytest.raises(OutsideWaiting):
        sign_in(oidc, provider, subject="s-9")
    assert [line.actor.id for line in office.audit.lines if line.action == "identity.unlink"] == [actor.id]


def test_linking_keeps_what_was_shown_and_lends_it_to_nobody_else(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    from tests.services.accounts.test_factors import enrol

    _, _, whole = enrol(office, login="li")
    asked = oidc.ask(HERE, link=whole.actor)
    code, state = provider.approve(asked.url, subject="s-2")
    linked = oidc.finish(code=code, state=state, browser=asked.browser, asker=HERE, previous=whole.actor)
    assert not linked.actor.must_show_factor
    _, _, other = enrol(office, login="wang")
    asked = oidc.ask(HERE, link=linked.actor)
    code, state = provider.approve(asked.url, subject="s-3")
    half = oidc.finish(code=code, state=state, browser=asked.browser, asker=HERE, previous=other.actor)
    assert half.actor.id == linked.actor.id
    assert half.actor.must_show_factor
