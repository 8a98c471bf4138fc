"""What a device makes of a command before it looks at its own state: read, or refused as no device obeys it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from simulators.behaviours.behaviour import Refusal, Values

COMMANDS_REMEMBERED = 2_048
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    id: str
    name: str
    expires_ms: int
    arguments: Values


def find_command(name: str, payload: bytes) -> Command | None:
    """None for what has no id: there is nobody to answer."""
    try:
        body = _decode(payload)
        return Command(
            id=str(body["id"]), name=name, expires_ms=int(body["exp"]), arguments=dict(body.get("args") or {})
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


class Doorkeeper:
    """Knows the commands of before until they have expired; what it remembers outlives a loss of power.

    Not the last so many: whoever may send could push a command out of that memory, and then send it again.
    """

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def refuse(self, command: Command, *, retained: bool, now_ms: int) -> Refusal | None:
        """Why no device obeys this, whatever it is told to do. Seen once, it is remembered."""
        if len(self._seen) >= COMMANDS_REMEMBERED:
            self._seen = {ident: expires_ms for ident, expires_ms in self._seen.items() if expires_ms > now_ms}
        seen = command.id in self._seen
        full = len(self._seen) >= COMMANDS_REMEMBERED
        if not full and command.expires_ms > now_ms:
            self._seen[command.id] = max(command.expires_ms, self._seen.get(command.id, 0))
        if retained:
            return Refusal(why="retained commands are never obeyed")
        if seen:
            return Refusal(why="seen before")
        if command.expires_ms <= now_ms:
            return Refusal(why="expired")
        return Refusal(why="too many commands at once") if full else None


def resend_range(arguments: Values) -> tuple[int, int, int] | None:
    """(boot, from, to) of a ``resend``; None where it is none."""
    numbers = [arguments.get(name) for name in ("boot", "from", "to")]
    boot, first, last = (n if isinstance(n, int) and not isinstance(n, bool) else -1 for n in numbers)
    return (boot, first, last) if boot >= 0 and 0 <= first <= last else None
