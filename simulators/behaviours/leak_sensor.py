"""Leak sensor: dry."""

from simulators.behaviours.behaviour import Behaviour

BEHAVIOUR = Behaviour(heartbeat_s=300, buffer=100, begin=lambda _facts, _random: {"distance": 0.0})
