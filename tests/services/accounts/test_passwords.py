from collections.abc import Callable
from threading import Event, Thread

import pytest

from services.accounts.errors import WeakPassword
from services.accounts.passwords import AT_ONCE, IN_LINE_MAX, LONGEST, SHORTEST, Passwords, new_password
from services.kernel.errors import Unavailable
from services.kernel.testing import seeded


def test_a_password_verifies_and_another_does_not() -> None:
    passwords = Passwords()
    stored = passwords.hash("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.verify("correct horse battery", stored)
    assert not passwords.verify("correct horse batterz", stored)
    assert not passwords.verify("correct horse battery", None)
    assert not passwords.verify("correct horse battery", "no hash at all")


def test_the_word_that_stands_for_nobody_lets_nobody_in() -> None:
    assert not Passwords().verify("nobody", None)


def test_somebody_unknown_takes_the_same_work_as_somebody_known() -> None:
    passwords = Passwords()
    stored = passwords.hash("correct horse battery")
    asked: list[str] = []

    class Counting:
        def verify(self, stored: str, password: str) -> bool:  # noqa: ARG002 - argon2's signature
            asked.append(stored.rpartition("$")[0].rpartition("$")[0])
            return True

    passwords._argon2 = Counting()  # type: ignore[assignment]
    passwords.verify("wrong password", stored)
    passwords.verify("wrong password", None)
    assert asked == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1)])
def test_too_short_and_too_long_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        Passwords().hash(password)


def test_two_hash_at_once_a_few_wait_and_the_rest_are_sent_away() -> None:
    passwords = Passwords()
    go, entered = Event(), [Event() for _ in range(AT_ONCE)]
    started = iter(entered)

    class Slow:
        def verify(self, stored: str, password: str) -> bool:  # noqa: ARG002 - argon2's signature
            next(started).set()
            return go.wait(20)

    real, passwords._argon2 = passwords._argon2, Slow()  # type: ignore[assignment]
    busy = [Thread(target=lambda: passwords.verify("x", "y")) for _ in range(AT_ONCE)]
    for thread in busy:
        thread.start()
    assert all(event.wait(20) for event in entered)
    passwords._argon2 = real
    waiting: list[Callable[[], object]] = []
    for _ in range(IN_LINE_MAX - AT_ONCE):
        assert passwords._line.acquire(blocking=False)
        waiting.append(passwords._line.release)
    with pytest.raises(Unavailable):
        passwords.verify("x", "y")
    for release in waiting:
        release()
    go.set()
    for thread in busy:
        thread.join(20)
    assert not passwords.verify("x", "y")


def test_new_passwords_are_readable_long_and_made_of_the_randomness_given() -> None:
    password = new_password(seeded(1))
    assert password == new_password(seeded(1)) != new_password(seeded(2))
    assert [len(part) for part in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("01loiO")
