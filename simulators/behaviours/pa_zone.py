"""PA zone: says it for as long as it takes to say, then is quiet."""

from simulators.behaviours.behaviour import Act, Behaviour, Refusal, Values

CHARS_A_SECOND = 4.0


def _obey(name: str, arguments: Values, values: Values) -> Act | Refusal | None:
    if name == "announce":
        if values["state"] == "evacuation":
            return Refusal(why="the evacuation message has the line")
        spoken = str(arguments["text"])
        length_s = max(3.0, len(spoken) / CHARS_A_SECOND) * float(arguments.get("repeat", 1))
        return Act(
            now={"state": "announcing", "text": spoken}, later=((length_s, {"state": "idle", "text": ""}),)
        )  # fmt: skip
    return Act(now={"state": "idle", "text": ""}) if name == "stop" else None


BEHAVIOUR = Behaviour(heartbeat_s=120, obey=_obey, begin=lambda _facts, _random: {"volume": 60})
