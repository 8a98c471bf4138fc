"""The open lobby beside our own broker: strangers knock there, and the hall hears them over a socket of its own."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from iot.broker.credentials import LOBBY_USER, hash_password, new_password, new_salt
from iot.broker.open_lobby import LobbyBroker
from ui.launcher.broker import OwnBroker
from ui.run_settings import BrokerAccess
from ui.settings import Settings


class OpenLobby:
    """Speaks TLS where the broker does, with the same certificate; the broker runs before it."""

    def __init__(self, settings: Settings, broker: OwnBroker, *, site: str, folder: Path) -> None:
        self._host_told = urlsplit(broker.url).hostname
        self._password, self._authority = new_password(os.urandom), broker.authority
        fixed = settings.broker_port or settings.broker_tls
        port = settings.lobby_port or ((urlsplit(broker.url).port or 0) + 1 if fixed else 0)
        self._process = LobbyBroker(folder, site=site, host=settings.broker_host, port=port, tls=broker.tls)

    def start(self) -> BrokerAccess:
        self._process.admit_hall(hash_password(self._password, new_salt(os.urandom)))
        self._process.start()
        path = self._process.socket_path
        return BrokerAccess(
            host="127.0.0.1",
            port=urlsplit(self._process.url).port or 0,
            user=LOBBY_USER,
            password=self._password,
            socket=str(path) if path else None,
            tls=self._authority is not None and path is None,
            ca_file=str(self._authority) if self._authority else None,
        )

    def stop(self) -> None:
        self._process.stop()

    def reload(self) -> None:
        """The certificate may be another one."""
        self._process.reload()

    @property
    def url(self) -> str:
        parts = urlsplit(self._process.url)
        return f"{parts.scheme}://{self._host_told}:{parts.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid
