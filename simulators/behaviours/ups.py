"""UPS: drains on battery by its rated autonomy, charges on mains."""

from random import Random

from simulators.behaviours.behaviour import Act, Beat, Behaviour, EventData, Facts, Values, wander

CHARGE_S = 4 * 3600.0


def _begin(facts: Facts, random: Random) -> Values:
    return {
        "battery": 100.0,
        "runtime": float(facts.attributes.get("autonomy_min", 30)),
        "load": round(random.uniform(35, 50), 1),
        "input_voltage": 229.8,
        "output_voltage": 230.0,
        "battery_temperature": 24.5,
    }


def _drift(values: Values, beat: Beat) -> Values:
    autonomy_min = float(beat.facts.attributes.get("autonomy_min", 30))
    rate_s = -1 / (autonomy_min * 60) if values["on_battery"] else 1 / CHARGE_S
    battery = min(max(float(values["battery"]) + 100 * rate_s * beat.elapsed_s, 0.0), 100.0)
    return {
        "battery": round(battery, 1),
        "runtime": round(autonomy_min * battery / 100, 1),
        "load": wander(values["load"], beat.random, step=0.6, low=30, high=55),
        "input_voltage": 0.0 if values["on_battery"] else round(beat.random.gauss(229.5, 0.8), 1),
        "battery_temperature": wander(values["battery_temperature"], beat.random, step=0.1, low=22, high=29),
    }


def _settle(_before: Values, values: Values) -> Values:
    if values["on_battery"]:
        return {"input_voltage": 0.0}
    return {"input_voltage": 229.5} if values["input_voltage"] == 0.0 else {}


def _tell(before: Values, after: Values) -> list[tuple[str, EventData]]:
    if before["on_battery"] == after["on_battery"]:
        return []
    return [("power_lost" if after["on_battery"] else "power_restored", {})]


def _obey(name: str, _arguments: Values, _values: Values) -> Act | None:
    return Act(later=((3.0, {}),), done_last=True) if name == "self_test" else None


BEHAVIOUR = Behaviour(heartbeat_s=10, buffer=500, begin=_begin, drift=_drift, settle=_settle, tell=_tell, obey=_obey)
