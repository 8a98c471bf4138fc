"""TLS in bulk: all that has arrived is read at one stroke, however many records it came in.

A broker puts every message into a record of its own, and Python's ``SSLSocket`` reads one record a call, with two calls
of the system for each.
"""

from __future__ import annotations

import socket
import ssl

_RECORD_BYTES = 16_384


class TlsLink:
    """As much of a socket as paho and this package use; made of a connected one, within its time-out."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, name: str | None) -> None:
        self._sock = sock
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._unsent = b""
        self._shake_hands()

    @property
    def has_unsent(self) -> bool:
        """Whether something is encrypted that the system has not taken yet."""
        return bool(self._unsent) or self._outgoing.pending > 0

    def recv(self, size: int) -> bytes:
        """All that has come, of ``size`` encrypted bytes; nothing is the end. ``BlockingIOError`` where all of it was
        TLS's own.
        """
        encrypted = self._sock.recv(size)
        self._incoming.write(encrypted)
        parts: list[bytes] = []
        try:
            while part := self._tls.read(_RECORD_BYTES):
                parts.append(part)
        except ssl.SSLWantReadError:
            self.flush()  # TLS may have had to answer something
            if encrypted and not parts:
                raise BlockingIOError from None
        return b"".join(parts)

    def send(self, data: bytes) -> int:
        """All of it is taken, or ``BlockingIOError``."""
        if not self.flush():
            raise BlockingIOError
        taken = self._tls.write(data)
        self.flush()
        return taken

    def flush(self) -> bool:
        """Whether nothing is left."""
        self._unsent += self._outgoing.read()
        try:
            while self._unsent:
                self._unsent = self._unsent[self._sock.send(self._unsent) :]
        except BlockingIOError:
            return False
        return True

    def shutdown(self, how: int) -> None:
        try:
            self._tls.unwrap()
        except ssl.SSLError:  # the other side has not said goodbye yet; ours is written
            self.flush()
        self._sock.shutdown(how)

    def close(self) -> None:
        self._sock.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    def settimeout(self, timeout_s: float | None) -> None:
        self._sock.settimeout(timeout_s)

    def setblocking(self, blocking: bool) -> None:
        self._sock.setblocking(blocking)

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.flush()
                if not (answer := self._sock.recv(_RECORD_BYTES)):
                    raise ConnectionResetError("the other side closed it") from None
                self._incoming.write(answer)
            except ssl.SSLError:
                self.flush()  # so that the other side learns why
                raise
            else:
                self.flush()
                return
