"""Signing in by a phone that is signed in already: a page shows a QR code, the phone looks who asks, and confirms.

The QR code lets one look and answer, and nothing else: the login goes to the browser that asked, which holds the other
half of the secret in a cookie. Whoever is sent a stranger's code sees a stranger's address and browser before they
confirm. A kiosk is signed in the same way, or by a code that the phone shows and one types there.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.accounts.house import House
from services.accounts.model import Asker, Login
from services.accounts.pairings import CODE_ALPHABET, CODE_LENGTH
from services.accounts.sessions import Sessions
from services.accounts.signin_errors import UnknownRequest
from services.accounts.store import challenges as challenge_rows
from services.accounts.store import people as person_rows
from services.accounts.store import sessions as session_rows
from services.accounts.store.challenges import RequestRow
from services.accounts.store.sessions import SessionRow
from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.errors import Forbidden
from services.kernel.ports import Connection, new_token

KIOSK = "kiosk.code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``scan`` goes into the QR code, ``browser`` into a cookie of the page that shows it."""

    scan: str
    browser: str
    expires_ms: int


class QrSignIn:
    """All methods block; none runs on an event loop."""

    def __init__(self, house: House, sessions: Sessions) -> None:
        self._house, self._sessions = house, sessions
        self._asks = house.limiter(attempts_max=house.limits.address_attempts_max)
        self._tries = house.limiter()

    # --- the page

    def ask(self, asker: Asker, device: Actor | None) -> Asked:
        """One more page waits; ``device`` is the paired browser it is at, if it is one."""
        house, now = self._house, self._house.now_ms()
        asked = Asked(
            scan=new_token(house.random),
            browser=new_token(house.random),
            expires_ms=now + house.limits.signin_code_s * 1000,
        )
        row = RequestRow(
            pairing_id=kiosk_of(device),
            address=asker.address,
            browser=asker.browser,
            created_ms=now,
            expires_ms=asked.expires_ms,
            state="waiting",
            person_id=None,
            factor=None,
            factor_ms=None,
        )
        with house.database.transaction() as conn:
            self._asks.count(conn, house.vault.match_key("qr", asker.address))
            challenge_rows.put_request(conn, house.site, row, scan=asked.scan, browser_secret=asked.browser)
        return asked

    def state(self, browser: str | None) -> str:
        """waiting, confirmed, refused; or gone, when it has expired or was never asked."""
        with self._house.database.transaction() as conn:
            row = challenge_rows.find_asked(conn, self._house.site, browser or "", self._house.now_ms())
        return row.state if row else "gone"

    def finish(self, browser: str | None, asker: Asker, *, device: Actor | None, previous: Actor | None) -> Login:
        """The page is signed in as whoever confirmed; at the place that asked, and once."""
        house = self._house
        with house.database.transaction() as conn:
            row = challenge_rows.take_confirmed(conn, house.site, browser or "", house.now_ms())
            person = person_rows.find_person(conn, house.site, row.person_id or "") if row else None
            if (
                row is None
                or person is None
                or not person.may_log_in(house.now_ms())
                or row.pairing_id != kiosk_of(device)
            ):
                raise UnknownRequest
            return self._sessions.start(
                conn,
                person,
                asker,
                factor=row.factor,
                factor_ms=row.factor_ms,
                previous=previous,
                pairing_id=row.pairing_id,
            )

    # --- the phone

    def look(self, actor: Actor, scan: str) -> RequestRow:
        """Who asks: the address and browser of the page, and since when."""
        require(actor, "session.own")
        with self._house.database.transaction() as conn:
            row = challenge_rows.find_scanned(conn, self._house.site, scan, self._house.now_ms())
        if row is None:
            raise UnknownRequest
        return row

    def answer(self, actor: Actor, scan: str, *, confirm: bool) -> None:
        require(actor, "session.own")
        house = self._house
        with house.database.transaction() as conn:
            own = self._own(conn, actor)
            answered = challenge_rows.answer_scanned(
                conn,
                house.site,
                scan,
                state="confirmed" if confirm else "refused",
                person_id=own.person_id,
                factor=own.factor,
                factor_ms=own.factor_ms,
                now_ms=house.now_ms(),
            )
            if not answered:
                raise UnknownRequest
            house.record(conn, actor, "session.qr_confirm" if confirm else "session.qr_refuse", actor.id)

    # --- the kiosk

    def make_code(self, actor: Actor) -> tuple[str, int]:
        """A code that one types at a kiosk, and until when it works: once, and at a kiosk of this hall only."""
        require(actor, "session.own")
        house, now = self._house, self._house.now_ms()
        code = "".join(CODE_ALPHABET[b % len(CODE_ALPHABET)] for b in house.random(CODE_LENGTH))
        expires_ms = now + house.limits.signin_code_s * 1000
        with house.database.transaction() as conn:
            own = self._own(conn, actor)
            challenge_rows.put_challenge(
                conn,
                house.site,
                secret=code,
                purpose=KIOSK,
                person_id=own.person_id,
                body={"factor": own.factor, "factor_ms": own.factor_ms},
                expires_ms=expires_ms,
                now_ms=now,
            )
            house.record(conn, actor, "session.kiosk_code", actor.id)
        return code, expires_ms

    def begin_at_kiosk(self, code: str, asker: Asker, *, device: Actor | None, previous: Actor | None) -> Login:
        """A short login of this kiosk only."""
        house, kiosk = self._house, kiosk_of(device)
        if kiosk is None:
            raise Forbidden(zh="这个登录码只能在自助终端上使用。", en="This code is for the hall's kiosks.")
        key = house.vault.match_key("kiosk", kiosk)
        with house.database.transaction() as conn:
            self._tries.count(conn, key)
        with house.database.transaction() as conn:
            plain = code.upper().replace("-", "").replace(" ", "")
            taken = challenge_rows.take_challenge(conn, house.site, secret=plain, purpose=KIOSK, now_ms=house.now_ms())
            person = person_rows.find_person(conn, house.site, taken.person_id or "") if taken else None
            if taken is None or person is None or not person.may_log_in(house.now_ms()):
                raise UnknownRequest
            self._tries.forget(conn, key)
            return self._sessions.start(
                conn,
                person,
                asker,
                factor=taken.body["factor"],
                factor_ms=taken.body["factor_ms"],
                previous=previous,
                pairing_id=kiosk,
            )

    def _own(self, conn: Connection, actor: Actor) -> SessionRow:
        """The phone's own login; one that was lent to a kiosk lends no further."""
        row = session_rows.find_session_by_id(conn, self._house.site, actor.session or "")
        if row is None or row.pairing_id is not None:
            raise UnknownRequest
        return row


def kiosk_of(device: Actor | None) -> str | None:
    """The pairing of the kiosk that asks, if it is one."""
    return device.id.removeprefix("pairing:") if device is not None and "kiosk" in device.roles else None
