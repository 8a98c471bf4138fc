"""Information point: its help button rings until somebody answers or the call is ended."""

from simulators.behaviours.behaviour import Behaviour, EventData, Values


def _tell(before: Values, after: Values) -> list[tuple[str, EventData]]:
    rings = after["call"] == "ringing" and before["call"] != "ringing"
    return [("help_pressed", {})] if rings else []


BEHAVIOUR = Behaviour(heartbeat_s=100, tell=_tell)
