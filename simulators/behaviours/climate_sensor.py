"""Climate sensor: only what its place measures; carbon monoxide in the car park, carbon dioxide where people wait."""

from random import Random

from simulators.behaviours.behaviour import Beat, Behaviour, Facts, Value, Values, wander

_BANDS = {"temperature": (21.0, 26.0), "humidity": (38.0, 58.0), "co2": (430.0, 1100.0), "co": (0.5, 9.0)}
_STEPS = {"temperature": 0.12, "humidity": 0.5, "co2": 14.0, "co": 0.3}


def _begin(facts: Facts, random: Random) -> Values:
    measured = facts.coverage.get("points", ["temperature", "humidity", "co2"])
    return {name: round(random.uniform(*_BANDS[name]), 1) for name in measured if name in _BANDS}


def _drift(values: Values, beat: Beat) -> Values:
    drifted: dict[str, Value] = {}
    for name, (low, high) in _BANDS.items():
        if name in values:
            drifted[name] = wander(values[name], beat.random, step=_STEPS[name], low=low, high=high)
    return drifted


BEHAVIOUR = Behaviour(heartbeat_s=30, buffer=200, partial=True, begin=_begin, drift=_drift)
