"""Switch: carries what the hall sends."""

from simulators.behaviours.behaviour import Beat, Behaviour, Values, wander


def _drift(values: Values, beat: Beat) -> Values:
    return {
        "traffic": wander(values["traffic"], beat.random, step=12, low=40, high=420),
        "poe_power": wander(values["poe_power"], beat.random, step=2, low=150, high=340),
        "temperature": wander(values["temperature"], beat.random, step=0.2, low=33, high=44),
    }


BEHAVIOUR = Behaviour(
    heartbeat_s=40,
    drift=_drift,
    begin=lambda _facts, random: {
        "ports_up": random.randint(18, 46), "traffic": 180.0, "poe_power": 240.0, "temperature": 38.0,
    },
)  # fmt: skip
