"""Errors of the device side.

IotError
├── InvalidKind         a declaration contradicts itself (a bug in a kind file)
├── CodecError          bytes that mean nothing: counted by ``reason``, never raised past the connector
├── CommandRefused      the command cannot be sent as asked
├── BrokerUnavailable   the broker will not start or answer
└── AuthorityRefused    the certificate authority is not there, or cannot do what was asked
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iot.messages import Foreign


class IotError(Exception):
    """Anything the device side refuses."""


class InvalidKind(IotError):
    """A kind's declaration contradicts itself."""


class CodecError(IotError):
    """Bytes from a device that cannot be understood. ``reason`` is a short code that is counted and shown.

    ``foreign``: they could be, were that address bound to a device.
    """

    def __init__(self, reason: str, detail: str, *, foreign: Foreign | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.foreign = reason, detail, foreign


class CommandRefused(IotError):
    """The command cannot be sent as asked; the message says why."""


class BrokerUnavailable(IotError):
    """The broker will not start or answer; the message says what to do."""


class AuthorityRefused(IotError):
    """The certificate authority is not there, or cannot do what was asked; the message says what to do."""
