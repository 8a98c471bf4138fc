"""The hall at the broker's lobby: hears who knocks, as bounded values, and answers them one by one.

A connection of its own, under a user that may do nothing else: whatever guests send never stands in the devices' way.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from iot.broker.credentials import GUEST, LOBBY, LOBBY_USER
from iot.codecs.native import PREFIX
from iot.connectors.settings import MqttSettings
from iot.errors import CodecError
from iot.messages import Knock

KNOCK_BYTES_MAX = 2_048
WORD_CHARS_MAX = 100
KNOCK_EVERY_S = 1.0
"""A guest that knocks more often is not heard, and counted."""
GUESTS_MAX = 1_000
_RETRY_S = 5

_log = logging.getLogger(__name__)


class _Knock(msgspec.Struct, frozen=True):
    kind: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    taken: bool = False


_decode = msgspec.json.Decoder(_Knock).decode


def parse_knock(topic: str, payload: bytes | bytearray, *, site: str) -> Knock:
    """``ht/v1/{site}/lobby/{user}/knock``: what a guest says of itself, or ``CodecError``."""
    user = topic.removeprefix(f"{PREFIX}/{site}/{LOBBY}/").removesuffix("/knock")
    if not user.startswith(GUEST) or "/" in user:
        raise CodecError("topic", f"nobody knocks on {topic[:120]!r}")
    if len(payload) > KNOCK_BYTES_MAX:
        raise CodecError("oversized", f"{len(payload)} bytes; {KNOCK_BYTES_MAX} are allowed")
    try:
        said = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CodecError("json", str(error)) from None
    words = (said.kind, said.model, said.firmware, said.serial)
    if any(len(word) > WORD_CHARS_MAX or not word.isprintable() for word in words):
        raise CodecError("text", f"a word is longer than {WORD_CHARS_MAX} characters or cannot be shown")
    return Knock(
        user=user, kind=said.kind, model=said.model, firmware=said.firmware, serial=said.serial, taken=said.taken
    )


class LobbyDesk:
    """``start``, then ``on_knock`` is called in the desk's own thread; ``answer`` from any thread."""

    def __init__(
        self, settings: MqttSettings, *, on_knock: Callable[[Knock], None],
        reject: Callable[[str, str], None], now_s: Callable[[], float] = time.monotonic, client_id: str = LOBBY_USER,
        pace_s: float = 0.0,
    ) -> None:  # fmt: skip
        """``pace_s``: so long it rests after each knock, and the broker waits: strangers cost no more than that."""
        self._pace_s, self._stopping = pace_s, threading.Event()
        self._settings, self._on_knock, self._reject, self._now_s = settings, on_knock, reject, now_s
        self._heard: OrderedDict[str, float] = OrderedDict()
        self._ready = threading.Event()
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv311,
            transport="unix" if settings.socket_path else "tcp",
        )  # fmt: skip
        self._client.username_pw_set(LOBBY_USER, settings.password)
        if settings.tls:
            self._client.tls_set(ca_certs=str(settings.ca_file) if settings.ca_file else None)
        self._client.reconnect_delay_set(1, _RETRY_S)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Begin to connect, and keep at it."""
        settings = self._settings
        self._client.connect_async(str(settings.socket_path or settings.host), settings.port, keepalive=30)
        self._client.loop_start()

    def stop(self) -> None:
        self._stopping.set()
        self._client.disconnect()
        self._client.loop_stop()

    def await_ready(self, timeout_s: float) -> bool:
        return self._ready.wait(timeout_s)

    def answer(self, user: str, document: dict[str, Any]) -> None:
        """To this guest alone, and not kept: who is away asks again."""
        topic = f"{PREFIX}/{self._settings.site}/{LOBBY}/{user}/answer"
        self._client.publish(topic, msgspec.json.encode(document), qos=1)

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            client.subscribe(f"{PREFIX}/{self._settings.site}/{LOBBY}/+/knock", qos=1)

    def _on_message(self, _client: paho.Client, _data: Any, arrived: paho.MQTTMessage) -> None:
        self._take(arrived)
        if self._pace_s:
            self._stopping.wait(self._pace_s)

    def _take(self, arrived: paho.MQTTMessage) -> None:
        try:
            knock = parse_knock(arrived.topic, arrived.payload, site=self._settings.site)
        except CodecError as error:
            self._reject(error.reason, error.detail)
            return
        now_s = self._now_s()
        if now_s - self._heard.get(knock.user, -KNOCK_EVERY_S) < KNOCK_EVERY_S and not knock.taken:
            self._reject("too_often", knock.user)
            return
        self._heard[knock.user] = now_s
        self._heard.move_to_end(knock.user)
        if len(self._heard) > GUESTS_MAX:
            self._heard.popitem(last=False)
        try:
            self._on_knock(knock)
        except Exception:  # noqa: BLE001 - a bug above must not end the lobby
            _log.exception("knock_failed")
