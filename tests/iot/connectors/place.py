"""Where a connector connects to when no broker is there but something a test made up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

Serve = Callable[[socket.socket], None]


class Place:
    """A port of loopback where something serves, one after the other, whoever connects."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            self.visits += 1
            with line, contextlib.suppress(OSError):
                line.settimeout(5)
                self._serve(line)
