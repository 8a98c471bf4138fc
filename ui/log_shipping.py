"""Log lines and audit lines on their way to a machine of their own, where whoever breaks in here cannot take them back.

To the syslog of this machine by its socket (which ships them on), or straight to a collector over TLS (RFC 5424 in
frames of RFC 5425). What cannot be sent yet waits, bounded; what is beyond is counted and told.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from iot.tls import harden
from twin.store import audit_rows
from twin.store.audit_tree import Head
from twin.store.database import Database
from ui.logs import JsonLines, time_of

WAITING_MAX = 20_000
CONNECT_S, RETRY_S = 5.0, 5.0
TLS_PORT = 6514
SHIPPED = "shipped"
"""Beside the heads of the audit: the place of the first line that was not handed over yet."""
_LOCAL0, _SEVERITY = 16, {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}

_log = logging.getLogger(__name__)


class Shipper:
    """``send`` never waits; one thread of its own connects, sends and tries again."""

    def __init__(self, destination: str, *, authority: Path | None, host: str, retry_s: float = RETRY_S) -> None:
        self._destination, self._authority, self._host, self._retry_s = destination, authority, host, retry_s
        self._waiting: deque[bytes] = deque()
        self._wake, self._stopping = threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name="log-shipping", daemon=True)
        self._line: socket.socket | None = None
        self.dropped = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, within_s: float = CONNECT_S) -> None:
        """What waits goes first, if it goes at all."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(within_s)
        if self._line is not None:
            self._line.close()

    def send(self, level: str, created_s: float, text: str) -> None:
        priority = _LOCAL0 * 8 + _SEVERITY.get(level, 5)
        head = f"<{priority}>1 {time_of(created_s)} {self._host} halltwin {os.getpid()} - - "
        with self._wake:
            if len(self._waiting) >= WAITING_MAX:
                self.dropped += 1
                return
            self._waiting.append((head + text).encode())
            self._wake.notify()

    def _run(self) -> None:
        told = 0
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if not self._waiting:
                    return
                message = self._waiting[0]
            try:
                self._send(message)
            except OSError as error:
                if self._stopping:
                    return
                self._line = None
                if told != self.dropped or told == 0:
                    told = max(self.dropped, 1)
                    _log.warning("logs_not_shipped error=%s dropped=%d", error, self.dropped)
                with self._wake:
                    self._wake.wait_for(lambda: self._stopping, self._retry_s)
            else:
                with self._wake:
                    self._waiting.popleft()

    def _send(self, message: bytes) -> None:
        if self._line is None:
            self._line = self._connect()
        try:
            if self._destination.startswith("/"):
                self._line.send(message)
            else:
                self._line.sendall(b"%d %b" % (len(message), message))
        except OSError:
            self._line.close()
            raise

    def _connect(self) -> socket.socket:
        if self._destination.startswith("/"):
            line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                line.connect(self._destination)
            except OSError:
                line.close()
                raise
            return line
        parts = urlsplit(self._destination)
        context = harden(ssl.create_default_context(cafile=self._authority))
        plain = socket.create_connection((parts.hostname or "", parts.port or TLS_PORT), timeout=CONNECT_S)
        try:
            return context.wrap_socket(plain, server_hostname=parts.hostname)
        except BaseException:
            plain.close()
            raise


class ShippingHandler(logging.Handler):
    """Whatever is logged here is shipped too, but for what the shipping itself has to say."""

    def __init__(self, shipper: Shipper) -> None:
        super().__init__()
        self._shipper = shipper
        self.setFormatter(JsonLines())

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != __name__:
            self._shipper.send(record.levelname.lower(), record.created, self.format(record))


class AuditShipping:
    """Each sealed audit line once, over restarts too (after a crash some may go twice): ``step`` now and then."""

    def __init__(
        self, shipper: Shipper, *, database: Database, home: Path, head: Callable[[], Head | None]
    ) -> None:  # fmt: skip
        self._shipper, self._database, self._head = shipper, database, head
        self._kept = home / SHIPPED

    def step(self) -> None:
        head, begin = self._head(), self._read()
        if head is None or head.size <= begin:
            return
        with self._database.transaction() as conn:
            first = audit_rows.find_first(conn)
        for page in audit_rows.pages(self._database, max(begin, first), head.size):
            for one in page:
                told = {
                    "audit": one.place, "leaf": one.hash.hex(), "at_ms": one.at_ms, "actor": one.actor,
                    "action": one.action, "target": one.target, "before": one.before, "after": one.after,
                    "why": one.why,
                }  # fmt: skip
                self._shipper.send("info", (one.at_ms or 0) / 1000, json.dumps(told))
            self._keep(page[-1].place + 1)
        signed = {
            "audit_head": head.size, "at_ms": head.at_ms, "origin": head.origin, "root": head.root.hex(),
            "signature": head.signature.hex(),
        }  # fmt: skip
        self._shipper.send("info", head.at_ms / 1000, json.dumps(signed))
        self._keep(head.size)

    def _read(self) -> int:
        with suppress(OSError, ValueError):
            return int(self._kept.read_text(encoding="ascii"))
        return 0

    def _keep(self, place: int) -> None:
        new = self._kept.with_suffix(".new")
        new.write_text(str(place), encoding="ascii")
        new.replace(self._kept)


def begin_shipping(destination: str, authority: Path | None) -> Shipper:
    """Whatever this process logs from now on goes there too."""
    shipper = Shipper(destination, authority=authority, host=socket.gethostname() or "-")
    shipper.start()
    logging.getLogger().addHandler(ShippingHandler(shipper))
    return shipper
