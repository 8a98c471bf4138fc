"""Escalator: runs its way until stopped."""

from random import Random

from simulators.behaviours.behaviour import Behaviour, EventData, Facts, Values


def _begin(facts: Facts, _random: Random) -> Values:
    return {"direction": "down" if facts.key.endswith("2") else "up", "speed": 0.5}


def _settle(_before: Values, values: Values) -> Values:
    if values["emergency_stop"] and values["mode"] in {"running", "slow"}:
        return {"mode": "stopped", "speed": 0.0}
    moving = {"running": 0.5, "slow": 0.2}.get(str(values["mode"]), 0.0)
    return {"speed": moving} if values["speed"] != moving else {}


def _tell(before: Values, after: Values) -> list[tuple[str, EventData]]:
    if before["speed"] == 0.0 or after["speed"] != 0.0:
        return []
    return [("stopped", {"cause": "emergency_stop" if after["emergency_stop"] else "command"})]


BEHAVIOUR = Behaviour(heartbeat_s=45, begin=_begin, settle=_settle, tell=_tell)
