"""Those who write what tries to run: everybody, logged in, with names that are found again."""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Self, TypeVar

import httpx2

from tests.e2e.driver import RunningHall

FIRST_LETTER = ord("一")
T = TypeVar("T")


class Writers:
    """Everybody who writes, logged in; ``named`` begins the login names of those they add in a round."""

    def __init__(self, hall: RunningHall) -> None:
        self.hall, self._open = hall, ExitStack()
        self._clients: dict[str, httpx2.Client] = {}
        self._numbers = itertools.count()
        self.random = random.SystemRandom()
        self.named = self.site = ""

    def __enter__(self) -> Self:
        visitor = httpx2.Client(base_url=f"{self.hall.url}/api/v1", headers={"origin": self.hall.url}, timeout=20)
        self._clients[""] = self._open.enter_context(visitor)
        self.site = self.ask("", "GET /building")["site"]
        policy = self.ask("security_admin", "GET /accounts/registrations/policy")
        self.at_end(lambda: self.ask("security_admin", "PUT /accounts/registrations/policy", policy))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def until_end(self, what: AbstractContextManager[T]) -> T:
        """Open for as long as there are writers."""
        return self._open.enter_context(what)

    def at_end(self, act: Callable[[], object]) -> None:
        self._open.callback(act)

    def begin_round(self) -> None:
        """Lists show some tens: those of one round are found by a name of their own."""
        self.named = f"xss{secrets.token_hex(3)}"

    def ask(self, who: str, operation: str, body: Any = None) -> Any:
        method, _, path = operation.partition(" ")
        answer = self.client(who).request(method, path, json=body)
        assert not answer.is_error, (operation, answer.text)
        return answer.json() if answer.content else {}

    def client(self, who: str) -> httpx2.Client:
        if who not in self._clients:
            self._clients[who] = self._open.enter_context(self.hall.client(who))
        return self._clients[who]

    def apart(self, vector: str) -> str:
        """The same with a letter that no other has: no two units, posts or roles of one name."""
        return vector + chr(FIRST_LETTER + next(self._numbers))

    def new_key(self) -> str:
        return f"{self.named}n{next(self._numbers)}"


def text_of(vector: str) -> dict[str, str]:
    return {"zh": vector, "en": vector}
