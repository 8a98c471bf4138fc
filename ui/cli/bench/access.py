"""Who may say and hear what at the broker, as a table that is tried out row by row on a real one.

What counts is what is delivered: an auditor who hears everything tells what got through, and each user tells what it
heard. What should be so is written down here once more, from the rules and not from the access list.
"""

from __future__ import annotations

import re
import secrets
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from iot.broker.configuration import BrokerFiles, BrokerSettings
from iot.broker.credentials import (
    DASHBOARD_USER,
    HALL_USER,
    LIVE_USER,
    LOBBY_USER,
    hash_password,
    new_password,
    new_salt,
)
from iot.broker.mosquitto import MosquittoBroker
from iot.ports import Binding
from ui.cli.bench.access_users import Place, User, leave_will, user
from ui.cli.bench.step import Figures, Step

SITE = "acl"
NATIVE = f"ht/v1/{SITE}"
GUEST_USER = "lobby-7"
WEB_USER = "hall.web-1"
DASHBOARDS = "homeassistant"
GRANTS = {"GW-1": ["UPS-1"]}
BINDINGS = (
    Binding(device="CAM-1", convention="onvif", address="cams/north", kind="camera"),
    Binding(device="EDGE-1", convention="sparkplug", address="plant/edge1"),
    Binding(device="T-1", convention="sparkplug", address="plant/edge1/d1"),
)
DEVICES = ("UPS-1", "DOOR-01", "GW-1", "CAM-1", "EDGE-1", "T-1")
ROLES = (*DEVICES, HALL_USER, LOBBY_USER, LIVE_USER, WEB_USER, GUEST_USER, DASHBOARD_USER)
WRITE_PATHS = ("QoS 0 by 3.1.1", "QoS 1", "retained", "last will")
BROKERS_OWN = "$SYS/broker/version"
AUDITOR = "auditor"
ROWS_MIN = 5_000
SHOWN = 20
_WHAT = (
    "desc", "state", "tele", "tele/more", "evt/forced", "evt", "evt/a/b", "ack/c-1", "ack", "cmd/lock", "cmd/lock/x",
    "other",
)  # fmt: skip


def list_topics() -> tuple[str, ...]:
    """Everybody's own, and what is nearly so."""
    native = [f"{NATIVE}/{device}/{what}" for device in (*DEVICES, "STRANGER") for what in _WHAT]
    nearly = [
        "ht/v1/other/UPS-1/tele", "ht/v1/other/UPS-1/cmd/lock", "ht/v2/acl/UPS-1/tele", f"{NATIVE}/ups-1/tele",
        f"{NATIVE}/UPS-1x/tele", f"{NATIVE}/UPS-1/", f"{NATIVE}//tele", f"/{NATIVE}/UPS-1/tele", f"{NATIVE}/$clock",
        f"{NATIVE}/UPS-1", "UPS-1/tele", "tele", NATIVE, f"{NATIVE}/%u/tele", f"x/{NATIVE}/UPS-1/tele",
    ]  # fmt: skip
    live = [f"{NATIVE}/hall/live/{what}" for what in ("out", f"ask/{WEB_USER}", "ask/hall.web-2", "ask", "other")]
    echo = [f"{NATIVE}/{who}/echo" for who in ("hall", "UPS-1")]
    lobby = [f"{NATIVE}/lobby/{who}/{what}" for who in (GUEST_USER, "UPS-1") for what in ("knock", "answer", "other")]
    onvif = [f"{p}/{s}/Device/X" for p in ("cams/north", "cams/south", "cam9") for s in ("onvif-ej", "onvif-mj", "no")]
    nodes = [f"spBv1.0/{g}/{what}/{e}" for g, e in (("plant", "edge1"), ("plant", "edge2"), ("other", "edge1"))
             for what in ("NBIRTH", "NDATA", "NDEATH", "NCMD")]  # fmt: skip
    behind = [f"spBv1.0/plant/{what}/{e}" for e in ("edge1/d1", "edge1/d2", "edge2/d1")
              for what in ("DBIRTH", "DDATA", "DDEATH", "DCMD")]  # fmt: skip
    states = [f"spBv1.0/STATE/{SITE}", "spBv1.0/STATE/other"]
    shown = [
        f"{DASHBOARDS}/device/{SITE}/UPS-1/config",
        f"{DASHBOARDS}/device/other/UPS-1/config",
        f"{DASHBOARDS}/status",
    ]
    return (*native, *nearly, *live, *echo, *lobby, *onvif, *nodes, *behind, *states, *shown)


# --- what should be so -------------------------------------------------------------------------------------


_WORD = "[^/]+"
_SHOWN = f"{DASHBOARDS}/device/{SITE}/{_WORD}/config"
_BEYOND: Mapping[str, tuple[str, str]] = {
    "CAM-1": ("cams/north/onvif-[em]j/.+", ""),
    "EDGE-1": (
        f"spBv1.0/plant/(N(BIRTH|DATA|DEATH)/edge1|D(BIRTH|DATA|DEATH)/edge1/{_WORD})",
        "spBv1.0/(plant/[ND]CMD/edge1(/.*)?|STATE/.+)",
    ),
    "T-1": ("spBv1.0/plant/D(BIRTH|DATA|DEATH)/edge1/d1", ""),
    HALL_USER: (
        f"{NATIVE}/({_WORD}/cmd/{_WORD}|hall/echo)|spBv1.0/(STATE/{SITE}|{_WORD}/NCMD/{_WORD}|{_WORD}/DCMD/{_WORD}/{_WORD})|{_SHOWN}",
        rf"{NATIVE}(/.*)?|spBv1.0/.*|({_WORD}|cams/north)/onvif-[em]j/.*|{_SHOWN}|\$SYS/.*",
    ),
    LIVE_USER: (f"{NATIVE}/hall/live/out", f"{NATIVE}/hall/live/ask/[^/]*"),
    WEB_USER: (f"{NATIVE}/hall/live/ask/{WEB_USER}", f"{NATIVE}/hall/live/out"),
    LOBBY_USER: (f"{NATIVE}/lobby/{_WORD}/answer", f"{NATIVE}/lobby/{_WORD}/knock"),
    DASHBOARD_USER: (f"{DASHBOARDS}/status", f"{NATIVE}/[^/]*/(state|tele)|{DASHBOARDS}/.*"),
}
"""What users may say and hear that is not of themselves as devices. A + of MQTT matches the empty word as well."""


def may_write(role: str, topic: str) -> bool:
    said = rf"{NATIVE}/({_speaks_for(role)})/(desc|state|tele|(evt|ack)/{_WORD})|{NATIVE}/lobby/{role}/knock"
    return any(re.fullmatch(rule, topic) for rule in (said, _BEYOND.get(role, ("", ""))[0]))


def may_read(role: str, topic: str) -> bool:
    heard = rf"{NATIVE}/({_speaks_for(role)})/cmd(/.*)?|{NATIVE}/lobby/{role}/answer"
    return any(re.fullmatch(rule, topic) for rule in (heard, _BEYOND.get(role, ("", ""))[1]))


def _speaks_for(role: str) -> str:
    return "|".join((role, *GRANTS.get(role, ())))


# --- trying it out -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Table:
    """``against``: (role, verb, path, topic) that was delivered, or was not, against the rules."""

    counts: Counter[str] = field(default_factory=Counter)
    against: list[tuple[str, str, str, str]] = field(default_factory=list)

    def judge(self, role: str, verb: str, path: str, delivered: Mapping[str, bool]) -> None:
        rule = may_write if verb == "publish" else may_read
        for topic, was in delivered.items():
            expected = rule(role, topic)
            self.counts["rows"] += 1
            self.counts["allowed"] += expected
            if was != expected:
                self.counts["unexpected_allows" if was else "unexpected_denials"] += 1
                self.against.append((role, verb, path, topic))


def try_all(*, roles: Sequence[str] = ROLES, beside: Sequence[str] = ()) -> Figures:
    """The whole table of these roles. ``beside``: lines of an access list that are not as they should be."""
    table, topics = Table(), list_topics()
    with tempfile.TemporaryDirectory(prefix="halltwin-acl-") as folder, place(Path(folder) / "broker", beside) as at:
        for role in roles:
            for path in WRITE_PATHS:
                table.judge(role, "publish", path, tell(at, role, path, topics))
            for path in READ_PATHS:
                table.judge(role, "read", path, hear(at, role, path, topics))
    counts = {name: table.counts[name] for name in ("rows", "allowed", "unexpected_allows", "unexpected_denials")}
    return {"roles": len(roles), "topics": len(topics), **counts, "against": table.against[:SHOWN]}


@contextmanager
def place(folder: Path, beside: Sequence[str] = ()) -> Iterator[Place]:
    """A broker with everybody's rights as in a hall, and an auditor beside them."""
    passwords = {user: new_password(secrets.token_bytes) for user in (*ROLES, AUDITOR)}
    broker = MosquittoBroker(folder, BrokerSettings(site=SITE, port=0))
    hashes = {user: hash_password(password, new_salt(secrets.token_bytes)) for user, password in passwords.items()}
    broker.set_users(hashes, GRANTS, bindings=BINDINGS, home_assistant=DASHBOARDS)
    with BrokerFiles(directory=folder).acl.open("a", encoding="utf-8") as lines:
        lines.write("\n".join([*beside, f"user {AUDITOR}", "topic readwrite #", ""]))
    broker.start()
    auditor: User | None = None
    try:
        port = int(broker.url.rpartition(":")[2])
        auditor = User(port, AUDITOR, passwords[AUDITOR])
        auditor.listen(["#"])
        yield Place(port=port, passwords=passwords, auditor=auditor)
    finally:
        if auditor is not None:
            auditor.close()
        broker.stop()


def tell(at: Place, role: str, path: str, topics: Sequence[str]) -> dict[str, bool]:
    """Which of these topics got through from this user."""
    at.auditor.heard.clear()
    rows = [(topic, at.new_mark()) for topic in topics]
    if path == "last will":
        for topic, mark in rows:
            leave_will(at, role, topic, mark)
        leave_will(at, role, f"{NATIVE}/none", b"")  # answered only when those before it are done with
    else:
        with user(at, role, newer=path != "QoS 0 by 3.1.1") as teller:
            teller.say(rows, qos=0 if path == "QoS 0 by 3.1.1" else 1, retain=path == "retained")
    at.settle()
    marks = {payload for _, payload in at.auditor.heard}
    if path == "retained":
        at.auditor.heard.clear()
        at.auditor.listen(["#"])  # asked again, it is told what is kept
        at.settle()
        marks |= {payload for _, payload in at.auditor.heard}
        at.forget_retained(topics)
    return {topic: mark in marks for topic, mark in rows}


def hear(at: Place, role: str, path: str, topics: Sequence[str]) -> dict[str, bool]:
    """On which of these topics this user hears others speak."""
    rows = [(topic, at.new_mark()) for topic in topics]
    if path == "retained":
        at.auditor.say(rows, retain=True)
    with user(at, role) as hearer:
        hearer.listen(FILTERS[path](topics))
        if path != "retained":
            at.auditor.say(rows)
        hearer.listen([f"{NATIVE}/none"])  # answered after all that came before it
        heard = list(hearer.heard)
    if path == "retained":
        at.forget_retained(topics)
    marks = {payload for _, payload in heard}
    system = {BROKERS_OWN: any(topic.startswith("$SYS/") for topic, _ in heard)} if path == "wildcard #" else {}
    return {**{topic: mark in marks for topic, mark in rows}, **system}


def _with_plus(topic: str) -> str:
    """Instead of the device, else of the last word."""
    words = topic.split("/")
    words[3 if len(words) > 4 else -1] = "+"
    return "/".join(words)


FILTERS: Mapping[str, Callable[[Sequence[str]], Sequence[str]]] = {
    "its name": lambda topics: topics,
    "wildcard +": lambda topics: sorted({_with_plus(topic) for topic in topics}),
    "wildcard #": lambda _: ["#", "$SYS/#"],
    "shared": lambda topics: [f"$share/g/{topic}" for topic in topics],
    "retained": lambda _: ["#"],
}
READ_PATHS = tuple(FILTERS)


def steps() -> Sequence[Step]:
    return tuple(
        Step(
            name=f"everything {role} may and may not",
            measure=lambda role=role: try_all(roles=(role,)),  # type: ignore[misc]
            kept=lambda f: f["unexpected_allows"] == 0,
            met=lambda f, _speed: f["unexpected_denials"] == 0 and f["rows"] * len(ROLES) >= ROWS_MIN,
        )
        for role in ROLES
    )
