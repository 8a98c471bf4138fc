"""Camera: counts who stands in its view."""

from simulators.behaviours.behaviour import Beat, Behaviour, Values, wander


def _drift(values: Values, beat: Beat) -> Values:
    return {
        "people": beat.people_in_view,
        "frame_rate": wander(values["frame_rate"], beat.random, step=0.2, low=24.0, high=25.5),
    }


BEHAVIOUR = Behaviour(
    heartbeat_s=30, drift=_drift, begin=lambda _facts, _random: {"people": 0, "recording": True, "frame_rate": 25.0}
)
