"""Passkeys (WebAuthn): asked for, answered once, and bound to the name the page was opened by.

The page's own address tells the name. That is safe because a browser signs for the address it really shows: a page
that stands elsewhere gets an answer for elsewhere, which is refused here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.accounts.house import House
from services.accounts.model import Site
from services.accounts.signin_errors import NoPasskeysHere, WrongPasskey
from services.accounts.store import challenges as challenge_rows
from services.accounts.store import factors as factor_rows
from services.accounts.store.factors import FactorRow
from services.kernel.ports import Connection, new_id

REGISTER, SIGN = "passkey.register", "passkey.sign"
CHALLENGE_BYTES = 32
LOCAL = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """``verified``: the person proved to the device who they are, so it is two factors in one."""

    row: FactorRow
    verified: bool


class Passkeys:
    """All methods run in the caller's transaction."""

    def __init__(self, house: House) -> None:
        self._house = house

    def may(self, site: Site | None) -> bool:
        """Whether browsers know passkeys at this address."""
        if site is None:
            return False
        try:
            ip_address(site.host)
        except ValueError:
            return site.origin.startswith("https://") or site.host == LOCAL
        return False

    def ask_to_register(
        self, conn: Connection, *, person_id: str, login: str, have: Sequence[FactorRow], site: Site | None
    ) -> Any:
        site = self._here(site)
        challenge = self._house.random(CHALLENGE_BYTES)
        options = webauthn.generate_registration_options(
            rp_id=site.host,
            rp_name=self._house.site,
            user_name=login,
            user_id=person_id.encode(),
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=[_named(row) for row in have if row.credential_id],
        )
        self._put(conn, challenge, REGISTER, person_id, site)
        return json.loads(webauthn.options_to_json(options))

    def register(
        self, conn: Connection, *, person_id: str, name: str, answer: Mapping[str, Any], site: Site | None
    ) -> FactorRow:
        site, house = self._here(site), self._house
        challenge, asked = self._take(conn, answer, REGISTER)
        if asked.person_id != person_id or asked.body != {"rp": site.host}:
            raise WrongPasskey
        try:
            made = webauthn.verify_registration_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
            )
        except _UNREADABLE as error:
            raise WrongPasskey from error
        now = house.now_ms()
        row = FactorRow(
            id=new_id(house.random),
            person_id=person_id,
            kind="passkey",
            name=name,
            created_ms=now,
            confirmed_ms=now,
            credential_id=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            rp_id=site.host,
        )
        factor_rows.insert_factor(conn, house.site, row)
        return row

    def ask_to_sign(
        self, conn: Connection, *, person_id: str | None, have: Sequence[FactorRow], site: Site | None
    ) -> Any:
        """``person_id`` None: whoever's key it is, then its owner must prove to it who they are."""
        site = self._here(site)
        challenge = self._house.random(CHALLENGE_BYTES)
        options = webauthn.generate_authentication_options(
            rp_id=site.host,
            challenge=challenge,
            allow_credentials=[_named(row) for row in have if row.rp_id == site.host],
            user_verification=UserVerificationRequirement.REQUIRED
            if person_id is None
            else UserVerificationRequirement.PREFERRED,
        )
        self._put(conn, challenge, SIGN, person_id, site)
        return json.loads(webauthn.options_to_json(options))

    def check(self, conn: Connection, answer: Mapping[str, Any], *, person_id: str | None, site: Site | None) -> Signed:
        """Whose passkey signed what was asked; its counter must have gone on, or it is a copy."""
        site, house = self._here(site), self._house
        challenge, asked = self._take(conn, answer, SIGN)
        try:
            row = factor_rows.find_passkey(
                conn, house.site, webauthn.base64url_to_bytes(str(answer.get("rawId", "")))
            )  # fmt: skip
            if row is None or row.public_key is None or row.rp_id != site.host or asked.person_id != person_id:
                raise WrongPasskey
            if person_id is not None and row.person_id != person_id:
                raise WrongPasskey
            seen = webauthn.verify_authentication_response(
                credential=dict(answer),
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.sign_count,
                require_user_verification=person_id is None,
            )
        except _UNREADABLE as error:
            raise WrongPasskey from error
        factor_rows.use_passkey(conn, row.id, sign_count=seen.new_sign_count, now_ms=house.now_ms())
        return Signed(row=row, verified=seen.user_verified)

    def _here(self, site: Site | None) -> Site:
        if site is None or not self.may(site):
            raise NoPasskeysHere
        return site

    def _put(self, conn: Connection, challenge: bytes, purpose: str, person_id: str | None, site: Site) -> None:
        house, now = self._house, self._house.now_ms()
        challenge_rows.put_challenge(
            conn,
            house.site,
            secret=challenge.hex(),
            purpose=purpose,
            person_id=person_id,
            body={"rp": site.host},
            expires_ms=now + house.limits.challenge_s * 1000,
            now_ms=now,
        )

    def _take(
        self, conn: Connection, answer: Mapping[str, Any], purpose: str
    ) -> tuple[bytes, challenge_rows.Challenge]:
        """The answer says itself what it answers; only what we asked, and once, is looked at further."""
        house = self._house
        try:
            told = json.loads(webauthn.base64url_to_bytes(answer["response"]["clientDataJSON"]))
            challenge = webauthn.base64url_to_bytes(told["challenge"])
        except (KeyError, TypeError, ValueError) as error:
            raise WrongPasskey from error
        asked = challenge_rows.take_challenge(
            conn, house.site, secret=challenge.hex(), purpose=purpose, now_ms=house.now_ms()
        )
        if asked is None:
            raise WrongPasskey
        return challenge, asked


_UNREADABLE = (WebAuthnException, KeyError, TypeError, ValueError)
"""What the library says of an answer that does not hold, or that is no answer at all."""


def _named(row: FactorRow) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(id=row.credential_id or b"")
