"""Is the hall alive and ready, part by part; and its figures for Prometheus."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from pydantic import BaseModel

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.http import CurrentActor, address_of, authenticate, make_router, public
from ui.api.live_host import LiveHost
from ui.bootstrap import Hall
from ui.transport import is_of_this_machine

MONITOR = "metrics.read"
_FORWARDED = ("forwarded", "x-forwarded-for")


class PartOut(BaseModel):
    ok: bool
    detail: str


class HealthOut(BaseModel):
    """``live``: the process answers; ``ready``: every part it needs does too. ``parts`` are told to programs of this
    machine and to whoever holds ``metrics.read``: a load balancer needs no more than the status, 200 or 503.
    """

    live: bool
    ready: bool
    parts: dict[str, PartOut]


class DatabaseOut(BaseModel):
    """``away_since_ms``: null while the database answers. ``readings`` and ``jobs`` (alarms, commands, events) wait on
    the disk until they are in it; ``shed`` readings of the noisiest devices found no room there since the hall started.
    """

    away_since_ms: int | None
    readings: int
    jobs: int
    shed: int


def router(hall: Hall) -> APIRouter:
    """Routes under ``/health``."""
    routes = make_router("health")

    _add_health(routes, hall)

    @routes.get("/health/database", **public())
    def database() -> DatabaseOut:
        """Whether the database is there, and what waits for it; answered from memory."""
        absence = hall.twin.absence()
        if absence is None:
            return DatabaseOut(away_since_ms=None, readings=0, jobs=0, shed=0)
        return DatabaseOut(
            away_since_ms=absence.since_ms, readings=absence.readings, jobs=absence.jobs, shed=absence.shed
        )

    return routes


def parts_router(host: LiveHost) -> APIRouter:
    """``/health`` alone, of a process that records nothing."""
    routes = make_router("health")
    _add_health(routes, host)
    return routes


def _add_health(routes: APIRouter, host: LiveHost) -> None:
    @routes.get("/health", **public())
    def health(request: Request, response: Response, actor: CurrentActor) -> HealthOut:
        parts = {name: PartOut(ok=ok, detail=detail) for name, (ok, detail) in host.health().items()}
        ready = all(part.ok for part in parts.values())
        response.status_code = 200 if ready else 503
        return HealthOut(live=True, ready=ready, parts=parts if _may_look(request, actor) else {})


def mount_metrics(app: FastAPI, hall: LiveHost) -> None:
    """``/metrics`` in the Prometheus text format: for programs of this machine, and tokens with ``metrics.read``."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_HallCollector(hall))

    def metrics(request: Request) -> Response:
        if not _may_look(request):
            authenticate(request, identity=hall.identity, cookies=hall.cookies, site=hall.site)
            require(request.state.actor, MONITOR)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    app.add_api_route("/metrics", metrics, include_in_schema=False)


def _may_look(request: Request, actor: Actor | None = None) -> bool:
    """Asked from this machine itself, not through a proxy on it; or by somebody who may."""
    of_here = is_of_this_machine(address_of(request)) and not any(name in request.headers for name in _FORWARDED)
    return of_here or (actor is not None and actor.can(MONITOR))


class _HallCollector(Collector):
    def __init__(self, hall: LiveHost) -> None:
        self._hall = hall

    def collect(self) -> Any:
        counted = self._hall.counters()
        totals = CounterMetricFamily("halltwin_messages", "What came in and what became of it", labels=["outcome"])
        for name, value in counted["totals"].items():
            totals.add_metric([name], value)
        yield totals
        up = GaugeMetricFamily("halltwin_part_up", "1 while the part works", labels=["part"])
        for name, (ok, _) in self._hall.health().items():
            up.add_metric([name], float(ok))
        yield up
        gauges = GaugeMetricFamily("halltwin_now", "How many there are now", labels=["what"])
        for name, value in self._hall.gauges().items():
            gauges.add_metric([name], value)
        yield gauges
