"""The broker to look around with where no mosquitto is: amqtt in a process of its own, under the same rights.

What it does not promise stands in ``EMBEDDED_LIMITS``, and every page says so.
"""

from __future__ import annotations

import sys

import msgspec

from iot.broker.mosquitto import BrokerProcess, write_private
from iot.kind import text

EMBEDDED_LIMITS = (
    text(
        "消息服务器重启后不记得任何消息：在途的、为离线设备保留的都会丢失",
        "A restart of the broker forgets everything: what is under way, and what waits for devices that are away",
    ),
)
"""Measured: ``tests/iot/broker/test_embedded.py``."""


class EmbeddedConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told in its file."""

    host: str
    port: int
    passwords: str
    acl: str
    socket: str | None = None
    certificate: str | None = None
    key: str | None = None
    authority: str | None = None
    """Whose certificates clients must show."""


class EmbeddedBroker(BrokerProcess):
    """What ``MosquittoBroker`` is, but for what ``EMBEDDED_LIMITS`` says."""

    name = "the embedded broker"

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "iot.broker.embedded_server", str(self._files.directory / "embedded.json")]

    def _configure(self) -> None:
        tls, socket = self._settings.tls, self.socket_path
        told = EmbeddedConfiguration(
            host=self._settings.host,
            port=self._port,
            passwords=str(self._files.passwords),
            acl=str(self._files.acl),
            socket=str(socket) if socket else None,
            certificate=str(tls.certificate) if tls else None,
            key=str(tls.key) if tls else None,
            authority=str(tls.authority) if tls and tls.authority else None,
        )
        write_private(self._files.directory / "embedded.json", [msgspec.json.encode(told).decode()])
