"""The open lobby: a small broker of its own, where a device that knows nothing but an address may knock and wait.

Whoever comes has no name and no password; it may do two things, say who it is and hear its own answer. Its own is what
stands under its client id, which it makes up itself, too long to guess: nobody who does not know it hears the answer.
A process apart, because strangers before any password are the ones to fear: whatever they find in a broker, a flood, a
leak, a crash, they find it here, at the lowest priority, with a cap on memory and connections, and no device notices.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from iot.broker.configuration import BrokerSettings, TlsFiles, lobby_lines
from iot.broker.credentials import GUEST, LOBBY, LOBBY_USER, password_lines
from iot.broker.mosquitto import BrokerProcess, find_mosquitto, write_private
from iot.codecs.native import PREFIX

STRANGER = re.compile(rf"{GUEST}[a-z0-9]{{20,58}}")
"""What a device calls itself: 100 random bits and more. Codes that people hand out are shorter."""
KNOCKS_PER_S = 20.0
"""What the hall hears of all strangers together; the broker lets go what is more, and they knock again."""
ADDRESSES_READ_BYTES = 1 << 20
_CONNECTED = re.compile(rf"New client connected from (\S+):\d+ as ({GUEST}\S+) \(p")
_LOWEST_PRIORITY = "19"


def is_stranger(user: str) -> bool:
    """Whether this is a name from the open lobby."""
    return STRANGER.fullmatch(user) is not None


def lobby_acl_lines(site: str) -> list[str]:
    """All that anybody may there."""
    prefix = f"{PREFIX}/{site}/{LOBBY}"
    return [
        f"user {LOBBY_USER}",
        f"topic read {prefix}/+/knock",
        f"topic write {prefix}/+/answer",
        f"pattern write {prefix}/%c/knock",
        f"pattern read {prefix}/%c/answer",
    ]


def read_addresses(log: Path) -> dict[str, str]:
    """From where each stranger connected last, as far back as the end of the log reaches."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - ADDRESSES_READ_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return {}
    return {user: address for address, user in _CONNECTED.findall(text)}


class LobbyBroker(BrokerProcess):
    """``admit_hall`` before ``start``: the hall's password there, as its hash."""

    name = "mosquitto (lobby)"

    def __init__(self, directory: Path, *, site: str, host: str, port: int, tls: TlsFiles | None) -> None:
        super().__init__(directory, BrokerSettings(site=site, host=host, port=port, tls=tls))

    def admit_hall(self, password_hash: str) -> None:
        self._files.directory.mkdir(parents=True, exist_ok=True)
        write_private(self._files.passwords, password_lines({LOBBY_USER: password_hash}))
        write_private(self._files.acl, lobby_acl_lines(self._settings.site))

    def _command(self) -> list[str]:
        nice = shutil.which("nice")
        humble = [nice, "-n", _LOWEST_PRIORITY] if nice else []
        return [*humble, find_mosquitto(), "-c", str(self._files.configuration)]

    def _configure(self) -> None:
        lines = lobby_lines(
            self._files, listen=self._settings, port=self._port, socket=self.socket_path, as_root=os.geteuid() == 0
        )
        write_private(self._files.configuration, lines)
