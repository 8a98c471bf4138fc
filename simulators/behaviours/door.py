"""Door: closed; locked unless visitors walk through it."""

from simulators.behaviours.behaviour import Act, Behaviour, EventData, Facts, Refusal, Values


def _begin(facts: Facts, _random: object) -> Values:
    return {"lock_state": "unlocked" if facts.public_way else "locked"}


def _tell(before: Values, after: Values) -> list[tuple[str, EventData]]:
    if before["position"] == after["position"]:
        return []
    return [("opened", {"by": "reader"})] if after["position"] == "open" else [("closed", {})]


def _obey(name: str, _arguments: Values, values: Values) -> Act | Refusal | None:
    if name == "lock" and values["position"] == "open":
        return Refusal(why="the leaf stands open")
    return None


BEHAVIOUR = Behaviour(heartbeat_s=120, buffer=500, begin=_begin, tell=_tell, obey=_obey)
