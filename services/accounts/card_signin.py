"""Signing in at a kiosk by an ID card: the screen asks, the reader beside it reads one card, its number comes sealed.

Each asking has a key pair of its own. The reader is told the public half and seals the number to it (HPKE, RFC 9180);
the private half stays here, in memory, until the asking ends a minute later. So a number is in clear in no message, no
history and no log; a reader holds no secret worth stealing; what was said once opens for no other asking; and what is
kept of it can never be opened again. A keyed index made beside the reader would need our own index key there: whoever
took one reader could then find out everybody's number by trying them all.
"""

from __future__ import annotations

import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from services.accounts.card_errors import CardNotHere, NoCardRead, NoReader, PhoneFirst, UnknownCard, UnreadableCard
from services.accounts.house import House
from services.accounts.id_numbers import parse_resident
from services.accounts.model import Asker, Login
from services.accounts.qr_signin import kiosk_of
from services.accounts.sessions import Sessions
from services.accounts.store import cards as card_rows
from services.accounts.store import people as person_rows
from services.kernel.actor import Actor

CARD_S = 60
"""So long one may lay down a card after the screen asked."""
SEALED_MAX = 400
"""An ID number sealed is 88 characters."""
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_WHY: Mapping[type[Exception], str] = {UnknownCard: "unknown", PhoneFirst: "not_enough", UnreadableCard: "unreadable"}
CardState = Literal["waiting", "read", "gone"]


class CardReaders(Protocol):
    """The readers of the hall, by their entity in the twin."""

    def find(self, reader: str) -> str | None:
        """Its entity, where this names a reader that is there and on line."""
        ...

    def ask(self, reader: str, key: str) -> None:
        """Reads one card from now on, for this key."""
        ...

    def stop(self, reader: str) -> None:
        """Reads none any more."""
        ...


@dataclass(slots=True)
class _Asking:
    kiosk: str
    until_ms: int
    key: X25519PrivateKey = field(repr=False)
    sealed: str | None = None


class CardSignIn:
    """All methods but ``hear`` block; none runs on an event loop."""

    def __init__(self, house: House, sessions: Sessions, readers: CardReaders | None) -> None:
        self._house, self._sessions, self._readers = house, sessions, readers
        self._asks = house.limiter(attempts_max=house.limits.address_attempts_max)
        self._lock = threading.Lock()
        self._askings: dict[str, _Asking] = {}
        """By reader: one at a time, the latest. At most as many as there are paired kiosks."""
        self.unasked = 0
        """Cards that were read though no screen had asked, or that came too late or twice: they sign nobody in."""

    def ask(self, device: Actor | None) -> int:
        """The reader of this kiosk reads one card; returns until when."""
        house, kiosk = self._house, _require_kiosk(device)
        with house.database.transaction() as conn:
            self._asks.count(conn, house.vault.match_key("card", kiosk))
        reader = self._reader_of(kiosk)
        if reader is None or self._readers is None:
            raise NoReader
        key = X25519PrivateKey.from_private_bytes(house.random(32))
        until_ms = house.now_ms() + CARD_S * 1000
        with self._lock:
            self._askings[reader] = _Asking(kiosk=kiosk, until_ms=until_ms, key=key)
        self._readers.ask(reader, _pack(key.public_key().public_bytes_raw()))
        return until_ms

    def hear(self, reader: str, told: Mapping[str, Any]) -> None:
        """A reader says that it read a card; counts once, and only while a screen asks."""
        sealed = told.get("sealed")
        with self._lock:
            asking = self._askings.get(reader)
            if (
                asking is None
                or asking.sealed is not None
                or self._house.now_ms() >= asking.until_ms
                or not isinstance(sealed, str)
                or len(sealed) > SEALED_MAX
            ):
                self.unasked += 1
                return
            asking.sealed = sealed

    def state(self, device: Actor | None) -> CardState:
        kiosk = kiosk_of(device)
        with self._lock:
            found = next((a for a in self._askings.values() if a.kiosk == kiosk), None)
            if found is None or self._house.now_ms() >= found.until_ms:
                return "gone"
            return "waiting" if found.sealed is None else "read"

    def stop(self, device: Actor | None) -> None:
        """Nobody stands at the screen that asked any more."""
        kiosk = kiosk_of(device)
        with self._lock:
            readers = [reader for reader, asking in self._askings.items() if asking.kiosk == kiosk]
            for reader in readers:
                del self._askings[reader]
        for reader in readers:
            if self._readers is not None:
                self._readers.stop(reader)

    def finish(self, device: Actor | None, asker: Asker, *, previous: Actor | None) -> Login:
        """A short login of this kiosk only, of the person whose card was read; the asking is used up in any case."""
        kiosk = _require_kiosk(device)
        try:
            return self._begin(kiosk, self._take_number(kiosk), asker, previous)
        except (UnknownCard, PhoneFirst, UnreadableCard) as error:
            self._record(device, type(error))
            raise

    def _begin(self, kiosk: str, number: str, asker: Asker, previous: Actor | None) -> Login:
        house = self._house
        match = house.vault.match_key("id_number", number)
        with house.database.transaction() as conn:
            owner = card_rows.find_card_owner(conn, house.site, match)
            person = person_rows.find_person(conn, house.site, owner) if owner else None
            if person is None or person.kind == "enterprise" or not person.may_log_in(house.now_ms()):
                raise UnknownCard
            login = self._sessions.start(conn, person, asker, factor=None, previous=previous, pairing_id=kiosk)
            if login.actor.must_show_factor or login.actor.must_change_password:
                raise PhoneFirst  # what was begun is undone with the transaction
            house.record(conn, login.actor, "session.card", login.actor.id)
        return login

    def has_reader(self, pairing: str) -> bool:
        """Whether a reader is on line beside this paired browser."""
        return self._reader_of(pairing.removeprefix("pairing:")) is not None

    def _reader_of(self, kiosk: str) -> str | None:
        with self._house.database.transaction() as conn:
            named = card_rows.list_readers(conn, self._house.site, [kiosk]).get(kiosk)
        return self._readers.find(named) if named and self._readers is not None else None

    def _take_number(self, kiosk: str) -> str:
        """The ID number that was read."""
        with self._lock:
            reader, asking = next(((r, a) for r, a in self._askings.items() if a.kiosk == kiosk), ("", None))
            if asking is None or asking.sealed is None or self._house.now_ms() >= asking.until_ms:
                raise NoCardRead
            del self._askings[reader]
        try:
            box = urlsafe_b64decode(asking.sealed + "=" * (-len(asking.sealed) % 4))
            told = _SUITE.decrypt(box, asking.key, info=card_info(reader)).decode()
        except (NoBase64, InvalidTag, ValueError):
            raise UnreadableCard from None
        number = parse_resident(told)
        if number is None:
            raise UnreadableCard
        return number

    def _record(self, device: Actor | None, what: type[Exception]) -> None:
        """Whose card it was is not said: nobody was signed in."""
        if device is not None:
            with self._house.database.transaction() as conn:
                self._house.record(conn, device, "session.card_refused", device.id, after={"why": _WHY[what]})


def card_info(reader: str) -> bytes:
    """What binds a sealed number to the reader that read it."""
    return f"halltwin card v1|{reader.rpartition(':')[2]}".encode()


def _require_kiosk(device: Actor | None) -> str:
    kiosk = kiosk_of(device)
    if kiosk is None:
        raise CardNotHere
    return kiosk


def _pack(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
