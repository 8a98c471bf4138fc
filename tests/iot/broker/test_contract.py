"""What holds on either broker of ours, mosquitto and the embedded one, seen by stock clients of MQTT 3.1.1."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iot.broker.credentials import hash_password
from iot.broker.mosquitto import BrokerProcess
from iot.testing import eventually
from tests.iot.broker.packets import connect, publish, subscribe

pytestmark = pytest.mark.integration

SITE = "shifanqu"
USERS = {n: hash_password(f"{n}-pw", b"0123456789ab") for n in ("hall", "UPS-1", "UPS-2", "DOOR-01", "GW-1")}
Join = Callable[..., Any]


@pytest.fixture
def broker(either: BrokerProcess) -> BrokerProcess:
    return either


def topic(device: str, rest: str) -> str:
    return f"ht/v1/{SITE}/{device}/{rest}"


# --- who is let in


@pytest.mark.parametrize(
    ("flags", "words", "answer"),
    [
        (0xC2, ("UPS-1", "UPS-1", "UPS-1-pw"), 0),
        (0xC2, ("UPS-1", "UPS-1", "UPS-2-pw"), 5),
        (0xC2, ("UPS-1", "NOBODY", "UPS-1-pw"), 5),
        (0x82, ("UPS-1", "UPS-1"), 5),
        (0x02, ("UPS-1",), 5),
        (0x02, ("",), 5),
    ],
)
def test_only_the_right_password_lets_in(
    broker: BrokerProcess, flags: int, words: tuple[str, ...], answer: int
) -> None:
    with dial(broker, flags, *words) as line:
        assert line.recv(4) == bytes([0x20, 2, 0, answer])


def test_a_wrong_password_leaves_the_session_of_that_name_alone(broker: BrokerProcess, peer: Join) -> None:
    """Neither by a session that begins anew, which would empty the old one, nor by a will put into it."""
    hall, door = peer("hall"), peer("DOOR-01", keeps=True)
    hall.listen(f"ht/v1/{SITE}/#")
    door.listen(topic("DOOR-01", "cmd/#"))
    door.close()
    hall.say("cmd/lock", {}, device="DOOR-01")
    for flags, words in ((0xC2, ()), (0xC4, (topic("DOOR-01", "state"), "forged"))):
        with dial(broker, flags, "DOOR-01", *words, "DOOR-01", "guessed") as line:
            assert line.recv(4) == b"\x20\x02\x00\x05"
    again = peer("DOOR-01", keeps=True)
    eventually(lambda: bool(again.heard))
    again.drop()
    peer("UPS-1").say("tele", {}, device="UPS-1")
    eventually(lambda: bool(hall.heard) and hall.heard[-1][0] == topic("UPS-1", "tele"))
    assert b"forged" not in [payload for _, payload, _ in hall.heard]


def test_whoever_comes_later_under_the_same_name_is_heard_and_hears(peer: Join) -> None:
    first = peer("DOOR-01", keeps=True)
    second = peer("DOOR-01", keeps=True)
    first.client.loop_stop()
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/+/tele")
    second.listen(topic("DOOR-01", "cmd/#"))
    second.say("tele", {}, device="DOOR-01")
    hall.say("cmd/lock", {}, device="DOOR-01")
    eventually(lambda: bool(hall.heard) and bool(second.heard))


# --- who changes while it runs


def test_who_lost_the_right_is_cut_off_and_nobody_else(broker: BrokerProcess, peer: Join) -> None:
    honest, revoked = peer("UPS-1"), peer("UPS-2")
    gone: list[str] = []
    honest.client.on_disconnect = lambda *_: gone.append("UPS-1")
    revoked.client.on_disconnect = lambda *_: gone.append("UPS-2")
    left = {name: hashed for name, hashed in USERS.items() if name != "UPS-2"}
    broker.set_users(left, {"GW-1": ["UPS-1"]})
    eventually(lambda: "UPS-2" in gone)
    eventually(lambda: revoked.failed, what="the refusal when it tries again")
    assert "UPS-1" not in gone
    broker.set_users(USERS | {"NEW-1": hash_password("NEW-1-pw", b"0123456789ab")})
    assert peer("NEW-1").connected


def test_what_a_gateway_is_granted_counts_at_once(broker: BrokerProcess, peer: Join) -> None:
    hall, gateway = peer("hall"), peer("GW-1")
    hall.listen(f"ht/v1/{SITE}/+/tele")
    gateway.say("tele", {}, device="UPS-2")
    broker.set_users(USERS, {"GW-1": ["UPS-2"]})
    gateway.say("tele", {}, device="UPS-1")
    gateway.say("tele", {}, device="UPS-2")
    eventually(lambda: bool(hall.heard))
    assert [heard[0] for heard in hall.heard] == [topic("UPS-2", "tele")]


# --- who hears what


def test_what_is_kept_is_told_to_who_may_read_it_only(peer: Join) -> None:
    door, thief = peer("DOOR-01"), peer("UPS-2")
    door.say("state", {"online": True}, device="DOOR-01", retain=True)
    thief.listen("#")
    thief.listen(topic("DOOR-01", "state"))
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/#")
    eventually(lambda: bool(hall.heard))
    assert [(heard[0], heard[2]) for heard in hall.heard] == [(topic("DOOR-01", "state"), True)]
    hall.say("cmd/self_test", {}, device="UPS-2")
    eventually(lambda: bool(thief.heard))
    assert [heard[0] for heard in thief.heard] == [topic("UPS-2", "cmd/self_test")]


def test_nothing_kept_reaches_who_did_not_ask(peer: Join) -> None:
    peer("DOOR-01").say("state", {}, device="DOOR-01", retain=True)
    peer("hall").listen(f"ht/v1/{SITE}/#")
    newcomer = peer("UPS-1")
    newcomer.listen(topic("UPS-1", "cmd/#"))
    peer("hall").say("cmd/self_test", {}, device="UPS-1")
    eventually(lambda: bool(newcomer.heard))
    assert [heard[0] for heard in newcomer.heard] == [topic("UPS-1", "cmd/self_test")]


def test_an_empty_message_ends_what_was_kept(peer: Join) -> None:
    door = peer("DOOR-01")
    door.say("state", {"online": True}, device="DOOR-01", retain=True)
    door.say("state", b"", device="DOOR-01", retain=True)
    door.say("desc", {}, device="DOOR-01", retain=True)
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/#")
    eventually(lambda: bool(hall.heard))
    assert [heard[0] for heard in hall.heard] == [topic("DOOR-01", "desc")]


def test_who_asks_twice_hears_once(peer: Join) -> None:
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/+/tele")
    hall.listen(f"ht/v1/{SITE}/+/tele")
    peer("UPS-1").say("tele", {}, device="UPS-1")
    peer("UPS-1").say("evt/test", {}, device="UPS-1")
    peer("UPS-2").say("tele", {}, device="UPS-2")
    eventually(lambda: len(hall.heard) >= 2)
    assert [heard[0] for heard in hall.heard] == [topic("UPS-1", "tele"), topic("UPS-2", "tele")]


# --- who leaves


def test_the_last_words_of_who_leaves_at_once_are_heard_in_order(broker: BrokerProcess, peer: Join) -> None:
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/UPS-1/#")
    with dial(broker, 0xC6, "UPS-1", topic("UPS-1", "state"), "dead", "UPS-1", "UPS-1-pw") as line:
        line.sendall(b"".join(publish(topic("UPS-1", "tele"), b"%d" % n, mid=n + 1) for n in range(200)))
        hang_up(line)
    eventually(lambda: bool(hall.heard) and hall.heard[-1][1] == b"dead")
    assert [payload for _, payload, _ in hall.heard] == [b"%d" % n for n in range(200)] + [b"dead"]


def test_a_goodbye_leaves_no_will(broker: BrokerProcess, peer: Join) -> None:
    hall = peer("hall")
    hall.listen(f"ht/v1/{SITE}/#")
    with dial(broker, 0xC6, "UPS-1", topic("UPS-1", "state"), "dead", "UPS-1", "UPS-1-pw") as line:
        line.sendall(publish(topic("UPS-1", "tele"), b"last", mid=1) + b"\xe0\0")
        hang_up(line)
    peer("UPS-2").say("tele", {}, device="UPS-2")
    eventually(lambda: len(hall.heard) == 2)
    assert [heard[0] for heard in hall.heard] == [topic("UPS-1", "tele"), topic("UPS-2", "tele")]


def test_the_will_of_the_last_connection_counts_and_is_kept(peer: Join) -> None:
    peer("UPS-1", keeps=True).close()
    peer("UPS-1", keeps=True, will=(topic("UPS-1", "state"), b"dead")).drop()
    witness = peer("hall")

    def is_kept() -> bool:
        witness.heard.clear()
        witness.listen(topic("UPS-1", "state"))
        peer("UPS-2").say("tele", {}, device="UPS-2")
        return (topic("UPS-1", "state"), b"dead", True) in witness.heard

    eventually(is_kept)


# --- who comes back


def test_what_came_while_away_is_told_in_order_and_not_as_kept(peer: Join) -> None:
    door, hall = peer("DOOR-01", keeps=True), peer("hall")
    door.listen(topic("DOOR-01", "cmd/#"))
    door.close()
    for name in ("lock", "unlock", "self_test"):
        hall.say(f"cmd/{name}", {}, device="DOOR-01")
    back = peer("DOOR-01", keeps=True)
    eventually(lambda: len(back.heard) == 3)
    assert [(heard[0], heard[2]) for heard in back.heard] == [
        (topic("DOOR-01", f"cmd/{name}"), False) for name in ("lock", "unlock", "self_test")
    ]


def test_what_was_not_acknowledged_comes_again(broker: BrokerProcess, peer: Join) -> None:
    hall = peer("hall")
    with dial(broker, 0xC0, "DOOR-01", "DOOR-01", "DOOR-01-pw") as line:
        assert line.recv(4)[3] == 0
        line.sendall(subscribe(topic("DOOR-01", "cmd/#")))
        assert line.recv(5)[0] == 0x90
        hall.say("cmd/lock", {}, device="DOOR-01")
        assert line.recv(1)[0] >> 4 == 3
    back = peer("DOOR-01", keeps=True)
    eventually(lambda: [heard[0] for heard in back.heard] == [topic("DOOR-01", "cmd/lock")])


def test_a_session_that_is_not_kept_is_forgotten(peer: Join) -> None:
    door, hall = peer("DOOR-01", keeps=True), peer("hall")
    door.listen(topic("DOOR-01", "cmd/#"))
    door.close()
    hall.say("cmd/lock", {}, device="DOOR-01")
    peer("DOOR-01", forgets=True).close()
    back = peer("DOOR-01", keeps=True)
    back.listen(topic("DOOR-01", "cmd/#"))
    hall.say("cmd/unlock", {}, device="DOOR-01")
    eventually(lambda: bool(back.heard))
    assert [heard[0] for heard in back.heard] == [topic("DOOR-01", "cmd/unlock")]


# --- who dies


def test_it_does_not_outlive_a_killed_owner(kind: type[BrokerProcess], tmp_path: Path) -> None:
    owner = (
        "import sys, time; from pathlib import Path\n"
        f"from {kind.__module__} import {kind.__name__}; from iot.broker.configuration import BrokerSettings\n"
        f"b = {kind.__name__}(Path(sys.argv[1]), BrokerSettings(site='s', port=0)); b.start()\n"
        "print(b.pid, flush=True); time.sleep(60)\n"
    )
    words = [sys.executable, "-c", owner, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        os.kill(pid, 0)
        process.kill()

    def gone() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    eventually(gone, what="the broker's end")


# --- a client of bytes


def dial(broker: BrokerProcess, flags: int, *texts: str) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", int(broker.url.rpartition(":")[2])), timeout=5)
    line.sendall(connect(flags, *texts))
    return line


def hang_up(line: socket.socket) -> None:
    """Say nothing more, and hear the other side to its end."""
    line.shutdown(socket.SHUT_WR)
    while line.recv(4096):
        pass
