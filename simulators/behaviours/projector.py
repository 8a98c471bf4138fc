"""Projector: warms up, cools down, ages while it is on."""

from random import Random

from simulators.behaviours.behaviour import Act, Beat, Behaviour, Facts, Values


def _begin(_facts: Facts, random: Random) -> Values:
    return {"lamp_hours": float(random.randint(800, 6000)), "temperature": 24.0}


def _drift(values: Values, beat: Beat) -> Values:
    if values["power"] != "on":
        return {"temperature": 24.0}
    return {"lamp_hours": round(float(values["lamp_hours"]) + beat.elapsed_s / 3600, 2), "temperature": 48.0}


def _obey(name: str, _arguments: Values, _values: Values) -> Act | None:
    if name == "power_on":
        return Act(now={"power": "warming"}, later=((5.0, {"power": "on"}),), done_last=True)
    if name == "power_off":
        return Act(now={"power": "cooling"}, later=((5.0, {"power": "off"}),), done_last=True)
    return None


BEHAVIOUR = Behaviour(heartbeat_s=240, begin=_begin, drift=_drift, obey=_obey)
