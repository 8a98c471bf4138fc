"""Ticket machine: each ticket takes paper; an empty roll stops it."""

from random import Random

from simulators.behaviours.behaviour import Behaviour, EventData, Facts, Values

PAPER_A_TICKET = 0.15


def _begin(_facts: Facts, random: Random) -> Values:
    return {"paper": round(random.uniform(50, 100), 1), "tickets_today": 0}


def _settle(before: Values, after: Values) -> Values:
    printed = int(after["tickets_today"]) - int(before["tickets_today"])
    paper = max(round(float(after["paper"]) - max(printed, 0) * PAPER_A_TICKET, 2), 0.0)
    if paper <= 0 and after["printer"] == "ok":
        return {"paper": paper, "printer": "out"}
    return {"paper": paper, **({"printer": "ok"} if paper > 0 and after["printer"] == "out" else {})}


def _tell(before: Values, after: Values) -> list[tuple[str, EventData]]:
    return [("ticket_printed", {})] if int(after["tickets_today"]) > int(before["tickets_today"]) else []


BEHAVIOUR = Behaviour(heartbeat_s=120, buffer=200, begin=_begin, settle=_settle, tell=_tell)
