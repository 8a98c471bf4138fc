"""What is shown beside a password: one-time codes (RFC 6238), recovery codes and passkeys, each accepted once."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from services.accounts.house import House
from services.accounts.model import Shown, Site, subject_of
from services.accounts.passkeys import Passkeys
from services.accounts.signin_errors import WrongSecondFactor
from services.accounts.store import factors as factor_rows
from services.accounts.store.factors import FactorRow
from services.kernel.ports import Connection, new_id

STEP_S, DIGITS = 30, 6
"""What every authenticator app does unasked; so is SHA-1, which is sound within an HMAC."""
STEPS_ASIDE = 1
"""So many steps a person's clock may go before or behind ours."""
SECRET_BYTES = 20


def totp_of(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - see DIGITS


def matching_step(secret: bytes, code: str, *, now_ms: int) -> int | None:
    """The time step this code is of; all are compared, whichever fits."""
    totp, here, found = totp_of(secret), now_ms // (STEP_S * 1000), None
    for step in range(here - STEPS_ASIDE, here + STEPS_ASIDE + 1):
        if hmac.compare_digest(totp.generate(step * STEP_S), code.encode()):
            found = step
    return found


class Factors:
    """All methods run in the caller's transaction."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.passkeys = Passkeys(house)

    def list_of(self, conn: Connection, person_id: str) -> list[FactorRow]:
        return factor_rows.list_factors(conn, person_id)

    def ways(self, conn: Connection, person_id: str, have: Sequence[FactorRow], site: Site | None) -> list[str]:
        """What this person may show at this address. Who lost every factor has the code they were given in person."""
        kinds = {row.kind for row in have if row.kind != "passkey" or (site is not None and row.rp_id == site.host)}
        return [*sorted(kinds), *(["recovery"] if self.has_codes(conn, person_id) else [])]

    def has_codes(self, conn: Connection, person_id: str) -> bool:
        """One that was given and has run out is one, too: without it nobody is let in until another is given."""
        return factor_rows.count_recovery_codes(conn, person_id) > 0

    def accept(self, conn: Connection, person_id: str, shown: Shown, site: Site | None) -> str:
        """Which kind of factor was shown, used up now; raises where it is none of this person's."""
        if shown.passkey is not None:
            self.passkeys.check(conn, shown.passkey, person_id=person_id, site=site)
            return "passkey"
        code = (shown.code or "").replace(" ", "").replace("-", "").lower()
        if code.isascii() and code.isdigit() and len(code) == DIGITS:
            for row in self.list_of(conn, person_id):
                if row.kind == "totp" and self.use_code(conn, row, code):
                    return "totp"
        elif code and factor_rows.use_recovery_code(conn, person_id, code, now_ms=self._house.now_ms()):
            return "recovery"
        raise WrongSecondFactor

    def use_code(self, conn: Connection, row: FactorRow, code: str) -> bool:
        """Whether the code is of this factor and later than all it accepted; a waiting factor is confirmed by it."""
        house = self._house
        secret = base64.b32decode(house.vault.open(conn, row.secret_sealed or ""))
        step = matching_step(secret, code, now_ms=house.now_ms())
        return step is not None and factor_rows.use_step(conn, row.id, step=step, now_ms=house.now_ms())

    def add_totp(self, conn: Connection, person_id: str, name: str, secret: bytes, *, confirmed: bool) -> FactorRow:
        house, now = self._house, self._house.now_ms()
        row = FactorRow(
            id=new_id(house.random),
            person_id=person_id,
            kind="totp",
            name=name,
            created_ms=now,
            confirmed_ms=now if confirmed else None,
            secret_sealed=house.vault.seal(
                conn, subject=subject_of(person_id), field="totp", text=base64.b32encode(secret).decode()
            ),
        )
        factor_rows.insert_factor(conn, house.site, row)
        return row

    def passkey_question(
        self, conn: Connection, person_id: str, have: Sequence[FactorRow], site: Site | None
    ) -> object | None:
        """What to ask a passkey of this person with; None where they have none for this address."""
        mine = [row for row in have if row.kind == "passkey" and site is not None and row.rp_id == site.host]
        if not mine or not self.passkeys.may(site):
            return None
        question: object = self.passkeys.ask_to_sign(conn, person_id=person_id, have=mine, site=site)
        return question
