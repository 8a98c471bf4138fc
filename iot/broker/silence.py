"""Which clients of a broker say nothing any more, told by its own log before the broker itself looks.

Mosquitto 2.0.11 looks every six seconds, so that a device that fell silent is missed up to six seconds after its
allowance of 1.5 keepalives (MQTT 3.1.1 and 5, section 3.1.2.10). Its log names the sender of every packet at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

ALLOWED_KEEPALIVES = 1.5
TOLD_WITHIN_S = 0.3
"""What it takes from a line in the log to the twin: silence is judged so much before the allowance ends."""
_RECEIVED = b"Received "
_JOINED = re.compile(rb"New client connected from .+ as (\S+) \(p\d+, c\d+, k(\d+)")
_LEFT = re.compile(
    rb"Client (\S+) (?:disconnected|closed its connection|has exceeded timeout|been disconnected|already)"
)


@dataclass(slots=True)
class _Client:
    """``allowed_s`` without a word; ``last_s``: when it said one."""

    allowed_s: float
    last_s: float
    silent: bool = False


class Listener:
    """``hear`` every line, then ``take_silent`` and ``take_heard``. Clients that promise no keepalive are not judged.

    ``now_s``: a clock that only goes forward.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._clients: dict[bytes, _Client] = {}
        self._heard: list[str] = []

    def hear(self, line: bytes) -> None:
        if line.startswith(_RECEIVED):
            client = self._clients.get(line.split(b" ", 4)[3])
            if client is not None:
                client.last_s = self._now_s()
                if client.silent:
                    client.silent = False
                    self._heard.append(line.split(b" ", 4)[3].decode(errors="replace"))
        elif found := _JOINED.match(line):
            self._clients.pop(found[1], None)
            if keepalive_s := int(found[2]):
                self._clients[found[1]] = _Client(keepalive_s * ALLOWED_KEEPALIVES - TOLD_WITHIN_S, self._now_s())
        elif found := _LEFT.match(line):
            self._clients.pop(found[1], None)

    def begin_anew(self) -> None:
        """The log was less talkative for a while: what was said meanwhile is not known."""
        now_s = self._now_s()
        for client in self._clients.values():
            client.last_s = now_s

    def take_silent(self) -> list[str]:
        """Those who have used up what they are allowed; each is told once."""
        now_s = self._now_s()
        silent = [n for n, c in self._clients.items() if not c.silent and now_s - c.last_s >= c.allowed_s]
        for name in silent:
            self._clients[name].silent = True
        return [name.decode(errors="replace") for name in silent]

    def take_heard(self) -> list[str]:
        """Those who were silent and said something after all."""
        heard, self._heard = self._heard, []
        return heard


def silence_lines(listener: Listener) -> list[bytes]:
    """As they stand in the log, beside the broker's own; ``iot/broker/watch.py`` reads them."""
    return [
        *(f"Client {name} is heard again.".encode() for name in listener.take_heard()),
        *(f"Client {name} is silent.".encode() for name in listener.take_silent()),
    ]
