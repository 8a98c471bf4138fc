"""The server process: ``python -m ui.server --run FILE --fd N`` answers HTTP on a socket its launcher opened."""

from __future__ import annotations

import argparse
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from iot.tls import harden
from ui.api.app import create_app
from ui.auditing import AUDIT_HOME
from ui.bootstrap import Hall, build_hall
from ui.interpreter import tune_interpreter
from ui.log_shipping import AuditShipping, begin_shipping
from ui.logs import begin_logs
from ui.run_settings import RunSettings, read_run_settings
from ui.strict_http import StrictProtocol
from ui.ticker import Ticker

WEB = Path(__file__).parent / "web" / "dist"
GRACEFUL_S = 2
SHIP_EVERY_S = 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="ui.server")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--proxies", default="")
    args = parser.parse_args()
    begin_logs()
    settings = read_run_settings(args.run)
    hall = build_hall(settings)
    # A device was enrolled. A thread of its own: the handler runs amid the event loop.
    signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=hall.reload_devices, name="reload").start())
    app = create_app(hall, pages=WEB if WEB.exists() else None)
    server = make_server(app, certificate=args.certificate, key=args.key, proxies=args.proxies)
    tune_interpreter()
    with socket.socket(fileno=args.fd) as listening, _shipping(settings, hall):
        server.run(sockets=[listening])
    return 0


@contextmanager
def _shipping(settings: RunSettings, hall: Hall) -> Iterator[None]:
    """Lines of the log and of the audit go to a machine of their own, where the house names one."""
    if settings.log_syslog is None:
        yield
        return
    shipper = begin_shipping(settings.log_syslog, Path(settings.log_authority) if settings.log_authority else None)
    home = Path(settings.vault_key).parent / AUDIT_HOME
    audit = AuditShipping(shipper, database=hall.database, home=home, head=lambda: hall.auditing.sealer.head)
    ticker = Ticker({"ship": audit.step}, every_s=SHIP_EVERY_S)
    ticker.start()
    try:
        yield
    finally:
        ticker.stop()
        shipper.stop()


def _speak_tls(_config: uvicorn.Config, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    return harden(make())


def make_server(
    app: Any, *, certificate: str | None = None, key: str | None = None, proxies: str = ""
) -> uvicorn.Server:
    """Uvicorn as a hall runs it. What X-Forwarded-For and -Proto say is believed of ``proxies`` alone, by default of
    nobody: uvicorn's own default would believe any program, and any page, on this machine.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,  # ui/logs.py
        timeout_graceful_shutdown=GRACEFUL_S,
        ws="websockets-sansio",
        ws_max_size=65_536,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_context_factory=_speak_tls if certificate else None,
        server_header=False,
        http=StrictProtocol,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )
    return uvicorn.Server(config)


if __name__ == "__main__":
    sys.exit(main())
