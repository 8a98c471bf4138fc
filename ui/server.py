"""The server process: ``python -m ui.server --run FILE --fd N`` answers HTTP on a socket its launcher opened."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn

from ui.api.app import create_app
from ui.bootstrap import build_hall
from ui.interpreter import tune_interpreter
from ui.run_settings import read_run_settings

WEB = Path(__file__).parent / "web" / "dist"
GRACEFUL_S = 2


def main() -> int:
    parser = argparse.ArgumentParser(prog="ui.server")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    args = parser.parse_args()
    hall = build_hall(read_run_settings(args.run))
    # A device was enrolled. A thread of its own: the handler runs amid the event loop.
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=hall.reload_devices, name="reload").start())
    app = create_app(hall, pages=WEB if WEB.exists() else None)
    server = make_server(app, certificate=args.certificate, key=args.key)
    tune_interpreter()
    with socket.socket(fileno=args.fd) as listening:
        server.run(sockets=[listening])
    return 0


def make_server(app: Any, *, certificate: str | None = None, key: str | None = None) -> uvicorn.Server:
    """Uvicorn as a hall runs it."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACEFUL_S,
        ws="websockets-sansio",
        ws_max_size=65_536,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        server_header=False,
    )
    return uvicorn.Server(config)


if __name__ == "__main__":
    sys.exit(main())
