"""Begins and ends faults on a device, each for as long as it is meant to last, and puts them on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from simulators.behaviours.behaviour import Value
from simulators.faults.active import Faults
from simulators.faults.catalogue import ALL
from simulators.line import Line

FLOOD_STEP_S = 0.02


class Victim(Protocol):
    """What of a device a fault can get at."""

    key: str
    values: dict[str, Value]
    faults: Faults
    line: Line

    def power_on(self) -> None: ...

    def power_off(self, *, abruptly: bool = True) -> None: ...

    async def restart(self, down_s: float) -> None: ...

    def report_all(self) -> None: ...

    def resume(self) -> None: ...


class Troubles:
    """All faults of one device that were begun and not yet ended; a fault begun again starts over."""

    def __init__(self, victim: Victim, *, note: Callable[..., None]) -> None:
        self._victim, self._note = victim, note
        self._ends: dict[str, asyncio.TimerHandle] = {}
        self._jobs: set[asyncio.Task[None]] = set()
        self._flood: asyncio.TimerHandle | None = None

    def begin(self, name: str, parameters: Mapping[str, Value], *, for_s: float | None = None) -> None:
        loop, victim = asyncio.get_running_loop(), self._victim
        self._cancel_end(name)
        if name == "reboot":
            down_s = float(parameters.get("down_s", 5.0))
            self._note("fault", device=victim.key, fault=name, state="began", down_s=down_s, for_s=None)
            job = asyncio.create_task(victim.restart(down_s))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
            return
        full = victim.faults.begin(name, parameters, now_s=loop.time(), values=victim.values)
        self._note("fault", device=victim.key, fault=name, state="began", for_s=for_s, **full)
        match name:
            case "dropout":
                victim.line.silence(on=True)
            case "power_loss" | "gateway_death":
                victim.power_off()
            case "flood":
                self._pour(float(full["per_s"]), owed=0.0)
        if for_s is not None:
            self._ends[name] = loop.call_later(for_s, self.end, name)

    def end(self, name: str) -> None:
        """One by its name, or all of them."""
        if name == ALL:
            for active in self._victim.faults.list_active():
                self.end(active)
            return
        victim = self._victim
        self._cancel_end(name)
        if not victim.faults.end(name):
            return
        self._note("fault", device=victim.key, fault=name, state="ended")
        match name:
            case "dropout":
                victim.line.silence(on=False)
            case "power_loss" | "gateway_death" if not victim.faults.without_power:
                victim.power_on()
            case "reorder":
                victim.resume()
            case "flood" if self._flood is not None:
                self._flood.cancel()

    def stop(self) -> None:
        """No timer of it fires any more; nothing is put right."""
        for handle in (*self._ends.values(), self._flood):
            if handle is not None:
                handle.cancel()
        for job in self._jobs:
            job.cancel()

    def _pour(self, per_s: float, owed: float) -> None:
        """Small steps, so that others of the same loop are served between them."""
        owed += per_s * FLOOD_STEP_S
        for _ in range(int(owed)):
            self._victim.report_all()
        self._flood = asyncio.get_running_loop().call_later(FLOOD_STEP_S, self._pour, per_s, owed % 1)

    def _cancel_end(self, name: str) -> None:
        if (handle := self._ends.pop(name, None)) is not None:
            handle.cancel()
