"""What mosquitto says: everything is read, what matters is kept in a bounded file, and how much it was is known.

At its most talkative mosquitto writes four lines a message and nothing but that names who was refused. Reading them all
costs; so whoever starts it asks it to be quieter while there is too much to read.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from pathlib import Path

KEPT_BYTES_MAX = 4_000_000
"""Then the file is put aside as ``.1``, in place of the one before."""
READ_BYTES = 1 << 20
LINE_BYTES_MAX = 4_096
_RELOADED = b"Reloading config."
_F_SETPIPE_SZ = 1031
# What goes right is not kept; what is not known to go right is.
_USUAL = re.compile(
    rb"(?:(?:Received|Sending) (?:PUB|PING|SUB|UNSUB|DISCONNECT)|Sending CONNACK to \S+ \(\d+, 0\)|No will message"
    rb"|Received SUB|Note: |\t.* \(QoS [012]\)$)"
)


class BrokerLog:
    """One process's standard error, drained by one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # room for what is said between two looks
            fcntl.fcntl(self._reading, _F_SETPIPE_SZ, READ_BYTES)
        self._rest = b""
        self.lines = self.reloads = 0

    def drain(self) -> None:
        """Take what is there, without waiting."""
        while True:
            try:
                chunk = os.read(self._reading, READ_BYTES)
            except BlockingIOError:
                return
            if not chunk:
                return
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            self._rest = self._rest[-LINE_BYTES_MAX:]
            self.lines += len(lines)
            self.reloads += lines.count(_RELOADED)
            self._keep([line for line in lines if line and not _USUAL.match(line)])

    def close(self) -> None:
        os.close(self._reading)

    def _keep(self, lines: list[bytes]) -> None:
        if not lines:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z: ").encode()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(b"".join(stamp + line[:LINE_BYTES_MAX] + b"\n" for line in lines))
            full = file.tell() > KEPT_BYTES_MAX
        if full:
            self._path.replace(self._path.with_suffix(".log.1"))
