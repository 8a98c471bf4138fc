from contextlib import ExitStack
from threading import Event, Thread

import pytest

from services.accounts.errors import WeakPassword
from services.accounts.pace import Pace
from services.accounts.passwords import (
    IN_LINE_MAX,
    LONGEST,
    OF_ONE_ADDRESS_MAX,
    SHORTEST,
    Line,
    Passwords,
    new_password,
)
from services.accounts.signin_errors import LineFull
from services.kernel.testing import seeded
from ui.testing import eventually


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


def test_one_hashes_at_a_time_few_wait_and_the_rest_are_sent_away() -> None:
    line = Line(of_one_max=OF_ONE_ADDRESS_MAX)
    with ExitStack() as places:
        go = Event()
        crowd = [Thread(target=_stand, args=(line, f"10.0.0.{n}", go)) for n in range(IN_LINE_MAX - 1)]
        places.enter_context(line.turn("10.0.0.99"))
        for thread in crowd:
            thread.start()
        eventually(lambda: line._waiting.total() == IN_LINE_MAX, what="all in line")
        with pytest.raises(LineFull) as refusal:
            places.enter_context(line.turn("10.0.1.1"))
        assert refusal.value.retry_after_s > 0
        go.set()
    for thread in crowd:
        thread.join(20)
    with line.turn("10.0.1.1"):
        assert line._waiting.total() == 1


def _stand(line: Line, asker: str, go: Event) -> None:
    with line.turn(asker):
        go.wait(20)


def test_one_address_holds_few_places_and_leaves_the_others_to_others() -> None:
    line, go = Line(of_one_max=OF_ONE_ADDRESS_MAX), Event()
    crowd = [Thread(target=_stand, args=(line, "10.0.0.1", go)) for _ in range(OF_ONE_ADDRESS_MAX)]
    for thread in crowd:
        thread.start()
    eventually(lambda: line._waiting["10.0.0.1"] == OF_ONE_ADDRESS_MAX, what="both in line")
    with pytest.raises(LineFull), line.turn("10.0.0.1"):
        pass
    go.set()
    with line.turn("10.0.0.2"):
        pass
    for thread in crowd:
        thread.join(20)


def test_the_line_goes_on_at_its_pace() -> None:
    slept: list[float] = []
    line = Line(pace=Pace(per_s=10.0, burst=3, now_s=lambda: 1_000.0), sleep=slept.append)
    for _ in range(6):
        with line.turn("10.0.0.1"):
            pass
    assert slept == pytest.approx([0, 0, 0, 0.1, 0.2, 0.3])


def test_strangers_never_fill_the_line_of_browsers_that_are_known() -> None:
    passwords = Passwords()
    stored = passwords.hash("correct horse battery")
    with passwords._strangers.turn("10.0.0.1"):
        assert passwords.verify("correct horse battery", stored, address="10.0.0.2", known=True)


def test_new_passwords_are_readable_long_and_made_of_the_randomness_given() -> None:
    password = new_password(seeded(1))
    assert password == new_password(seeded(1)) != new_password(seeded(2))
    assert [len(part) for part in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("01loiO")
