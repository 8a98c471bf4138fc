"""Who is let in and what they may, by the very files that mosquitto reads: asked for every message, so remembered."""

from __future__ import annotations

from pathlib import Path

from iot.broker.credentials import verify_password
from iot.broker.rights import Rights

ANSWERS_KEPT_MAX = 100_000


class Access:
    """``reload`` whenever the files may have changed."""

    def __init__(self, passwords: Path, acl: Path) -> None:
        self._passwords, self._acl = passwords, acl
        self._answers: dict[tuple[str, str, str], bool] = {}
        self.reload()

    def reload(self) -> None:
        lines = self._passwords.read_text(encoding="utf-8").splitlines()
        self.users = {user: hashed for user, _, hashed in (line.partition(":") for line in lines)}
        self._rights = Rights(self._acl.read_text(encoding="utf-8").splitlines())
        self._answers.clear()

    def knows(self, user: str | None, password: str | None) -> bool:
        hashed = self.users.get(user or "")
        return hashed is not None and password is not None and verify_password(password, hashed)

    def may_write(self, user: str, topic: str) -> bool:
        return self._ask("write", user, topic)

    def may_read(self, user: str, topic: str) -> bool:
        return self._ask("read", user, topic)

    def _ask(self, way: str, user: str, topic: str) -> bool:
        question = way, user, topic
        answer = self._answers.get(question)
        if answer is None:
            if len(self._answers) >= ANSWERS_KEPT_MAX:
                self._answers.clear()
            ask = self._rights.may_write if way == "write" else self._rights.may_read
            answer = self._answers[question] = ask(user, topic)
        return answer
