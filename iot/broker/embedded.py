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
        "消息服务器一重启，在途消息、为离线设备保留的消息和命令、各设备最后的状态全部丢失",
        "When the broker restarts it has forgotten what was under way, what waited for devices that are away, and the "
        "last state of each device",
    ),
    text(
        "只懂 MQTT 3.1.1：没有 MQTT 5，没有共享订阅；QoS 2 在断线后不保证恰好一次",
        "MQTT 3.1.1 only: no MQTT 5, no shared subscriptions; QoS 2 is not exactly once over a lost connection",
    ),
    text(
        "只供少量数据：消息多时比 mosquitto 慢数倍，为一台设备最多保留 50000 条，更早的丢弃并计数",
        "For little traffic: with many messages it is several times slower than mosquitto; it keeps 50,000 for one "
        "device, older ones are dropped and counted",
    ),
    text(
        "正式使用请安装 mosquitto（sudo apt-get install -y mosquitto），然后重新启动",
        "For real use install mosquitto (sudo apt-get install -y mosquitto) and start again",
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
