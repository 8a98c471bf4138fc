"""Clerk's terminal: in use while its window serves somebody."""

from simulators.behaviours.behaviour import Beat, Behaviour, Values, wander


def _drift(values: Values, beat: Beat) -> Values:
    return {"cpu": wander(values["cpu"], beat.random, step=3, low=2, high=45)}


BEHAVIOUR = Behaviour(heartbeat_s=120, drift=_drift, begin=lambda _facts, _random: {"cpu": 9.0})
