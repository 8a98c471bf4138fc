from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from services.accounts.errors import PlaceMissing, TooManyAttempts, UnknownCode, UnknownPairing, UnknownRole
from services.accounts.pairings import CODE_ALPHABET, CODE_LENGTH
from services.kernel.errors import Forbidden
from services.kernel.testing import make_actor

if TYPE_CHECKING:
    from tests.services.accounts.conftest import Office

pytestmark = pytest.mark.integration

HERE = "10.0.0.9"


def test_a_code_makes_a_browser_the_screen_of_its_window(office: Office) -> None:
    begun = office.accounts.pairings.begin(office.admin, role="window", place="A07", name="A07窗口屏")
    assert len(begun.code) == CODE_LENGTH
    assert set(begun.code) <= set(CODE_ALPHABET)
    pairing, token = office.accounts.pairings.claim(code=begun.code, address=HERE)
    device = office.accounts.resolve_device(token)
    assert device is not None
    assert (device.kind, device.roles, device.place, device.name) == ("device", {"window"}, "A07", "A07窗口屏")
    assert pairing.claimed_ms == office.clock.ms
    assert office.accounts.resolve_session(token) is None
    assert office.audit.actions == ["pairing.begin", "pairing.claim"]


@pytest.mark.parametrize("typed", [" {} ", "{}"])
def test_a_code_may_be_typed_as_people_do(office: Office, typed: str) -> None:
    code = office.accounts.pairings.begin(office.admin, role="kiosk", place=None, name="自助终端1").code
    spoken = f"{code[:4]}-{code[4:]}".lower()
    assert office.accounts.pairings.claim(code=typed.format(spoken), address=HERE)[0].role == "kiosk"


def test_a_code_works_once_and_not_after_its_time(office: Office) -> None:
    once = office.accounts.pairings.begin(office.admin, role="wall", place=None, name="一层大屏")
    office.accounts.pairings.claim(code=once.code, address=HERE)
    late = office.accounts.pairings.begin(office.admin, role="wall", place=None, name="二层大屏")
    office.clock.advance_s(office.limits.pairing_code_s)
    for code in (once.code, late.code, "AAAAAAAA"):
        with pytest.raises(UnknownCode):
            office.accounts.pairings.claim(code=code, address=HERE)
    assert [p.name for p in office.accounts.pairings.list_all(office.admin)] == ["一层大屏"]


def test_codes_can_not_be_guessed_on_and_on(office: Office) -> None:
    for _ in range(office.limits.attempts_max):
        with pytest.raises(UnknownCode):
            office.accounts.pairings.claim(code="AAAAAAAA", address=HERE)
    with pytest.raises(TooManyAttempts):
        office.accounts.pairings.claim(code="AAAAAAAA", address=HERE)


def test_a_revoked_browser_is_nobody_at_once(office: Office) -> None:
    begun = office.accounts.pairings.begin(office.admin, role="kiosk", place=None, name="自助终端1")
    _, token = office.accounts.pairings.claim(code=begun.code, address=HERE)
    office.accounts.pairings.revoke(office.admin, begun.pairing.id)
    assert office.accounts.resolve_device(token) is None
    assert office.accounts.pairings.list_all(office.admin) == []
    assert office.audit.actions[-1] == "pairing.revoke"
    with pytest.raises(UnknownPairing):
        office.accounts.pairings.revoke(office.admin, begun.pairing.id)


def test_a_revoked_code_pairs_nothing(office: Office) -> None:
    begun = office.accounts.pairings.begin(office.admin, role="kiosk", place=None, name="自助终端1")
    office.accounts.pairings.revoke(office.admin, begun.pairing.id)
    with pytest.raises(UnknownCode):
        office.accounts.pairings.claim(code=begun.code, address=HERE)


def test_a_browser_is_paired_as_a_device_and_a_window_screen_with_its_window(office: Office) -> None:
    with pytest.raises(UnknownRole):
        office.accounts.pairings.begin(office.admin, role="admin", place=None, name="x")
    with pytest.raises(PlaceMissing):
        office.accounts.pairings.begin(office.admin, role="window", place=None, name="x")


def test_only_those_who_may_pair(office: Office) -> None:
    clerk = make_actor("queue.call", site=office.site)
    begun = office.accounts.pairings.begin(office.admin, role="kiosk", place=None, name="自助终端1")
    with pytest.raises(Forbidden):
        office.accounts.pairings.begin(clerk, role="kiosk", place=None, name="x")
    with pytest.raises(Forbidden):
        office.accounts.pairings.list_all(clerk)
    with pytest.raises(Forbidden):
        office.accounts.pairings.revoke(clerk, begun.pairing.id)
