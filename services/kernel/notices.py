"""The notices port: a module says whom to tell what; the words and the channel are somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from services.kernel.outbox import Outbox
from services.kernel.ports import Connection

Channel = Literal["sms", "push", "screen", "voice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """``to`` is a sealed address or a device's id, never a phone number in clear."""

    channel: Channel
    to: str
    template: str
    lang: str = "zh"
    arguments: Mapping[str, str] = field(default_factory=dict)


class Notices(Protocol):
    def send(self, conn: Connection, notice: Notice) -> None:
        """Within the caller's transaction: what did not happen is not told."""
        ...


class OutboxNotices:
    """The default: a notice waits in the outbox for whoever serves its channel."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    def send(self, conn: Connection, notice: Notice) -> None:
        self._outbox.put(
            conn,
            f"notice.{notice.channel}",
            {"to": notice.to, "template": notice.template, "lang": notice.lang, "arguments": dict(notice.arguments)},
        )
