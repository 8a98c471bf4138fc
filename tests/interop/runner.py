"""Starts strangers on one hall, all at once, and looks how long it takes until the twin shows each of them."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.interop.brokers import Broker
from tests.interop.mosquitto_clients import ClimateSensor, OnvifCamera, Screen
from tests.interop.node_clients import Dashboard, Door, SparkplugNode
from tests.interop.stage import Stage
from tests.interop.tools import WITHIN_S, NotLive, Tools, eventually, find_missing

SUSPICIONS = {"broker_refused", "clock_wrong", "command_misuse", "device_flooding"}
SUSPICION_WITHIN_S = 2.0
"""So soon an attack is an alarm."""


class Stranger(Protocol):
    """``prepare``: credentials and bindings, as an operator gives them. ``live``: from nothing until the twin shows
    it, which is timed. ``use``: what else must work. Each raises ``NotLive``.
    """

    name: str
    needs: tuple[str, ...]

    def prepare(self, stage: Stage) -> None: ...

    def live(self, stage: Stage) -> None: ...

    def use(self, stage: Stage) -> None: ...


STRANGERS: tuple[type[Stranger], ...] = (ClimateSensor, Screen, OnvifCamera, Door, SparkplugNode, Dashboard)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """One line of the report. ``reason`` says why it is not well; empty where it is."""

    name: str
    broker: str
    live_s: float | None = None
    reason: str = ""

    @property
    def ok(self) -> bool:
        return not self.reason and self.live_s is not None and self.live_s <= WITHIN_S

    def to_json(self) -> dict[str, Any]:
        return {
            "name": f"{self.name} on {self.broker}" if self.name != self.broker else self.name,
            "live_s": self.live_s, "ok": self.ok, "broker": self.broker, "reason": self.reason or None,
        }  # fmt: skip


def meet(broker: Broker, strangers: Sequence[type[Stranger]], tools: Tools) -> list[Outcome]:
    """One hall on this broker and these strangers; the first outcome is the broker's own."""
    folder = Path(tempfile.mkdtemp(prefix="ht-"))
    folder.chmod(0o711)  # the embedded database may run as another user
    stage = Stage(broker, folder=folder, tools=tools)
    own = Outcome(name=broker.name, broker=broker.name)
    try:
        _attempt(own, lambda: _connect(own, stage))
        others = [Outcome(name=stranger.name, broker=broker.name) for stranger in strangers]
        if own.reason:
            for outcome in others:
                outcome.reason = f"no hall on {broker.name}"
        else:
            _meet_all(stage, [stranger() for stranger in strangers], others)
            _attempt(own, lambda: _look_for_suspicion(stage))
        return [own, *others]
    finally:
        _end(own, stage)
        shutil.rmtree(folder, ignore_errors=True)


def _connect(outcome: Outcome, stage: Stage) -> None:
    if missing := find_missing(*stage.broker.needs):
        raise NotLive(missing)
    tell(f"{stage.broker.name}: starting a hall on it")
    stage.start()
    began = time.monotonic()
    connector = eventually(
        lambda: found if (found := stage.connector())["state"] == "connected" else None, what="the hall connected"
    )
    outcome.live_s = round(time.monotonic() - began, 2)
    tell(f"{stage.broker.name}: the hall is connected by {connector['protocol']}")
    if connector["protocol"] != f"MQTT {stage.broker.mqtt}":
        raise NotLive(f"spoken to in {connector['protocol']}; it knows MQTT {stage.broker.mqtt}")
    if bool(connector["limits"]) is (stage.broker.mqtt == "5"):
        raise NotLive(f"the hall says of its limits on it: {connector['limits']}")


def _end(outcome: Outcome, stage: Stage) -> None:
    try:
        stage.stop()
    except Exception as error:  # noqa: BLE001 - a hall that does not end cleanly is a fault like another
        outcome.reason = outcome.reason or f"the hall did not end cleanly: {error}"
        tell(f"{outcome.broker}: {outcome.reason}")


def _meet_all(stage: Stage, strangers: Sequence[Stranger], outcomes: Sequence[Outcome]) -> None:
    """Credentials one after the other; then all begin at the same moment."""
    pairs = list(zip(strangers, outcomes, strict=True))
    for stranger, outcome in pairs:
        _attempt(outcome, lambda stranger=stranger: _prepare(stranger, stage))
    ready = [(stranger, outcome) for stranger, outcome in pairs if not outcome.reason]
    with ThreadPoolExecutor(max_workers=max(1, len(ready))) as pool:
        list(pool.map(lambda pair: _attempt(pair[1], lambda: _live(*pair, stage)), ready))


def _look_for_suspicion(stage: Stage) -> None:
    """Whoever behaves is not taken for an intruder, whatever habits its software has."""
    time.sleep(SUSPICION_WITHIN_S)
    if found := [f"{a['type']} of {a['source']}" for a in stage.list_alarms() if a["type"] in SUSPICIONS]:
        raise NotLive(f"raised without a reason: {', '.join(found)}")


def _prepare(stranger: Stranger, stage: Stage) -> None:
    if missing := find_missing(*stranger.needs):
        raise NotLive(missing)
    stranger.prepare(stage)


def _live(stranger: Stranger, outcome: Outcome, stage: Stage) -> None:
    began = time.monotonic()
    stranger.live(stage)
    outcome.live_s = round(time.monotonic() - began, 2)
    stranger.use(stage)
    tell(f"{outcome.broker}: {outcome.name}: live after {outcome.live_s:g} s, and well")


def _attempt(outcome: Outcome, do: Any) -> None:
    try:
        do()
    except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to this one and is said
        outcome.reason = str(error) if isinstance(error, NotLive) else f"{type(error).__name__}: {error}"
        tell(f"{outcome.broker}: {outcome.name}: NOT WELL: {outcome.reason}")


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
