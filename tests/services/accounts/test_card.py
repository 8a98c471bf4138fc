"""A card laid on the reader of a kiosk that asked signs its holder in there; everything else signs nobody in."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from services.accounts.card_errors import CardNotHere, NoCardRead, NoReader, PhoneFirst, UnknownCard, UnreadableCard
from services.accounts.card_signin import CARD_S, SEALED_MAX
from services.accounts.errors import TooManyAttempts
from services.accounts.model import Asker, Login
from services.accounts.store import people as person_rows
from services.accounts.testing import one_time_code
from services.kernel.actor import Actor, make_visitor
from services.kernel.http import LOOPBACK_COOKIES
from tests.services.accounts.test_qr import acting

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

NUMBER, OTHER = "11010519491231002X", "110105198001011238"
KIOSK = Asker(address="10.0.0.50", browser="Chrome · Linux")
READER = "s:device:READER-1"


@dataclass
class Readers:
    """Readers that do as they are asked, and hear of nothing else."""

    online: set[str] = field(default_factory=lambda: {READER})
    keys: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def find(self, reader: str) -> str | None:
        entity = f"s:device:{reader}"
        return entity if entity in self.online else None

    def ask(self, reader: str, key: str) -> None:
        assert reader in self.online
        self.keys.append(key)

    def stop(self, reader: str) -> None:
        self.stopped.append(reader)


@pytest.fixture
def readers(office: Office) -> Readers:
    office.accounts.cards._readers = found = Readers()
    return found


def pair(office: Office, reader: str | None = "READER-1") -> tuple[Actor, str]:
    begun = office.accounts.pairings.begin(office.admin, role="kiosk", place=None, name="K1", reader=reader)
    _, token = office.accounts.pairings.claim(code=begun.code, address="10.0.0.50")
    device = office.accounts.resolve_device(token)
    assert device is not None
    return device, token


def hire(office: Office, number: str, *, login: str = "li", kind: str = "citizen") -> str:
    person = office.accounts.people.create(
        office.admin, login=login, password="correct horse battery", name="李晓梅", roles=[kind], phone=None, kind=kind,
        id_number=number,
    )  # fmt: skip
    with office.database.transaction() as conn:
        person_rows.set_onetime(conn, person.id, None)
    return person.id


def seal(key: str, number: str, *, reader: str = "READER-1") -> str:
    """As the kind's declaration says a reader does it."""
    public = X25519PublicKey.from_public_bytes(urlsafe_b64decode(key + "="))
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    box = suite.encrypt(number.encode(), public, info=f"halltwin card v1|{reader}".encode())
    return urlsafe_b64encode(box).decode().rstrip("=")


def lay_down(office: Office, readers: Readers, number: str) -> None:
    office.accounts.cards.hear(READER, {"sealed": seal(readers.keys[-1], number)})


def finish(office: Office, device: Actor) -> Login:
    return office.accounts.cards.finish(device, KIOSK, previous=None)


def test_the_card_that_was_asked_for_signs_its_holder_in_shortly_and_there_only(
    office: Office, readers: Readers
) -> None:
    device, token = pair(office)
    _, elsewhere = pair(office, None)
    who = hire(office, NUMBER)
    cards = office.accounts.cards
    assert cards.state(device) == "gone"
    assert cards.ask(device) == office.clock.ms + CARD_S * 1000
    assert cards.state(device) == "waiting"
    lay_down(office, readers, NUMBER.lower())
    assert cards.state(device) == "read"
    login = finish(office, device)
    assert (login.actor.id, login.actor.roles, login.actor.bound_to) == (f"user:{who}", {"citizen"}, device.id)
    assert acting(office, login.token, token) == login.actor
    assert acting(office, login.token, elsewhere).id != login.actor.id
    assert "session.card" in office.audit.actions
    assert "session.begin" in office.audit.actions
    with pytest.raises(NoCardRead):  # it counted once
        finish(office, device)
    office.clock.advance_s(office.limits.kiosk_idle_s)
    assert office.accounts.resolve_session(login.token) is None


def test_what_is_said_unasked_late_twice_or_again_signs_nobody_in(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    hire(office, NUMBER)
    cards = office.accounts.cards
    cards.hear(READER, {"sealed": "x"})
    assert (cards.unasked, cards.state(device)) == (1, "gone")
    cards.ask(device)
    first = seal(readers.keys[-1], NUMBER)
    office.clock.advance_s(CARD_S)
    cards.hear(READER, {"sealed": first})
    assert (cards.unasked, cards.state(device)) == (2, "gone")
    with pytest.raises(NoCardRead):
        finish(office, device)
    cards.ask(device)
    cards.hear(READER, {"sealed": first})  # what was said before, for another asking
    cards.hear(READER, {"sealed": seal(readers.keys[-1], NUMBER)})  # a second one is not heard
    assert cards.unasked == 3
    with pytest.raises(UnreadableCard):
        finish(office, device)
    assert len(set(readers.keys)) == 2, "a key an asking"
    assert office.audit.actions.count("session.card_refused") == 1
    assert "session.begin" not in office.audit.actions


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize("told", [{}, {"sealed": 7}, {"sealed": None}, {"sealed": "A" * (SEALED_MAX + 1)}])
def test_what_is_no_sealed_number_is_not_heard(office: Office, told: dict[str, object]) -> None:
    device, _ = pair(office)
    office.accounts.cards.ask(device)
    office.accounts.cards.hear(READER, told)
    assert office.accounts.cards.state(device) == "waiting"


@pytest.mark.parametrize("number", ["", "110105194912310021", "李晓梅", "1" * 200, "\x00"])
def test_what_is_no_id_number_signs_nobody_in(office: Office, readers: Readers, number: str) -> None:
    device, _ = pair(office)
    office.accounts.cards.ask(device)
    lay_down(office, readers, number)
    with pytest.raises(UnreadableCard):
        finish(office, device)


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize("sealed", ["", "!", "AAAA", "é", "A" * 88])
def test_what_opens_with_no_key_signs_nobody_in(office: Office, sealed: str) -> None:
    device, _ = pair(office)
    office.accounts.cards.ask(device)
    office.accounts.cards.hear(READER, {"sealed": sealed})
    with pytest.raises(UnreadableCard):
        finish(office, device)


def test_a_number_sealed_by_another_reader_or_heard_of_another_is_none(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    hire(office, NUMBER)
    cards = office.accounts.cards
    cards.ask(device)
    cards.hear("s:device:READER-2", {"sealed": seal(readers.keys[-1], NUMBER)})
    assert cards.state(device) == "waiting"
    cards.hear(READER, {"sealed": seal(readers.keys[-1], NUMBER, reader="READER-2")})
    with pytest.raises(UnreadableCard):
        finish(office, device)


def test_cards_that_nobody_stopped_ones_and_enterprises_have_are_unknown(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    stopped = hire(office, OTHER)
    hire(office, "91350100M000100Y43", login="firm", kind="enterprise")
    with office.database.transaction() as conn:
        person_rows.disable_person(conn, stopped, 1)
    for number in (NUMBER, OTHER):
        office.accounts.cards.ask(device)
        lay_down(office, readers, number)
        with pytest.raises(UnknownCard):
            finish(office, device)
    assert office.audit.actions.count("session.card_refused") == 2
    assert "session.begin" not in office.audit.actions
    assert NUMBER not in repr(office.audit.lines)


def test_a_card_is_not_enough_where_more_is_asked_for(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    who = hire(office, NUMBER)
    phone = office.accounts.sessions.begin(login="li", password="correct horse battery", asker=KIOSK)
    made = office.accounts.own_ways.begin_totp(phone.actor, None)
    code = one_time_code(made.secret, now_s=office.clock.ms / 1000)
    office.accounts.own_ways.confirm_totp(phone.actor, made.id, code)
    before = _sessions(office, who)
    office.accounts.cards.ask(device)
    lay_down(office, readers, NUMBER)
    with pytest.raises(PhoneFirst):
        finish(office, device)
    assert _sessions(office, who) == before


def _sessions(office: Office, person_id: str) -> int:
    with office.database.transaction() as conn:
        row = conn.execute("SELECT count(*) FROM accounts.session WHERE person_id = %s", (person_id,)).fetchone()
    return int(row[0]) if row else 0


def test_only_a_kiosk_with_a_reader_that_works_asks(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    bare, _ = pair(office, None)
    for nobody in (None, make_visitor(office.site)):
        with pytest.raises(CardNotHere):
            office.accounts.cards.ask(nobody)
        with pytest.raises(CardNotHere):
            office.accounts.cards.finish(nobody, KIOSK, previous=None)
    with pytest.raises(NoReader):
        office.accounts.cards.ask(bare)
    readers.online.clear()
    with pytest.raises(NoReader):
        office.accounts.cards.ask(device)
    assert readers.keys == []


def test_the_screen_that_is_left_stops_the_reader_and_asking_has_an_end(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    hire(office, NUMBER)
    cards = office.accounts.cards
    cards.ask(device)
    cards.stop(device)
    assert readers.stopped == [READER]
    lay_down(office, readers, NUMBER)
    assert (cards.unasked, cards.state(device)) == (1, "gone")
    cards._asks._attempts_max = 3
    for _ in range(2):
        cards.ask(device)
    with pytest.raises(TooManyAttempts):
        cards.ask(device)


def test_the_routes_of_one_visit(office: Office, readers: Readers) -> None:
    device, _ = pair(office)
    hire(office, NUMBER)
    page = office.browser(make_visitor(office.site), device=device)
    assert page.get("/pairings/me").json()["reader"] is True
    assert page.post("/session/card").status_code == 201
    assert page.get("/session/card").json() == {"state": "waiting"}
    lay_down(office, readers, NUMBER)
    assert page.get("/session/card").json() == {"state": "read"}
    done = page.post("/session/card/finish")
    assert done.status_code == 200
    assert done.json()["actor"]["roles"] == ["citizen"]
    assert LOOPBACK_COOKIES.session in page.cookies
    assert NUMBER not in done.text
    assert page.post("/session/card/stop").status_code == 204
    assert office.browser(make_visitor(office.site)).post("/session/card").status_code == 403
