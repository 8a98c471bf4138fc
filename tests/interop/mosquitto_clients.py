"""Devices made of Debian's mosquitto_pub and mosquitto_sub: what an installer has at hand, and a shell."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from tests.interop.program import Program
from tests.interop.stage import Login, Stage
from tests.interop.tools import NotLive, eventually

ONCE_WITHIN_S = 15.0
HEARS_WITHIN_S = 30


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Shell:
    """One device's credential, and the two programs used with it."""

    def __init__(self, stage: Stage, login: Login) -> None:
        self._stage, self._login, self.boot = stage, login, now_ms()
        self._seq = 0

    def publish(self, topic: str, body: Any, *, retain: bool = False) -> None:
        """One mosquitto_pub, to its end."""
        words = [*self._words("mosquitto_pub"), "-q", "1", "-t", topic, "-m", json.dumps(body)]
        _ended([*words, "-r"] if retain else words)

    def say(self, rest: str, body: Any, *, retain: bool = False) -> None:
        self.publish(self.topic(rest), body, retain=retain)

    def introduce(self, kind: str, points: list[str], commands: list[str]) -> None:
        self.say("desc", {"kind": kind, "model": "mosquitto_pub", "points": points, "commands": commands}, retain=True)
        self.say("state", self.presence(online=True), retain=True)

    def stay(self) -> Program:
        """A connection that stays, with a last will; each line told to it is one ``tele``."""
        will = ["--will-topic", self.topic("state"), "--will-payload", json.dumps(self.presence(online=False))]
        words = [*self._words("mosquitto_pub"), "-q", "1", "-t", self.topic("tele"), "-l", "-k", "10"]
        command = [*words, *will, "--will-qos", "1", "--will-retain"]
        return self._stage.program(f"mosquitto_pub-{self._login.user}", command)

    def subscribe(self) -> None:
        """A session that lasts: what is commanded from here on waits for ``hear``."""
        _ended([*self._listening(), "-E"])

    def hear(self) -> Program:
        """Ends with the first command, which it has then said as ``TOPIC PAYLOAD``."""
        command = [*self._listening(), "-C", "1", "-W", str(HEARS_WITHIN_S), "-F", "%t %p"]
        return self._stage.program(f"mosquitto_sub-{self._login.user}", command)

    def tele(self, **values: Any) -> dict[str, Any]:
        self._seq += 1
        return {"ts": now_ms(), "seq": self._seq, "boot": self.boot, "v": values}

    def presence(self, *, online: bool) -> dict[str, Any]:
        return {"online": online, "boot": self.boot, "ts": now_ms()}

    def topic(self, rest: str) -> str:
        return f"ht/v1/{self._stage.site}/{self._login.user}/{rest}"

    def _listening(self) -> list[str]:
        lasting = ["-c", "-x", "600"] if self._stage.broker.mqtt == "5" else ["-c"]
        return [*self._words("mosquitto_sub"), *lasting, "-q", "1", "-t", self.topic("cmd/#")]

    def _words(self, program: str) -> list[str]:
        host, port = self._stage.address
        version = "mqttv5" if self._stage.broker.mqtt == "5" else "mqttv311"
        user, password = self._login.user, self._login.password
        return [program, "-V", version, "-h", host, "-p", str(port), "-i", user, "-u", user, "-P", password]


class ClimateSensor:
    """mosquitto_pub: describes itself, comes online with a last will, reports; cut off, the twin shows it dead."""

    name = "mosquitto_pub climate sensor"
    needs = ("mosquitto_pub",)
    key, kind = "PEER-CLIMATE", "climate_sensor"

    def prepare(self, stage: Stage) -> None:
        self._shell = Shell(stage, stage.enrol(self.key, self.kind))

    def live(self, stage: Stage) -> None:
        self._shell.introduce(self.kind, ["temperature", "humidity"], [])
        self._staying = self._shell.stay()
        self._report(temperature=21.5, humidity=43.0)
        stage.await_shown(self.key, {"temperature": 21.5, "humidity": 43.0}, of=self._staying)

    def use(self, stage: Stage) -> None:
        stage.repeat(lambda: self._report(temperature=21.75))
        stage.await_shown(self.key, {"temperature": 21.75, "humidity": 43.0}, of=self._staying)

    def _report(self, **values: float) -> None:
        self._staying.tell(json.dumps(self._shell.tele(**values)))


class Screen:
    """mosquitto_sub hears a command in a lasting session, mosquitto_pub acknowledges it and reports what it shows."""

    name = "mosquitto_sub screen"
    needs = ("mosquitto_pub", "mosquitto_sub")
    key, kind = "PEER-SCREEN", "screen"

    def prepare(self, stage: Stage) -> None:
        self._shell = Shell(stage, stage.enrol(self.key, self.kind))

    def live(self, stage: Stage) -> None:
        self._shell.introduce(self.kind, ["text", "power"], ["show_text"])
        self._shell.say("tele", self._shell.tele(text="", power=True))
        stage.await_shown(self.key, {"text": "", "power": True})

    def use(self, stage: Stage) -> None:
        self._shell.subscribe()
        sent = stage.command(self.key, "show_text", text="请到 A07")
        hearing = self._shell.hear()
        eventually(hearing.find_end, what=f"{self.key} hearing a command")
        topic, _, payload = next(iter(hearing.lines()), "").partition(" ")
        if not payload:
            raise NotLive(f"{self.key} heard no command: {hearing.last_words()}")
        command = json.loads(payload)
        if (topic, command["id"]) != (self._shell.topic("cmd/show_text"), sent["id"]):
            raise NotLive(f"{self.key} heard {topic} {payload}, not {sent['id']}")
        self._shell.say("tele", self._shell.tele(text=command["args"]["text"], power=True))
        self._shell.say(f"ack/{command['id']}", {"ts": now_ms(), "status": "done", "detail": ""})
        stage.await_done(sent)


class OnvifCamera:
    """mosquitto_pub says word for word what ONVIF's Core Specification has a camera publish over MQTT (9.12)."""

    name = "ONVIF camera (onvif-ej by mosquitto_pub)"
    needs = ("mosquitto_pub",)
    key, kind, prefix = "PEER-CAMERA", "camera", "PeerCamera"

    def prepare(self, stage: Stage) -> None:
        self._shell = Shell(stage, stage.enrol(self.key, self.kind))
        stage.bind(self.key, "onvif", self.prefix)

    def live(self, stage: Stage) -> None:
        self._count(7)
        stage.await_shown(self.key, {"people": 7})

    def use(self, stage: Stage) -> None:
        self._count("9")  # quotes around numbers are the camera's choice
        stage.await_shown(self.key, {"people": 9})

    def _count(self, people: int | str) -> None:
        source = {"VideoSource": "1", "AnalyticsConfiguration": "2", "Rule": "Occupancy"}
        utc = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        topic = f"{self.prefix}/onvif-ej/RuleEngine/CountAggregation/OccupancyCounter/&1/2/Occupancy"
        self._shell.publish(topic, {"UtcTime": utc, "Source": source, "Data": {"Count": people}})


def _ended(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ONCE_WITHIN_S)
    if done.returncode or "Warning" in done.stderr:  # mosquitto_pub ends with 0 though its message was refused
        raise NotLive(f"{command[0]}: {done.stderr.strip() or f'ended with {done.returncode}'}")
