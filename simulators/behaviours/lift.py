"""Lift: goes about the hall, and stays where it is held."""

from random import Random

from simulators.behaviours.behaviour import Act, Beat, Behaviour, Facts, Refusal, Values, wander


def _floors(facts: Facts) -> list[str]:
    return [str(floor).rsplit(":", 1)[-1] for floor in facts.coverage.get("floors", [])] or ["1F"]


def _begin(facts: Facts, _random: Random) -> Values:
    floors = _floors(facts)
    return {"floor": "1F" if "1F" in floors else floors[0], "doors": "closed", "load": 0.0, "wait": 22.0}


def _drift(values: Values, beat: Beat) -> Values:
    if values["mode"] != "normal" or values["trapped"]:
        return {}
    wait = wander(values["wait"], beat.random, step=1.0, low=12, high=45)
    if beat.random.random() < 0.5:
        return {"direction": "idle", "load": 0.0, "doors": "closed", "wait": wait}
    floors = _floors(beat.facts)
    at = floors.index(str(values["floor"])) if values["floor"] in floors else 0
    to = min(max(at + beat.random.choice((-1, 1)), 0), len(floors) - 1)
    direction = "up" if to > at else "down" if to < at else "idle"
    load = round(beat.random.uniform(5, 60), 0) if direction != "idle" else 0.0
    return {"floor": floors[to], "direction": direction, "load": load, "wait": wait}


def _obey(name: str, arguments: Values, values: Values) -> Act | Refusal | None:
    if values["trapped"] or values["mode"] in {"fire", "maintenance", "fault"}:
        return Refusal(why="the lift's own controller does not allow it now")
    if name == "hold":
        stop = {"mode": "held", "floor": arguments["floor"], "direction": "idle", "doors": "open", "load": 0.0}
        return Act(now={"direction": "idle"}, later=((4.0, stop),), done_last=True)
    return Act(now={"mode": "normal", "doors": "closed"}) if name == "release" else None


BEHAVIOUR = Behaviour(heartbeat_s=15, buffer=200, begin=_begin, drift=_drift, obey=_obey)
