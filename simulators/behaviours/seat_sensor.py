"""Seat sensor: speaks when somebody sits down or stands up, and now and then to show that it lives."""

from simulators.behaviours.behaviour import Behaviour

BEHAVIOUR = Behaviour(heartbeat_s=300, begin=lambda _facts, random: {"battery": round(random.uniform(55, 100), 0)})
