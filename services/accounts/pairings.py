"""Paired browsers: staff asks for a code, the kiosk or screen types it once and is that device until revoked."""

from __future__ import annotations

from services.accounts.errors import PlaceMissing, TooManyPairings, UnknownCode, UnknownPairing, UnknownRole
from services.accounts.house import House
from services.accounts.model import Pairing, PairingCode
from services.accounts.store import cards as card_rows
from services.accounts.store import pairings as pairing_rows
from services.kernel.access import DEVICE_ROLES, require
from services.kernel.actor import Actor
from services.kernel.ports import Connection, new_id, new_token

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 characters that nobody mixes up on a screen across the room."""
CODE_LENGTH = 8


class Pairings:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House) -> None:
        self._house, self._limiter = house, house.limiter()

    def begin(self, actor: Actor, *, role: str, place: str | None, name: str, reader: str | None = None) -> PairingCode:
        """A code that makes one browser this kiosk, wall or window screen. ``reader``: of ID cards, beside a kiosk."""
        require(actor, "pairings.manage")
        if role not in DEVICE_ROLES:
            raise UnknownRole([role])
        if role == "window" and not place:
            raise PlaceMissing
        house, now = self._house, self._house.now_ms()
        code = "".join(CODE_ALPHABET[b % len(CODE_ALPHABET)] for b in house.random(CODE_LENGTH))
        expires_ms = now + house.limits.pairing_code_s * 1000
        pairing = Pairing(id=new_id(house.random), role=role, place=place, name=name, created_ms=now, claimed_ms=None)
        with house.database.transaction() as conn:
            if len(pairing_rows.list_pairings(conn, house.site, now)) >= house.limits.pairings_max:
                raise TooManyPairings(most=house.limits.pairings_max)
            pairing_rows.insert_pairing(
                conn, house.site, pairing, code=code, code_expires_ms=expires_ms, created_by=actor.id
            )
            what = {"role": role, "place": place, "name": name}
            if reader is not None and role == "kiosk":
                card_rows.put_reader(conn, house.site, pairing.id, reader)
                what["reader"] = reader
            house.record(conn, actor, "pairing.begin", _target(pairing), after=what)
        return PairingCode(pairing=pairing, code=code, expires_ms=expires_ms)

    def claim(self, *, code: str, address: str) -> tuple[Pairing, str]:
        """The pairing, and the token for the browser that typed its code."""
        house = self._house
        attempt = house.vault.match_key("claim", address)
        token = new_token(house.random)
        with house.database.transaction() as conn:
            self._limiter.count(conn, attempt)
        with house.database.transaction() as conn:
            plain = code.upper().replace("-", "").replace(" ", "")
            pairing = pairing_rows.claim_pairing(conn, house.site, code=plain, token=token, now_ms=house.now_ms())
            if pairing is None:
                raise UnknownCode
            self._limiter.forget(conn, attempt)
            house.record(conn, self._actor(pairing), "pairing.claim", _target(pairing))
        return pairing, token

    def list_all(self, actor: Actor) -> list[Pairing]:
        """Those that work, and those whose code still does."""
        require(actor, "pairings.manage")
        with self._house.database.transaction() as conn:
            return pairing_rows.list_pairings(conn, self._house.site, self._house.now_ms())

    def revoke(self, actor: Actor, pairing_id: str) -> None:
        """The browser is nobody again, from its next request on."""
        with self._house.database.transaction() as conn:
            pairing = self._access_pairing(conn, actor, pairing_id)
            pairing_rows.revoke_pairing(conn, pairing.id, self._house.now_ms())
            before = {"role": pairing.role, "place": pairing.place, "name": pairing.name}
            self._house.record(conn, actor, "pairing.revoke", _target(pairing), before=before)

    def find_actor(self, token: str) -> Actor | None:
        """The paired browser that holds this token."""
        with self._house.database.transaction() as conn:
            pairing = pairing_rows.find_pairing_by_token(conn, self._house.site, token)
        return self._actor(pairing) if pairing else None

    def _access_pairing(self, conn: Connection, actor: Actor, pairing_id: str) -> Pairing:
        require(actor, "pairings.manage")
        pairing = pairing_rows.find_pairing(conn, self._house.site, pairing_id)
        if pairing is None:
            raise UnknownPairing
        return pairing

    def _actor(self, pairing: Pairing) -> Actor:
        return Actor(
            id=_target(pairing),
            name=pairing.name,
            roles=frozenset({pairing.role}),
            permissions=self._house.access.permissions_of({pairing.role}),
            site=self._house.site,
            kind="device",
            place=pairing.place,
        )


def _target(pairing: Pairing) -> str:
    return f"pairing:{pairing.id}"
