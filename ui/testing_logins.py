"""Logging in to a running hall as its ready line says, second factors included: for tests and scripts of tests.

A one-time code works once, so whoever has a second factor shows it once, and later clients share that login.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx2

from services.accounts.passwords import new_password
from services.accounts.testing import one_time_code

POLL_S = 0.5
NEXT_CODE_WITHIN_S = 65.0
"""Two steps: the codes of this one and the next may have been shown already."""


class Logins:
    """``logins`` as the ready line has them."""

    def __init__(self, logins: Sequence[Mapping[str, Any]]) -> None:
        self._passwords = {login["user"]: str(login["password"]) for login in logins}
        self._secrets = {login["user"]: str(login["totp"]) for login in logins if login["totp"]}
        self._shown: dict[str, dict[str, str]] = {}

    def log_in(self, client: httpx2.Client, user: str) -> None:
        """The client's base address is the hall's API."""
        client.cookies.update(self._shown.get(user, {}))
        if user in self._shown and client.get("/session").json()["actor"]:
            return
        client.cookies.clear()
        asked = {"user": user, "password": self._passwords[user]}
        if user in self._secrets:
            answer = self._with_code(user, lambda code: client.post("/session", json={**asked, "totp": code}))
        else:
            answer = client.post("/session", json=asked)
        assert answer.status_code == 200, answer.text  # noqa: S101 - this module is for tests
        if answer.json()["actor"]["must_show_factor"]:
            self._enrol(client, user)
        if client.get("/session").json()["actor"]["must_change_password"]:
            self._choose(client, user)
        if user in self._secrets:
            self._shown[user] = dict(client.cookies)

    def _enrol(self, client: httpx2.Client, user: str) -> None:
        """As an administrator does at the first login."""
        made = client.post("/factors/totp").raise_for_status().json()
        self._secrets[user] = made["secret"]
        self._with_code(
            user, lambda code: client.post(f"/factors/{made['id']}/confirm", json={"code": code})
        ).raise_for_status()

    def _choose(self, client: httpx2.Client, user: str) -> None:
        """As everybody does who was given a password by somebody else."""
        given, self._passwords[user] = self._passwords[user], new_password(os.urandom)
        client.post("/accounts/password", json={"old": given, "new": self._passwords[user]}).raise_for_status()

    def _with_code(self, user: str, show: Callable[[str], httpx2.Response]) -> httpx2.Response:
        """With the first code that was not shown before, by whomever."""
        deadline = time.monotonic() + NEXT_CODE_WITHIN_S
        while True:
            for ahead in (0, 1):
                answer = show(one_time_code(self._secrets[user], now_s=time.time(), ahead=ahead))
                if answer.status_code != 401 or answer.json()["title"] != "accounts.wrong_second_factor":
                    return answer
            if time.monotonic() > deadline:
                return answer
            time.sleep(POLL_S)
