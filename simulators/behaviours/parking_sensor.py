"""Parking sensor: as a seat's, for cars."""

from simulators.behaviours.behaviour import Behaviour

BEHAVIOUR = Behaviour(heartbeat_s=300, begin=lambda _facts, random: {"battery": round(random.uniform(55, 100), 0)})
