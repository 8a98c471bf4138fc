"""Server: busy now and then."""

from simulators.behaviours.behaviour import Beat, Behaviour, Values, wander


def _drift(values: Values, beat: Beat) -> Values:
    return {
        "cpu": wander(values["cpu"], beat.random, step=4, low=5, high=60),
        "memory": wander(values["memory"], beat.random, step=0.5, low=40, high=66),
        "disk": round(min(float(values["disk"]) + 0.0001 * beat.elapsed_s, 88.0), 2),
        "temperature": wander(values["temperature"], beat.random, step=0.1, low=20, high=25),
    }


BEHAVIOUR = Behaviour(
    heartbeat_s=40,
    drift=_drift,
    begin=lambda _facts, random: {
        "cpu": 18.0, "memory": 52.0, "disk": round(random.uniform(35, 60), 2), "temperature": 22.0,
    },
)  # fmt: skip
