"""``halltwin bench presence``: how soon a dead device is shown as offline.

Some die with their process (the kernel says goodbye for them), some fall silent: their socket stays open and nothing
comes any more, as when a cable is pulled. Each pings at its own moment, so death finds it anywhere between two words.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import socket
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from simulators import mqtt_packets as packets
from twin.twin import Twin
from ui.cli.bench.laboratory import CONNECTIONS, SITE, Lab, laboratory, running_twin, watching

DEVICES, KEEPALIVE_S = CONNECTIONS, 20
ALLOWED_KEEPALIVES = 1.5
PING_AT = (0.5, 0.75)
"""Of a keepalive, after the last word: where clients ping."""
BOOT = 7
_READ_BYTES = 4096
_TURN_S = 0.01
_POLL_S = 0.002
_START_S = 20.0
_PATIENCE_S = 15.0
_PERCENTS = (50, 99, 100)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--devices", type=int, default=DEVICES, help=f"how many of each sort ({DEVICES})")
    parser.add_argument("--keepalive", type=int, default=KEEPALIVE_S, help=f"seconds ({KEEPALIVE_S})")
    parser.add_argument("--seed", type=int, default=1)


def run(args: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    told: dict[str, Any] = {"devices": args.devices, "keepalive_s": args.keepalive}
    with laboratory(watched=True) as lab, running_twin(lab) as (twin, _), watching(lab, twin):
        users = dict(list(lab.passwords.items())[: args.devices])
        for name, die in (("killed", _kill), ("silent", _silence)):
            with _devices(lab, users, keepalive_s=args.keepalive, seed=args.seed) as (process, pipe):
                if len(_await(twin, users, online=True, patience_s=_START_S)) < len(users):
                    raise TimeoutError("not all devices are shown online")
                died_s, said_s = die(process, pipe)
                seen_s = _await(
                    twin, users, online=False, patience_s=2 * ALLOWED_KEEPALIVES * args.keepalive + _PATIENCE_S
                )
                told |= _told(name, [at - died_s for at in seen_s.values()], len(users), args.keepalive)
                if said_s:
                    since_word = max(seen_s[key] - at for key, at in said_s.items() if key in seen_s)
                    told[f"{name}_since_last_word_max_keepalives"] = round(since_word / args.keepalive, 2)
    return told, {}, {}


def _told(name: str, delays_s: list[float], devices: int, keepalive_s: int) -> dict[str, Any]:
    shares = {f"{name}_p{p}_s": round(float(np.percentile(delays_s, p)), 2) for p in _PERCENTS if delays_s}
    return {
        **shares,
        f"{name}_max_keepalives": round(max(delays_s, default=0.0) / keepalive_s, 2),
        f"{name}_unseen": devices - len(delays_s),
        f"{name}_too_late": sum(delay > ALLOWED_KEEPALIVES * keepalive_s for delay in delays_s),
    }


def _await(twin: Twin, keys: Collection[str], *, online: bool, patience_s: float) -> dict[str, float]:
    """By device, when it was seen so; those not seen in time are missing."""
    seen_s: dict[str, float] = {}
    deadline = time.monotonic() + patience_s
    while len(seen_s) < len(keys) and time.monotonic() < deadline:
        for key in set(keys) - seen_s.keys():
            value = twin.value(f"{SITE}:device:{key}", "online")
            if value is not None and value.value is online:
                seen_s[key] = time.monotonic()
        time.sleep(_POLL_S)
    return seen_s


def _kill(process: Any, _pipe: Connection) -> tuple[float, Mapping[str, float]]:
    process.kill()
    return time.monotonic(), {}


def _silence(_process: Any, pipe: Connection) -> tuple[float, Mapping[str, float]]:
    """When they fell silent, and when each had said its last word: they wait until their moments are spread."""
    pipe.send("hush")
    said_s: Mapping[str, float] = pipe.recv()
    return time.monotonic(), said_s


# --- the devices -------------------------------------------------------------------------------------------


@contextmanager
def _devices(
    lab: Lab, users: Mapping[str, str], *, keepalive_s: int, seed: int
) -> Iterator[tuple[Any, Connection]]:  # fmt: skip
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_live, args=(lab.port, users, keepalive_s, seed, theirs), daemon=True)
    process.start()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()


def _live(port: int, users: Mapping[str, str], keepalive_s: int, seed: int, pipe: Connection) -> None:
    """Connect, say so, ping; from the first word through the pipe on nothing more, for ever."""
    draw = random.Random(seed)  # noqa: S311 - a seeded load
    said_s: dict[str, float] = {}
    next_s: dict[str, float] = {}
    socks = {key: _join(port, key, password, keepalive_s) for key, password in users.items()}
    for key in socks:
        said_s[key] = time.monotonic()
        next_s[key] = said_s[key] + keepalive_s * PING_AT[1] * draw.random()
    settled_s = time.monotonic() + keepalive_s
    while not (pipe.poll(0) and time.monotonic() > settled_s):
        for key, sock in socks.items():
            if time.monotonic() >= next_s[key]:
                sock.sendall(packets.PINGREQ_BYTES)
                said_s[key] = time.monotonic()
                next_s[key] = said_s[key] + keepalive_s * draw.uniform(*PING_AT)
        time.sleep(_TURN_S)
    pipe.send(said_s)
    threading.Event().wait()


def _join(port: int, key: str, password: str, keepalive_s: int) -> socket.socket:
    topic = f"ht/v1/{SITE}/{key}/state"
    hello = packets.connect(
        client_id=key, user=key, password=password, keepalive_s=keepalive_s, session_s=0,
        will=(topic, _state(online=False)),
    )  # fmt: skip
    sock = socket.create_connection(("127.0.0.1", port))
    sock.sendall(hello)
    first, body = packets.Splitter().feed(sock.recv(_READ_BYTES))[0]
    if first >> 4 != packets.CONNACK or packets.parse_connack(body).reason:
        raise ConnectionRefusedError(f"the broker refuses {key}")
    sock.sendall(packets.publish(topic=topic, payload=_state(online=True), mid=1, retain=True))
    return sock


def _state(*, online: bool) -> bytes:
    return json.dumps({"online": online, "boot": BOOT}).encode()
