"""Kiosk: paper goes down with use, and somebody adds some before it is gone."""

from random import Random

from simulators.behaviours.behaviour import Beat, Behaviour, Facts, Values

ADD_PAPER_AT = 15.0


def _begin(_facts: Facts, random: Random) -> Values:
    return {"paper": round(random.uniform(45, 100), 1), "uses_today": 0}


def _drift(values: Values, beat: Beat) -> Values:
    if values["service"] == "out":
        return {}
    if values["service"] == "busy":
        return {
            "service": "free",
            "uses_today": int(values["uses_today"]) + 1,
            "paper": max(round(float(values["paper"]) - 0.2, 1), 0.0),
        }
    if float(values["paper"]) < ADD_PAPER_AT:
        return {"paper": 100.0}
    return {"service": "busy"} if beat.random.random() < 0.25 else {}


BEHAVIOUR = Behaviour(heartbeat_s=60, begin=_begin, drift=_drift)
