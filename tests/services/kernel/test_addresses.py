"""One address does so much at once and so much a minute, whoever else asks."""

from __future__ import annotations

import pytest

from services.kernel import addresses
from services.kernel.addresses import AddressLimit, network_of
from services.kernel.errors import Conflict, TooMany


class Clock:
    s = 0.0

    def __call__(self) -> float:
        return self.s


class Full(TooMany):
    code = "full"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(zh="多", en="many", retry_after_s=retry_after_s)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> AddressLimit:
    return AddressLimit(at_once=3, per_minute=6, now_s=clock)


def test_what_was_taken_comes_back_with_time(limit: AddressLimit, clock: Clock) -> None:
    assert [limit.take("10.0.0.1") for _ in range(3)] == [0, 0, 0]
    wait_s = limit.take("10.0.0.1")
    assert 10 <= wait_s <= 11, "six a minute are one in ten seconds"
    clock.s += wait_s
    assert limit.take("10.0.0.1") == 0
    assert limit.take("10.0.0.1") > 0
    clock.s += 3_600
    assert [limit.take("10.0.0.1") > 0 for _ in range(4)] == [False, False, False, True], "no more than at once"


def test_a_minute_of_asking_without_end_brings_a_minutes_worth(limit: AddressLimit, clock: Clock) -> None:
    given = 0
    for tenth in range(600):
        clock.s = tenth / 10
        given += limit.take("10.0.0.1") == 0
    assert given == 3 + 5, "three at once, and one at each full ten seconds before the minute is over"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_programs_of_this_machine_are_not_counted(limit: AddressLimit, address: str) -> None:
    assert {limit.take(address) for _ in range(100)} == {0}


def test_others_are_not_held_up(limit: AddressLimit) -> None:
    while not limit.take("10.0.0.1"):
        pass
    assert limit.take("10.0.0.2") == 0


def test_whoever_was_refused_has_taken_nothing(limit: AddressLimit) -> None:
    for _ in range(20):
        with pytest.raises(Conflict), limit.one("10.0.0.1", Full):
            raise Conflict(zh="没有窗口", en="no window")
    for _ in range(3):
        with limit.one("10.0.0.1", Full):
            pass
    with pytest.raises(Full) as refused, limit.one("10.0.0.1", Full):
        raise AssertionError("nothing is done for it")
    assert refused.value.retry_after_s >= 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("local", "local", True),
        ("local", "127.0.0.1", False),
    ],
)
def test_a_subscriber_is_one_however_many_addresses_it_has(one: str, other: str, *, same: bool) -> None:
    assert (network_of(one) == network_of(other)) == same


def test_what_is_remembered_has_an_end(limit: AddressLimit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "KEPT_MAX", 2)
    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.3"):
        while not limit.take(address):
            pass
    assert limit.take("10.0.0.3") > 0
    assert limit.take("10.0.0.1") == 0, "who asked longest ago is forgotten"
