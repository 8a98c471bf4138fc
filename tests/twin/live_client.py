"""A client of the live feed as a page is one, and a hub with something of everything on it."""

from __future__ import annotations

from typing import Any

from twin.live import LANE_MAX, LiveHub, Sources
from twin.live_port import LivePlace
from twin.state import PointValue

SITE = "shifanqu"
NOW_MS = 42
ENTITIES = (f"{SITE}:device:A", f"{SITE}:device:B", f"{SITE}:window:A07")


def value(number: Any) -> dict[str, PointValue]:
    return {"n": PointValue(value=number, ts_ms=7, source="device", received_ms=0)}


class Hall:
    """A hub and the lists its snapshots show, changed as a twin changes them: the list first, then the lane."""

    def __init__(self, *, epoch: str = "e", lane_max: int = LANE_MAX) -> None:
        self.building = "v0"
        self.alarms: dict[str, dict[str, Any]] = {}
        self.commands: dict[str, dict[str, Any]] = {}
        self.desired: dict[tuple[str, str], dict[str, Any]] = {}
        self.calls: list[str] = []
        sources = Sources(
            building=lambda: self.building,
            alarms=lambda: sorted(self.alarms.values(), key=lambda a: (a["priority"], -a["raised_ms"])),
            commands=lambda: list(self.commands.values()),
            desired=lambda: list(self.desired.values()),
        )
        self.hub = LiveHub(site=SITE, epoch=epoch, now_ms=lambda: NOW_MS, lane_max=lane_max, sources=sources)

    def publish(self, entity: str, number: Any) -> None:
        self.hub.publish({entity: value(number)})

    def call(self, ident: str) -> None:
        self.calls.append(ident)
        self.hub.announce("call", {"id": ident})

    def alarm(self, ident: str, state: str, *, raised_ms: int = 1) -> None:
        body = {"id": ident, "state": state, "priority": 1, "raised_ms": raised_ms}
        self.alarms[ident] = body
        if state == "closed":
            del self.alarms[ident]
        self.hub.announce("alarm", body)

    def command(self, ident: str, state: str) -> None:
        self.commands[ident] = {"id": ident, "state": state, "ended_ms": None}
        self.hub.announce("command", self.commands[ident])

    def want(self, entity: str, wanted: bool | None) -> None:
        body = {"entity": entity, "point": "locked", "value": wanted}
        self.desired[entity, "locked"] = body
        if wanted is None:
            del self.desired[entity, "locked"]
        self.hub.announce("desired", body)

    def ticket(self, token: str, ahead: int) -> None:
        self.hub.announce("ticket", {"token": token, "ahead": ahead}, scope=f"ticket:{token}")

    def open_version(self, version: str) -> None:
        self.building = version
        self.hub.announce("building", {"version": version, "diff": {"added": 1}})

    def something_of_everything(self) -> None:
        self.publish(ENTITIES[0], 1)
        self.publish(ENTITIES[1], 2.5)
        self.publish(ENTITIES[2], "开放")
        self.alarm("x", "active")
        self.alarm("y", "active", raised_ms=5)
        self.alarm("x", "closed")
        self.command("c", "accepted")
        self.want(ENTITIES[0], True)
        self.ticket("T", 3)
        self.call("7")
        self.open_version("v1")


class Client:
    """What a page does with the messages."""

    def __init__(self, place: LivePlace) -> None:
        self.place = place
        self.values: dict[str, Any] = {}
        self.heard: list[str] = []
        self.since_snap: list[str] = []
        """Calls heard after the latest picture."""
        self.types: list[str] = []
        self.stale: list[int | None] = []
        self.epochs: list[str] = []
        self.seq = 0

    @property
    def snaps(self) -> int:
        return self.types.count("snap")

    def take(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = list(self.place.take())
        for message in messages:
            self.types.append(message["type"])
            match message["type"]:
                case "hello":
                    self.epochs.append(message["epoch"])
                case "snap":
                    self.since_snap = []
                    self.values = {e: points["n"][0] for e, points in message["entities"].items()}
                case "delta":
                    self.values.update({e: points["n"][0] for e, points in message["entities"].items()})
                case "call":
                    self.heard.append(message["call"]["id"])
                    self.since_snap.append(message["call"]["id"])
                case "stale":
                    self.stale.append(message["since_ms"])
            self.seq = message.get("seq", self.seq)
        return messages

    def drop(self) -> tuple[str, int]:
        """Leave, and where to come back to."""
        self.place.close()
        return self.place.epoch, self.seq
