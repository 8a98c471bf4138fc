"""Runs one web process: ``halltwin up --roles web``. Any number of them, on any machine; each may end at any time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from iot.broker.authority import Authority
from iot.broker.credentials import WEB, is_web
from iot.catalogue import load_kinds
from iot.connectors.settings import settings_from_url
from twin.store.database import Database
from ui.api.live_app import create_live_app
from ui.interpreter import tune_interpreter
from ui.launcher.broker import AUTHORITY
from ui.launcher.datadir import VAULT_KEY
from ui.launcher.listening import listen, url_of
from ui.log_shipping import begin_shipping
from ui.logs import begin_logs
from ui.problems import NeedsAttention
from ui.server import WEB as PAGES
from ui.server import make_server
from ui.settings import Settings
from ui.web_process import WebProcess, WebSettings

PICTURE_WITHIN_S = 20.0


def run_web(settings: Settings, *, on_ready: Callable[[dict[str, Any]], None]) -> None:
    """Until a signal. ``NeedsAttention`` says what of hall, broker or database is not as it must be."""
    if settings.database is None or settings.broker is None or settings.broker_password_file is None:
        raise NeedsAttention(
            what="a web process has no database and no broker of its own",
            where="[database] url, [broker] url, [broker] password_file",
            todo="Name those of the hall in the configuration.",
        )
    if not is_web(settings.broker_user):
        raise NeedsAttention(
            what=f"broker.user {settings.broker_user!r} is no web process",
            where="[broker] user",
            todo=f"Let one in, each process its own, where the hall runs: halltwin enrol {WEB}-1 --rotate",
        )
    key = settings.data / VAULT_KEY
    if not key.exists():
        raise NeedsAttention(
            what="the key of the hall's personal data is missing: without it nobody who is logged in is known",
            where=str(key),
            todo=f"Copy {VAULT_KEY} from the hall's data directory.",
        )
    trusted = Authority(settings.data / AUTHORITY).certificate
    site = _find_site(settings.database)
    secret = settings.broker_password_file.read_text(encoding="utf-8").strip()
    reach = settings_from_url(
        settings.broker, site=site, password=secret, ca_file=trusted if trusted.exists() else None
    )
    broker = replace(reach, user=settings.broker_user, certificate=settings.broker_certificate, key=settings.broker_key)
    own = WebSettings(
        database=settings.database,
        vault_key=key,
        secure_cookies=settings.tls_certificate is not None,
        session_idle_s=settings.session_idle_s,
        session_max_s=settings.session_max_s,
        second_factor=settings.second_factor,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # uvicorn raises what ended it once more when it is done
    begin_logs()
    shipper = begin_shipping(settings.log_syslog, settings.log_authority) if settings.log_syslog else None
    web = WebProcess(own, broker, kinds=load_kinds(settings.kinds))
    web.start()
    try:
        _await_picture(web)
        with listen(settings.host, settings.port) as listening:
            url = url_of(listening, secure=settings.tls_certificate is not None)
            app = create_live_app(web, pages=PAGES if PAGES.exists() else None, refusals=web.refusals)
            certificate, tls_key = (
                str(path) if path else None for path in (settings.tls_certificate, settings.tls_key)
            )
            server = make_server(app, certificate=certificate, key=tls_key, proxies=settings.proxies)
            tune_interpreter()
            on_ready({"url": url, "api": f"{url}/api/v1", "pids": {"web": os.getpid()}})
            server.run(sockets=[listening])
    finally:
        web.stop()
        if shipper is not None:
            shipper.stop()


def _end(*_: object) -> None:
    raise SystemExit(0)


def _find_site(url: str) -> str:
    database = Database(url)
    try:
        with database.transaction() as conn:
            rows = conn.execute("select site from twin.building_version where current").fetchall()
    finally:
        database.close()
    if len(rows) != 1:
        raise NeedsAttention(
            what=f"it holds {len(rows)} halls, not one",
            where=url.rpartition("@")[2],
            todo="Start the hall itself first.",
        )
    return str(rows[0][0])


def _await_picture(web: WebProcess) -> None:
    if web.follower.await_picture(PICTURE_WITHIN_S):
        return
    state, error = web.follower.link
    raise NeedsAttention(
        what=f"the hall's live feed did not come ({error or state})",
        where="[broker] url",
        todo="Look whether the hall runs with [live] broker = true on this very broker, and whether user and password "
        "of this web process are right.",
    )
