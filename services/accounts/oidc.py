"""Signing in with an outside identity provider: OpenID Connect, code flow with PKCE, state and nonce.

What the provider says is believed only where it is signed by a key of its own with RS256 or ES256, for us, now, and in
answer to the question this very browser asked. Nothing else of it is: not its choice of algorithm, not a key that comes
with the token, not an address outside of its own origin.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from services.accounts.house import House
from services.accounts.model import Asker, Login, subject_of
from services.accounts.passwords import new_password
from services.accounts.sessions import Sessions
from services.accounts.signin_errors import (
    IdentityTaken,
    NoOutsideLogin,
    NotLinked,
    OutsideLoginFailed,
    OutsideWaiting,
)
from services.accounts.store import challenges as challenge_rows
from services.accounts.store import identities as identity_rows
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.accounts.store.secret import hash_secret
from services.kernel.access import require
from services.kernel.actor import Actor, make_system, make_visitor
from services.kernel.errors import ServiceError
from services.kernel.outgoing import Response
from services.kernel.ports import Connection, new_id, new_token

ALGORITHMS = ("RS256", "ES256")
PURPOSE = "oidc"
SCOPE = "openid profile"
KEPT_S = 600
"""So long the provider's description and keys are taken for what they were."""
LEEWAY_S = 60
CODE_MAX, TOKEN_MAX = 4_096, 65_536
JOSE_TYPE = "JWT"
"""What an ID token calls itself, where it says so at all; access tokens and logout tokens have types of their own."""
NAME_MAX = 60


class Fetch(Protocol):
    """``kernel.outgoing.Outgoing.fetch``."""

    def __call__(
        self, url: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """As the hall's configuration names it. ``client_secret`` None: we are a public client, PKCE alone proves us."""

    issuer: str
    client_id: str
    client_secret: str | None
    name: str

    def __repr__(self) -> str:
        return f"Provider({self.issuer}, {self.client_id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Where the browser is sent, and the half of the state that stays with it."""

    url: str
    browser: str


class Oidc:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, sessions: Sessions, *, provider: Provider | None, fetch: Fetch) -> None:
        self._house, self._sessions, self._provider, self._fetch = house, sessions, provider, fetch
        self._asks = house.limiter(attempts_max=house.limits.address_attempts_max)
        self._answers = house.limiter(attempts_max=house.limits.address_attempts_max)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[int, Any]] = {}

    @property
    def name(self) -> str | None:
        """What the button says; None where no provider is configured."""
        return self._provider.name if self._provider else None

    # --- asking

    def ask(self, asker: Asker, *, link: Actor | None = None) -> Question:
        """``link``: whoever is signed in here and wants to sign in this way from now on."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        provider, house = self._configured(), self._house
        if asker.site is None:
            raise OutsideLoginFailed
        if link is not None:
            require(link, "session.own")
        about = self._about(provider)
        state, nonce, verifier, browser = (new_token(house.random) for _ in range(4))
        body = {
            "nonce": nonce,
            "verifier": verifier,
            "redirect": _redirect(asker),
            "browser": hash_secret(browser).hex(),
        }
        now = house.now_ms()
        with house.database.transaction() as conn:
            self._asks.count(conn, house.vault.match_key("oidc", asker.address))
            challenge_rows.put_challenge(
                conn,
                house.site,
                secret=state,
                purpose=PURPOSE,
                person_id=link.id.removeprefix("user:") if link else None,
                body=body,
                expires_ms=now + house.limits.challenge_s * 1000,
                now_ms=now,
            )
        url = prepare_grant_uri(
            self._endpoint(about, "authorization_endpoint"),
            provider.client_id,
            "code",
            redirect_uri=body["redirect"],
            scope=SCOPE,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            max_age=str(house.limits.absolute_s),
        )
        return Question(url=str(url), browser=browser)

    # --- the answer

    def finish(self, *, code: str, state: str, browser: str | None, asker: Asker, previous: Actor | None) -> Login:
        """Signed in as whoever the provider vouches for; who is unknown here waits until the hall has looked."""
        house, here = self._house, self._house.vault.match_key("oidc-answer", asker.address)
        provider = self._configured()
        with house.database.transaction() as conn:
            attempt = self._answers.count(conn, here)
        try:
            login = self._finish(provider, code=code, state=state, browser=browser, asker=asker, previous=previous)
        except (OutsideLoginFailed, OutsideWaiting, IdentityTaken) as error:
            with house.database.transaction() as conn:
                after = {"attempt": here, "wrong": "outside", "refusal": error.code}
                house.record(conn, previous or make_visitor(house.site), "session.refused", "session", after=after)
            raise
        with house.database.transaction() as conn:
            self._answers.take_back(conn, attempt)
        return login

    def _finish(
        self, provider: Provider, *, code: str, state: str, browser: str | None, asker: Asker, previous: Actor | None
    ) -> Login:
        house = self._house
        with house.database.transaction() as conn:
            asked = challenge_rows.take_challenge(
                conn, house.site, secret=state, purpose=PURPOSE, now_ms=house.now_ms()
            )
        if asked is None or asked.body["browser"] != hash_secret(browser or "").hex() or len(code) > CODE_MAX:
            raise OutsideLoginFailed
        claims = self._claims(provider, self._token(provider, code, asked.body), nonce=str(asked.body["nonce"]))
        key = house.vault.match_key("outside", f"{provider.issuer}|{claims['sub']}")
        waiting = False
        with house.database.transaction() as conn:
            person_id = identity_rows.find_identity(conn, house.site, key)
            if asked.person_id is not None:
                person_id = self._link(conn, key, asked.person_id, person_id)
            elif person_id is None:
                self._invite(conn, key, claims)
                waiting = True
            else:
                person = person_rows.find_person(conn, house.site, person_id)
                waiting = person is None or not person.may_log_in(house.now_ms())
            if not waiting:
                person = person_rows.find_person(conn, house.site, person_id or "")
                if person is None:
                    raise OutsideLoginFailed
                factor, factor_ms = self._shown(conn, previous, asked.person_id)
                return self._sessions.start(
                    conn, person, asker, factor=factor, factor_ms=factor_ms, previous=previous
                )  # fmt: skip
        raise OutsideWaiting

    def _shown(self, conn: Connection, previous: Actor | None, linking: str | None) -> tuple[str | None, int | None]:
        """Who links an identity has shown what they have: this goes on, though the login is a new one."""
        row = session_rows.find_session_by_id(conn, self._house.site, (previous and previous.session) or "")
        return (row.factor, row.factor_ms) if row and row.person_id == linking else (None, None)

    def _link(self, conn: Connection, key: str, person_id: str, holder: str | None) -> str:
        if holder is not None and holder != person_id:
            raise IdentityTaken
        if holder is None:
            house = self._house
            identity_rows.insert_identity(conn, house.site, key, person_id, now_ms=house.now_ms())
            house.record(conn, make_system(house.site, "oidc"), "identity.link", subject_of(person_id))
        return person_id

    def _invite(self, conn: Connection, key: str, claims: Mapping[str, Any]) -> None:
        """A stopped account without any role: the security administrator enables it, or does not."""
        house, person_id = self._house, new_id(self._house.random)
        name = str(claims.get("name") or claims.get("preferred_username") or "?")[:NAME_MAX]
        row = person_rows.PersonRow(
            id=person_id,
            login=f"oidc-{house.random(6).hex()}",
            # A real hash of a password that nobody knows: checking it takes as long as any other.
            password_hash=house.passwords.hash(new_password(house.random)),
            roles=(),
            name_sealed=house.vault.seal(conn, subject=subject_of(person_id), field="name", text=name),
            phone_sealed=None,
            created_ms=house.now_ms(),
            disabled_ms=None,
        )
        person_rows.insert_person(conn, house.site, row)
        person_rows.disable_person(conn, row.id, house.now_ms())
        identity_rows.insert_identity(conn, house.site, key, person_id, now_ms=house.now_ms())
        house.record(conn, make_system(house.site, "oidc"), "person.invite", subject_of(person_id))

    # --- one's own

    def find_link_ms(self, actor: Actor) -> int | None:
        """Since when this person may sign in this way."""
        require(actor, "session.own")
        with self._house.database.transaction() as conn:
            return identity_rows.find_link_ms(conn, self._house.site, actor.id.removeprefix("user:"))

    def unlink(self, actor: Actor) -> None:
        require(actor, "session.own")
        house = self._house
        with house.database.transaction() as conn:
            if not identity_rows.delete_identities(conn, house.site, actor.id.removeprefix("user:")):
                raise NotLinked
            house.record(conn, actor, "identity.unlink", actor.id)

    # --- talking to the provider

    def _token(self, provider: Provider, code: str, asked: Mapping[str, Any]) -> str:
        """The ID token that this code is worth."""
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked["redirect"],
            "client_id": provider.client_id,
            "code_verifier": asked["verifier"],
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if provider.client_secret is not None:
            pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        url = self._endpoint(self._about(provider), "token_endpoint")
        told = self._json(url, method="POST", body=urlencode(fields).encode(), headers=headers)
        token = told.get("id_token")
        if not isinstance(token, str) or not 0 < len(token) <= TOKEN_MAX:
            raise OutsideLoginFailed
        return token

    def _claims(self, provider: Provider, token: str, *, nonce: str) -> Mapping[str, Any]:
        """What the token says, once all of it is shown to hold."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        keys = self._keys(provider, again=False)
        try:
            try:
                told = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError):  # the provider may have changed its keys since
                told = jwt.decode(token, self._keys(provider, again=True), algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                told.claims,
                told.header,
                options={
                    "iss": {"essential": True, "value": provider.issuer},
                    "aud": {"essential": True, "value": provider.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                params={"nonce": nonce, "client_id": provider.client_id},
            )
            claims.validate(now=self._house.now_ms() // 1000, leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise OutsideLoginFailed from error
        if str(claims.header.get("typ", JOSE_TYPE)).upper() != JOSE_TYPE or not self._is_recent(claims):
            raise OutsideLoginFailed
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise OutsideLoginFailed
        found: dict[str, Any] = claims
        return found

    def _is_recent(self, claims: Mapping[str, Any]) -> bool:
        """Whether they signed in there as lately as they must here, where the provider says when that was."""
        at_s, now_s = claims.get("auth_time"), self._house.now_ms() // 1000
        if at_s is None:
            return True
        longest_s = self._house.limits.absolute_s + LEEWAY_S
        return isinstance(at_s, int) and now_s - longest_s <= at_s <= now_s + LEEWAY_S

    def _keys(self, provider: Provider, *, again: bool) -> Any:
        """The provider's public signing keys; a secret key among them is none."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        url = self._endpoint(self._about(provider), "jwks_uri")
        told = self._keep(f"keys|{url}", lambda: self._json(url), again=again)
        public = [
            key
            for key in told.get("keys", ())
            if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use", "sig") == "sig"
        ]
        try:
            return KeySet.import_key_set({"keys": public})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise OutsideLoginFailed from error

    def _about(self, provider: Provider) -> Mapping[str, Any]:
        url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        told: Mapping[str, Any] = self._keep("about", lambda: self._json(url), again=False)
        if told.get("issuer") != provider.issuer:
            raise OutsideLoginFailed
        return told

    def _endpoint(self, about: Mapping[str, Any], name: str) -> str:
        """An address that the provider named: no weaker than its own."""
        url = about.get(name)
        issuer = self._configured().issuer
        if not isinstance(url, str) or urlsplit(url).scheme != urlsplit(issuer).scheme:
            raise OutsideLoginFailed
        return url

    def _json(self, url: str, **asked: Any) -> Mapping[str, Any]:
        try:
            answer = self._fetch(url, **asked)
            told = json.loads(answer.body) if answer.status == 200 else None
        except (ServiceError, ValueError) as error:
            raise OutsideLoginFailed from error
        if not isinstance(told, dict):
            raise OutsideLoginFailed
        found: dict[str, Any] = told
        return found

    def _keep(self, name: str, ask: Any, *, again: bool) -> Any:
        now = self._house.now_ms()
        with self._lock:
            kept = self._kept.get(name)
        # Asked again no sooner than a while after: nobody makes us ask by sending tokens of unknown keys.
        wait_s = LEEWAY_S if again else KEPT_S
        if kept is not None and now - kept[0] < wait_s * 1000:
            return kept[1]
        told = ask()
        with self._lock:
            self._kept[name] = now, told
        return told

    def _configured(self) -> Provider:
        if self._provider is None:
            raise NoOutsideLogin
        return self._provider


def _redirect(asker: Asker) -> str:
    """The page that hands the answer over; it was opened by this very origin."""
    return f"{asker.site.origin}/login/" if asker.site else ""
