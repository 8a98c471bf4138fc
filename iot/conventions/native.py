"""The native convention (``ht/v1/...``) as one of those the connector speaks."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from iot.codecs.native import PREFIX, encode_command, parse, parse_topic
from iot.conventions.convention import Publication
from iot.errors import CodecError
from iot.messages import CommandRequest, Message
from iot.ports import Binding

FROM_DEVICES = ("desc", "state", "tele", "evt/#", "ack/#")
COMMANDS = "cmd/+"
"""Heard too, whoever sends them: the twin compares them with what it sent."""


class NativeConvention:
    """``iot.conventions.convention.Convention``; it keeps nothing and says nothing by itself."""

    name = "native"

    def __init__(self, site: str) -> None:
        self._site = site
        self._prefix = f"{PREFIX}/{site}/"

    def filters(self) -> tuple[str, ...]:
        return tuple(f"{self._prefix}+/{topic}" for topic in (*FROM_DEVICES, COMMANDS))

    def claims(self, topic: str) -> bool:
        return topic.startswith(self._prefix)

    def speaker(self, topic: str) -> str | None:
        with contextlib.suppress(CodecError):
            return parse_topic(topic, self._site).device
        return None

    def parse(self, topic: str, payload: bytes | bytearray, *, received_ms: int) -> tuple[Message, ...]:
        del received_ms
        return (parse(topic, payload, site=self._site),)

    def encode(self, request: CommandRequest) -> Publication:
        topic, payload = encode_command(request, site=self._site)
        return Publication(topic=topic, payload=payload)

    def bind(self, bindings: Sequence[Binding]) -> None:
        """Native devices need no binding: their topic says who they are."""

    def will(self, now_ms: int) -> None:
        del now_ms

    def births(self, now_ms: int) -> tuple[Publication, ...]:
        del now_ms
        return ()

    def replies(self, now_ms: int) -> tuple[Publication, ...]:
        del now_ms
        return ()
