"""What mosquitto says: everything is read, what matters is kept in a bounded file, and how much it was is known.

At its most talkative mosquitto writes four lines a message and nothing but that names who was refused. Reading them all
costs; so whoever starts it asks it to be quieter while there is too much to read.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

KEPT_BYTES_MAX = 4_000_000
"""Then the file is put aside as ``.1``, in place of the one before."""
READ_BYTES = 1 << 20
LINE_BYTES_MAX = 4_096
BUSY_LINES_PER_S = 8_000
"""About 2,000 messages a second. Above, reading what is said costs more than it tells: refusals go unnamed."""
FLOOD_LINES_PER_S = 100_000
BUSY_FOR_S = 3
QUIET_FIRST_S, QUIET_MAX_S = 5.0, 60.0
_RELOADED = b"Reloading config."
_F_SETPIPE_SZ = 1031
# What goes right is not kept; what is not known to go right is.
_USUAL = re.compile(
    rb"(?:(?:Received|Sending) (?:PUB|PING|SUB|UNSUB|DISCONNECT)|Sending CONNACK to \S+ \(\d+, 0\)|No will message"
    rb"|Received SUB|Note: |\t.* \(QoS [012]\)$)"
)


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]")
"""What would steer the terminal of whoever reads it. Tabs begin the lines that belong to the one before."""


class BrokerLog:
    """One process's standard error, drained by one thread. ``listener`` is given every line, kept or not."""

    def __init__(self, path: Path, *, listener: Callable[[bytes], None] = lambda _line: None) -> None:
        self._path, self._listener = path, listener
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
            for line in lines:
                self._listener(line)
            self.keep([line for line in lines if line and not _USUAL.match(line)])

    def close(self) -> None:
        os.close(self._reading)

    def keep(self, lines: list[bytes]) -> None:
        """Write these down, now."""
        if not lines:
            return
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z: ").encode()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(b"".join(stamp + _CONTROL.sub(b"?", line[:LINE_BYTES_MAX]) + b"\n" for line in lines))
            full = file.tell() > KEPT_BYTES_MAX
        if full:
            self._path.replace(self._path.with_suffix(".log.1"))


class Attention:
    """Whether the broker shall tell everything, by how much it says: ``judge`` once a second.

    A second of much is a start or a burst. What lasts, or is far too much at once, makes it quiet for a while that
    doubles each time, so that a hall which is always busy is asked once a minute.
    """

    def __init__(self) -> None:
        self.talkative = True
        self._busy_s = 0
        self._pause_s = QUIET_FIRST_S
        self._until_s = 0.0

    def judge(self, lines_per_s: float, now_s: float) -> bool:
        if not self.talkative:
            self.talkative = now_s >= self._until_s
            return self.talkative
        self._busy_s = self._busy_s + 1 if lines_per_s > BUSY_LINES_PER_S else 0
        if self._busy_s >= BUSY_FOR_S or lines_per_s > FLOOD_LINES_PER_S:
            self.talkative, self._busy_s = False, 0
            self._until_s = now_s + self._pause_s
            self._pause_s = min(QUIET_MAX_S, self._pause_s * 2)
        elif now_s - self._until_s > QUIET_MAX_S:
            self._pause_s = QUIET_FIRST_S
        return self.talkative
