"""The short form of ``make interop``: whoever of the strangers is installed here, on the mosquitto of a hall."""

from __future__ import annotations

import pytest

from tests.interop.brokers import Mosquitto
from tests.interop.runner import STRANGERS, Outcome, Stranger, meet
from tests.interop.tools import WITHIN_S, Tools, find_missing

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

PRESENT = [stranger for stranger in STRANGERS if not find_missing(*stranger.needs)]


@pytest.fixture(scope="module")
def outcomes(mosquitto: None) -> dict[str, Outcome]:  # noqa: ARG001
    if not PRESENT:
        pytest.skip("nobody is installed: make interop-setup")
    return {outcome.name: outcome for outcome in meet(Mosquitto(), PRESENT, Tools())}


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda stranger: stranger.__name__)
def test_the_twin_shows_a_stranger_live(stranger: type[Stranger], outcomes: dict[str, Outcome]) -> None:
    if missing := find_missing(*stranger.needs):
        pytest.skip(missing)
    assert outcomes["mosquitto"].ok, outcomes["mosquitto"].reason
    outcome = outcomes[stranger.name]
    assert outcome.ok, outcome.reason


def test_who_is_late_or_missing_is_not_well() -> None:
    assert not Outcome(name="a", broker="b").ok
    assert not Outcome(name="a", broker="b", live_s=WITHIN_S + 1).ok
    assert not Outcome(name="a", broker="b", live_s=1.0, reason="its command was lost").ok
    assert Outcome(name="a", broker="b", live_s=1.0).to_json() == {
        "name": "a on b", "live_s": 1.0, "ok": True, "broker": "b", "reason": None,
    }  # fmt: skip


def test_what_is_not_installed_is_named() -> None:
    missing = find_missing("no-such-program", "npm:no-such-package")
    assert missing == "not installed: no-such-program, npm:no-such-package (make interop-setup)"
