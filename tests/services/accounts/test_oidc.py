"""Signing in with an outside identity: a real provider over HTTP, and every answer of it that must not be believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from services.accounts.model import Asker, Limits, Login, Site
from services.accounts.oidc import KEPT_S, LEEWAY_S, Oidc
from services.accounts.signin_errors import IdentityTaken, NoOutsideLogin, OutsideLoginFailed, OutsideWaiting
from services.accounts.testing import LocalProvider

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

PASSWORD = "correct horse battery"
HERE = Asker(address="10.0.0.1", site=Site(origin="https://hall.example", host="hall.example"))
Forge = Callable[[LocalProvider, dict[str, Any], dict[str, str]], Any]


def sign_in(oidc: Oidc, provider: LocalProvider, *, subject: str = "s-1") -> Login:
    asked = oidc.ask(HERE)
    code, state = provider.approve(asked.url, subject=subject)
    return oidc.finish(code=code, state=state, browser=asked.browser, asker=HERE, previous=None)


def link(office: Office, oidc: Oidc, provider: LocalProvider, login: str = "li", *, subject: str = "s-1") -> str:
    """Somebody who signs in this way from now on."""
    person_id = office.hire(login)
    actor = office.accounts.sessions.begin(login=login, password=PASSWORD, asker=HERE).actor
    asked = oidc.ask(HERE, link=actor)
    code, state = provider.approve(asked.url, subject=subject)
    oidc.finish(code=code, state=state, browser=asked.browser, asker=HERE, previous=actor)
    return person_id


def test_the_question_asks_for_a_code_with_a_proof_and_a_nonce_and_tells_no_secret(
    oidc: Oidc, provider: LocalProvider
) -> None:
    url = urlsplit(oidc.ask(HERE).url)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{provider.issuer}/authorize"
    assert asked.keys() == {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "max_age",
    }  # fmt: skip
    assert asked["max_age"] == str(Limits().absolute_s)
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == "https://hall.example/login/"
    assert asked["scope"].split() == ["openid", "profile"]


def test_who_linked_their_identity_signs_in_with_it(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    person_id = link(office, oidc, provider)
    login = sign_in(oidc, provider)
    assert login.actor.id == f"user:{person_id}"
    assert office.accounts.resolve_session(login.token) == login.actor
    assert "identity.link" in office.audit.actions


def test_an_administrator_who_comes_this_way_shows_a_second_factor_too(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    person_id = link(office, oidc, provider)
    with office.database.transaction() as conn:
        conn.execute("UPDATE accounts.person SET roles = '{admin}' WHERE id = %s", (person_id,))
    login = sign_in(oidc, provider)
    assert login.actor.must_show_factor
    assert login.actor.permissions == {"signin.own"}


def test_who_is_unknown_here_waits_until_somebody_enables_them(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    for _ in range(2):
        with pytest.raises(OutsideWaiting):
            sign_in(oidc, provider, subject="new")
    assert office.audit.actions == ["person.invite", "session.refused", "session.refused"]
    with office.database.transaction() as conn:
        rows = conn.execute(
            "UPDATE accounts.person SET disabled_ms = NULL WHERE site = %s RETURNING roles", (office.site,)
        ).fetchall()
    assert rows == [([],)]
    actor = sign_in(oidc, provider, subject="new").actor
    assert (actor.name, actor.permissions) == ("王小明", frozenset())


def test_an_identity_belongs_to_one_person(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    link(office, oidc, provider)
    with pytest.raises(IdentityTaken):
        link(office, oidc, provider, "wang")


def test_the_database_does_not_know_who_they_are_elsewhere(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    link(office, oidc, provider, subject="subject-in-clear")
    with office.database.transaction() as conn:
        rows = conn.execute(
            "SELECT i::text FROM accounts.outside_identity i WHERE site = %s", (office.site,)
        ).fetchall()
    assert len(rows) == 1
    assert "subject-in-clear" not in rows[0][0]


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    link(office, oidc, provider)
    asked, other = oidc.ask(HERE), oidc.ask(HERE)
    code, state = provider.approve(asked.url, subject="s-1")
    for browser in (None, "", other.browser):
        stolen = oidc.ask(HERE)
        code, state = provider.approve(stolen.url, subject="s-1")
        with pytest.raises(OutsideLoginFailed):
            oidc.finish(code=code, state=state, browser=browser, asker=HERE, previous=None)
    code, state = provider.approve(asked.url, subject="s-1")
    oidc.finish(code=code, state=state, browser=asked.browser, asker=HERE, previous=None)
    for again in (state, "made up"):
        with pytest.raises(OutsideLoginFailed):
            oidc.finish(code=code, state=again, browser=asked.browser, asker=HERE, previous=None)


def test_a_late_answer_and_a_code_of_another_question_do_not_count(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    link(office, oidc, provider)
    mine, theirs = oidc.ask(HERE), oidc.ask(HERE)
    injected, _ = provider.approve(theirs.url, subject="s-1")
    _, state = provider.approve(mine.url, subject="s-1")
    with pytest.raises(OutsideLoginFailed):  # the proof is of the other question
        oidc.finish(code=injected, state=state, browser=mine.browser, asker=HERE, previous=None)
    late = oidc.ask(HERE)
    code, state = provider.approve(late.url, subject="s-1")
    office.clock.advance_s(office.limits.challenge_s)
    with pytest.raises(OutsideLoginFailed):
        oidc.finish(code=code, state=state, browser=late.browser, asker=HERE, previous=None)


def changed(**claims: Any) -> Forge:
    def forge(provider: LocalProvider, told: dict[str, Any], header: dict[str, str]) -> str:
        kept = {name: value for name, value in (told | claims).items() if value is not None}
        return provider.sign(kept, header)

    return forge


def _part(told: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def _hmac_token(told: dict[str, Any], key: bytes) -> str:
    """Signed by hand: a library of ours might refuse to make it."""
    signed = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(told)}"
    mac = hmac.digest(key, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned(_: LocalProvider, told: dict[str, Any], header: dict[str, str]) -> str:
    return f"{_part({**header, 'alg': 'none'})}.{_part(told)}."


def unsigned_with_the_right_name(_: LocalProvider, told: dict[str, Any], header: dict[str, str]) -> str:
    return f"{_part(header)}.{_part(told)}."


def public_key_as_secret(provider: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    return _hmac_token(told, provider.key.as_pem(private=False))


def empty_secret(_: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    return _hmac_token(told, b"")


def client_secret(_: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    return _hmac_token(told, LocalProvider.SECRET.encode())


def empty_secret_offered_as_a_key(provider: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    provider.more_keys = [{"kty": "oct", "k": "", "kid": "k2", "alg": "HS256", "use": "sig"}]
    signed = f"{_part({'alg': 'HS256', 'kid': 'k2'})}.{_part(told)}"
    mac = hmac.digest(b"", signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def secret_offered_as_a_key(provider: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    key = OctKey.generate_key(256, {"kid": "k2", "use": "sig"})
    provider.more_keys = [key.as_dict(private=True)]
    return jwt.encode({"alg": "HS256", "kid": "k2"}, told, key)


def unsigned_json(_: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> Any:
    return {"payload": _part(told), "signatures": []}


def unsigned_json_text(_: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    return json.dumps({"payload": _part(told), "signatures": []})


def anothers_key(_: LocalProvider, told: dict[str, Any], header: dict[str, str]) -> str:
    return jwt.encode(header, told, RSAKey.generate_key(2048))


def key_in_the_header(_: LocalProvider, told: dict[str, Any], _header: dict[str, str]) -> str:
    key = RSAKey.generate_key(2048)
    own = {"alg": "RS256", "jwk": key.as_dict(private=False)}
    signed = f"{_part(own)}.{_part(told)}"
    token: str = jwt.encode({"alg": "RS256"}, told, key)
    return f"{signed}.{token.rpartition('.')[2]}"


def another_strength(provider: LocalProvider, told: dict[str, Any], header: dict[str, str]) -> str:
    return jwt.encode({**header, "alg": "RS512"}, told, provider.key, algorithms=["RS512"])


FORGERIES: dict[str, Forge] = {
    "CVE-2026-28802: alg none": unsigned,
    "CVE-2026-28802: an empty signature": unsigned_with_the_right_name,
    "CVE-2026-96760: an unsigned JSON serialisation": unsigned_json,
    "CVE-2026-96760: the same as text": unsigned_json_text,
    "CVE-2026-114615: the public key as an HMAC secret": public_key_as_secret,
    "CVE-2026-114616: an empty HMAC key": empty_secret,
    "CVE-2026-49852: an empty HMAC key among the provider's": empty_secret_offered_as_a_key,
    "CVE-2026-114617: a nonce that was not asked": changed(nonce="another"),
    "CVE-2026-114617: no nonce": changed(nonce=None),
    "CVE-2026-114617: an empty nonce": changed(nonce=""),
    "the client's secret as an HMAC key": client_secret,
    "a secret key among the provider's": secret_offered_as_a_key,
    "a key that nobody knows": anothers_key,
    "a key that comes with the token": key_in_the_header,
    "an algorithm that is not pinned": another_strength,
    "another issuer": changed(iss="https://evil.example"),
    "no issuer": changed(iss=None),
    "another audience": changed(aud="another"),
    "no audience": changed(aud=None),
    "two audiences and no party": changed(aud=["hall", "another"]),
    "two audiences and another party": changed(aud=["hall", "another"], azp="another"),
    "another party": changed(azp="another"),
    "no subject": changed(sub=None),
    "a subject that is no text": changed(sub=7),
    "an empty subject": changed(sub=""),
    "no expiry": changed(exp=None),
    "an expiry that is no number": changed(exp="tomorrow"),
    "no token": lambda *_: None,
    "no text": lambda *_: 7,
    "nonsense": lambda *_: "a.b.c",
    "an access token": lambda provider, told, header: provider.sign(told, {**header, "typ": "at+jwt"}),
    "a logout token": lambda provider, told, header: provider.sign(told, {**header, "typ": "logout+jwt"}),
    "a login there of yesterday": lambda provider, told, header: provider.sign(
        told | {"auth_time": told["iat"] - Limits().absolute_s - LEEWAY_S - 1}, header
    ),
    "a login there of tomorrow": lambda provider, told, header: provider.sign(
        told | {"auth_time": told["iat"] + LEEWAY_S + 1}, header
    ),
    "a time that is none": lambda provider, told, header: provider.sign(told | {"auth_time": "now"}, header),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_what_the_provider_did_not_sign_for_us_now_is_not_believed(
    office: Office, oidc: Oidc, provider: LocalProvider, forge: Forge
) -> None:
    with pytest.raises(OutsideWaiting):  # as it is when all is well
        sign_in(oidc, provider, subject="honest")
    provider.forge = lambda claims, header: forge(provider, claims, header)
    office.clock.advance_s(KEPT_S)
    with pytest.raises(OutsideLoginFailed):
        sign_in(oidc, provider, subject="honest")
    assert office.audit.actions.count("person.invite") == 1


def test_a_token_of_yesterday_is_not_believed(office: Office, oidc: Oidc, provider: LocalProvider) -> None:
    ago = int(office.clock.ms / 1000) - 300 - LEEWAY_S - 1
    provider.forge = lambda claims, header: provider.sign(claims | {"iat": ago, "exp": ago + 300}, header)
    with pytest.raises(OutsideLoginFailed):
        sign_in(oidc, provider)


def test_new_keys_of_the_provider_are_fetched_when_they_are_first_seen_and_not_with_every_token(
    office: Office, oidc: Oidc, provider: LocalProvider
) -> None:
    link(office, oidc, provider)
    before, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
    try:
        with pytest.raises(OutsideLoginFailed):  # not so soon after the last time
            sign_in(oidc, provider)
        office.clock.advance_s(LEEWAY_S)
        assert sign_in(oidc, provider).token
        asked = provider.asked.count("/keys")
        assert sign_in(oidc, provider).token
        assert provider.asked.count("/keys") == asked
    finally:
        provider.key = before


def test_a_provider_that_is_another_one_or_names_weaker_places_is_not_asked(
    office: Office, oidc: Oidc, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = provider.read("/.well-known/openid-configuration")
    for lie in ({"issuer": "https://evil.example"}, {"token_endpoint": "file:///etc/passwd"}, {"jwks_uri": 7}):
        told = {**honest, **lie} if isinstance(honest, dict) else {}
        monkeypatch.setattr(provider, "read", lambda path, told=told: told if "well-known" in path else None)
        office.clock.advance_s(KEPT_S)
        with pytest.raises(OutsideLoginFailed):
            sign_in(oidc, provider)


def test_without_a_provider_there_is_no_such_way(office: Office) -> None:
    assert office.accounts.oidc.name is None
    with pytest.raises(NoOutsideLogin):
        office.accounts.oidc.ask(HERE)
    with pytest.raises(NoOutsideLogin):
        office.accounts.oidc.finish(code="c", state="s", browser="b", asker=HERE, previous=None)


def test_a_page_that_names_no_address_cannot_ask(oidc: Oidc) -> None:
    with pytest.raises(OutsideLoginFailed):
        oidc.ask(replace(HERE, site=None))


def test_what_is_printed_of_a_provider_holds_no_secret(oidc: Oidc) -> None:
    assert LocalProvider.SECRET not in repr(oidc._provider)
