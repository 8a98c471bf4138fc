"""The brokers a hall is tried on: the one it starts itself, and one of others that it finds in place."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any, Protocol

from iot.broker.credentials import hash_password, new_salt
from tests.interop.program import Program
from tests.interop.tools import Tools, eventually

HALL = "hall"


class Broker(Protocol):
    """``mqtt``: the newest version it speaks."""

    name: str
    mqtt: str
    needs: tuple[str, ...]

    def start(self, folder: Path, tools: Tools) -> dict[str, Any]:
        """The hall's [broker] section for it."""
        ...

    def admit(self, said: str) -> None:
        """What ``halltwin enrol`` said beside the credential, for whoever keeps the broker's users."""
        ...

    def stop(self) -> None: ...


class Mosquitto:
    """Configured, started and supervised by the hall."""

    name = "mosquitto"
    mqtt = "5"
    needs = ()

    def start(self, folder: Path, tools: Tools) -> dict[str, Any]:
        del folder, tools
        return {}

    def admit(self, said: str) -> None:
        """It reads the hall's own password file."""

    def stop(self) -> None:
        """It goes with the hall."""


class Aedes:
    """Somebody else's, from npm: its users are its owner's affair, and it knows MQTT 3.1.1 only."""

    name = "aedes"
    mqtt = "3.1.1"
    needs = ("npm:aedes",)

    def __init__(self) -> None:
        self._program: Program | None = None
        self._users: Path | None = None

    def start(self, folder: Path, tools: Tools) -> dict[str, Any]:
        folder.mkdir(parents=True, exist_ok=True)
        self._users, secret = folder / "users", folder / "hall.password"
        password = secrets.token_urlsafe()
        secret.write_text(password, encoding="utf-8")
        self._users.write_text(f"{HALL}:{hash_password(password, new_salt(secrets.token_bytes))}\n", encoding="utf-8")
        program = tools.start_script("broker_aedes.js", str(self._users), log=folder / "aedes")
        self._program = program
        told = eventually(lambda: program.find_said(lambda d: "port" in d), what="aedes listening", of=program)
        return {"url": f"mqtt://127.0.0.1:{told['port']}", "password_file": str(secret)}

    def admit(self, said: str) -> None:
        assert self._users is not None
        line = said.strip().rpartition(" ")[2]
        with self._users.open("a", encoding="utf-8") as users:
            users.write(f"{line}\n")

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()


BROKERS: tuple[type[Mosquitto | Aedes], ...] = (Mosquitto, Aedes)
