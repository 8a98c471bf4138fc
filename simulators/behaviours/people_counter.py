"""People counter: the world tells it who passes."""

from simulators.behaviours.behaviour import Behaviour

BEHAVIOUR = Behaviour(heartbeat_s=60, buffer=500, begin=lambda _facts, _random: {"entered": 0, "left": 0})
