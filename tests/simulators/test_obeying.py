"""What no device obeys, whatever is thrown at it in between."""

from __future__ import annotations

from simulators.obeying import COMMANDS_REMEMBERED, Command, Doorkeeper

NOW_MS = 1_763_000_000_000


def command(ident: str, *, expires_ms: int = NOW_MS + 5_000) -> Command:
    return Command(id=ident, name="unlock", expires_ms=expires_ms, arguments={})


def said(keeper: Doorkeeper, one: Command, *, retained: bool = False, now_ms: int = NOW_MS) -> str | None:
    refusal = keeper.refuse(one, retained=retained, now_ms=now_ms)
    return None if refusal is None else refusal.why


def test_retained_expired_and_seen_ones_are_refused() -> None:
    keeper = Doorkeeper()
    assert said(keeper, command("a")) is None
    assert said(keeper, command("a")) == "seen before"
    assert said(keeper, command("b"), retained=True) == "retained commands are never obeyed"
    assert said(keeper, command("b")) == "seen before"
    assert said(keeper, command("c", expires_ms=NOW_MS)) == "expired"


def test_a_flood_does_not_push_a_command_out_of_the_memory() -> None:
    keeper = Doorkeeper()
    assert said(keeper, command("first")) is None
    obeyed = sum(said(keeper, command(f"forged-{n}")) is None for n in range(COMMANDS_REMEMBERED * 2))
    assert obeyed == COMMANDS_REMEMBERED - 1
    assert said(keeper, command("first")) == "seen before"
    assert said(keeper, command("last")) == "too many commands at once"


def test_it_is_free_again_once_they_have_expired() -> None:
    keeper = Doorkeeper()
    for n in range(COMMANDS_REMEMBERED):
        keeper.refuse(command(f"forged-{n}"), retained=False, now_ms=NOW_MS)
    later_ms = NOW_MS + 5_000
    assert said(keeper, command("forged-0"), now_ms=later_ms) == "expired"
    assert said(keeper, command("new", expires_ms=later_ms + 5_000), now_ms=later_ms) is None
