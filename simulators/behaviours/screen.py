"""Screen: shows what it is told; dark means off."""

from simulators.behaviours.behaviour import Act, Beat, Behaviour, Refusal, Values, wander


def _drift(values: Values, beat: Beat) -> Values:
    return {"temperature": wander(values["temperature"], beat.random, step=0.3, low=30, high=46)}


def _obey(name: str, _arguments: Values, values: Values) -> Act | Refusal | None:
    if name == "show_text" and not values["power"]:
        return Refusal(why="the screen is off")
    return None


BEHAVIOUR = Behaviour(
    heartbeat_s=240,
    drift=_drift,
    obey=_obey,
    begin=lambda _facts, _random: {"power": True, "brightness": 70, "temperature": 36.0},
)
