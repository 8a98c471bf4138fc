"""A hall as a process of its own, and the people, pages and devices that use it: for tests and scripts of tests."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
import paho.mqtt.client as paho
import psutil
from paho.mqtt.enums import CallbackAPIVersion
from websockets.sync.client import ClientConnection, connect

from twin.testing import quick_place
from ui.testing_logins import Logins

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 5.0
POLL_S = 0.02

_T = TypeVar("_T")


def eventually(ask: Callable[[], _T], *, what: str, within_s: float = 10.0) -> _T:
    """The first answer that is not empty, not False and no error of the connection."""
    deadline = time.monotonic() + within_s
    last: object = None
    while time.monotonic() < deadline:
        try:
            if found := ask():
                return found
            last = found
        except (OSError, httpx2.HTTPError) as error:
            last = error
        time.sleep(POLL_S)
    raise AssertionError(f"{what}: not within {within_s:g} s (last: {last!r})")


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new one, short and open: PostgreSQL and plain users must be able to walk to it."""
    with tempfile.TemporaryDirectory(prefix="ht-", dir=quick_place(), ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


class RunningHall:
    """``halltwin`` with these words. ``document`` is its line once it is ready; ``stop`` asserts a clean end."""

    def __init__(
        self,
        *words: str,
        folder: Path,
        prefix: Sequence[str] = (),
        python: str = sys.executable,
        env: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.out, self.err = folder / "stdout", folder / "stderr"
        self._logins: Logins | None = None
        self._family: list[psutil.Process] = []
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen(
                [*prefix, python, "-m", "ui.cli", *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **(env or {})},
            )

    def await_ready(self, within_s: float = READY_WITHIN_S) -> dict[str, Any]:
        def ready() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.said()}")
            return self.out.read_bytes().endswith(b"\n")

        eventually(ready, what=f"a hall that is ready; it said:\n{self.said()}", within_s=within_s)
        self.remember_family()
        return self.document

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out.read_text(encoding="utf-8"))
        return found

    def said(self) -> str:
        return self.err.read_text(encoding="utf-8", errors="replace")

    def mishaps(self) -> list[str]:
        """What it said of errors that nobody foresaw, each with the end of its trace."""
        return [line for line in self.said().splitlines() if "Traceback (most recent call last)" in line]

    def remember_family(self) -> list[psutil.Process]:
        """All processes below the launcher now; ``stop`` looks that none of them is left."""
        launcher = psutil.Process(self.process.pid)
        known = {p.pid for p in self._family}
        self._family += [p for p in [launcher, *launcher.children(recursive=True)] if p.pid not in known]
        return self._family

    def survivors(self) -> list[psutil.Process]:
        return [p for p in self._family if _lives(p)]

    def stop(self) -> float:
        """Seconds from SIGTERM to the end of all."""
        if self.process.poll() is None:
            self.remember_family()
        began = time.monotonic()
        self.process.terminate()
        code = self.process.wait(STOP_WITHIN_S * 3)
        took_s = time.monotonic() - began
        assert code == 0, self.said()  # noqa: S101 - this module is for tests
        assert self.survivors() == []  # noqa: S101
        return took_s

    def kill(self) -> None:
        """Whatever state it is in; for teardown after a failure."""
        for process in self.survivors():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    # --- those who use it

    def client(self, role: str | None = None, *, headers: Mapping[str, str] | None = None) -> httpx2.Client:
        """A program that speaks HTTP, logged in as this role."""
        client = httpx2.Client(base_url=self.document["api"], timeout=20, headers=headers)
        if role is not None:
            login = next(p for p in self.document["logins"] if p["role"] == role)
            self._logins = self._logins or Logins(self.document["logins"])
            self._logins.log_in(client, login["user"])
        return client

    def page(self, view: str, client: httpx2.Client | None = None, *, query: str = "", **first: Any) -> LivePage:
        """A page that follows the live feed with the cookies of this client."""
        told = {"type": "sub", "view": view, "hz": 10, **first}
        return LivePage(self.document["api"], told, client, path=f"/live{query}")

    def device(self, key: str, enrolled: Mapping[str, Any]) -> Device:
        """A device's own program, with the credential it was given."""
        return Device(self.document["broker"], key, enrolled["password"])


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it ended as we looked
        return False


class DemoHall(RunningHall):
    """A demo without simulators: whoever started it is its devices."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        words = ["demo", "--json", "--port", "0", "--data", str(self.data), "--seed", "1", "--no-devices"]
        super().__init__(*words, folder=folder)
        self._clients: dict[str | None, httpx2.Client] = {}

    def as_(self, role: str | None = None) -> httpx2.Client:
        """The client of this role; one for all, because a login costs a second of hashing. Where a slow machine let it
        rest until its login was over, it logs in again.
        """
        kept = self._clients.get(role)
        if kept is not None and role is not None and kept.get("/session").json()["actor"] is None:
            self._clients.pop(role).close()
        if role not in self._clients:
            self._clients[role] = self.client(role)
        return self._clients[role]

    def keys(self, kind: str) -> list[str]:
        """Keys of the building's devices of this kind."""
        return [key for key, login in self._enrolled().items() if login["kind"] == kind]

    def join(self, key: str) -> Device:
        """A device of the building comes online."""
        return self.device(key, self._enrolled()[key])

    def stop(self) -> float:
        self._close_clients()
        return super().stop()

    def kill(self) -> None:
        self._close_clients()
        super().kill()

    def _close_clients(self) -> None:
        while self._clients:
            self._clients.popitem()[1].close()

    def _enrolled(self) -> dict[str, dict[str, Any]]:
        document = json.loads((self.data / "simulators.json").read_text(encoding="utf-8"))
        return {device["key"]: device for device in document["devices"]}


@contextmanager
def demo_hall() -> Iterator[DemoHall]:
    """Ready, in a folder of its own, and asked to end in time."""
    with open_folder() as folder:
        running = DemoHall(folder)
        try:
            running.await_ready()
            yield running
            assert running.stop() <= STOP_WITHIN_S  # noqa: S101 - for tests
        finally:
            running.kill()
        assert running.mishaps() == []  # noqa: S101 - for tests


class LivePage:
    """The live feed over WebSocket, or a replay (which needs no ``first`` word), and what it told so far."""

    def __init__(
        self, api: str, first: Mapping[str, Any] | None, client: httpx2.Client | None, *, origin: str | None = None,
        path: str = "/live",
    ) -> None:  # fmt: skip
        cookies = "; ".join(f"{name}={value}" for name, value in (client.cookies if client else {}).items())
        token = client.headers.get("Authorization") if client else None
        headers = ({"Cookie": cookies} if cookies else {}) | ({"Authorization": token} if token else {})
        if origin is not None:
            headers["Origin"] = origin
        self._open = ExitStack()
        url = api.replace("http", "ws", 1) + path
        self.socket: ClientConnection = connect(url, additional_headers=headers, compression=None)
        self._open.enter_context(self.socket)
        self.messages: list[dict[str, Any]] = []
        self.values: dict[tuple[str, str], object] = {}
        if first is not None:
            self.socket.send(json.dumps(first))

    def receive(self, within_s: float = 5.0) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=within_s))
        self.messages.append(message)
        for entity, points in message.get("entities", {}).items():
            self.values |= {(entity, point): told[0] for point, told in points.items()}
        return message

    def expect(self, wanted: Callable[[dict[str, Any]], Any], *, what: str, within_s: float = 10.0) -> dict[str, Any]:
        """The first message from here on that is wanted."""
        deadline = time.monotonic() + within_s
        while (left_s := deadline - time.monotonic()) > 0:
            try:
                message = self.receive(left_s)
            except TimeoutError:
                break
            if wanted(message):
                return message
        raise AssertionError(f"{what}: not within {within_s:g} s; heard {[m['type'] for m in self.messages]}")

    def expect_value(self, entity: str, point: str, value: object, *, within_s: float = 10.0) -> dict[str, Any]:
        """The page shows this value, now or soon (a snapshot may have brought it already); the message it stands at."""
        if self.values.get((entity, point)) == value:
            return self.messages[-1]
        return self.expect(
            lambda _: self.values.get((entity, point)) == value,
            what=f"{entity} {point} = {value!r}",
            within_s=within_s,
        )

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Device:
    """A device by stock paho: present, speaking, and hearing its commands."""

    def __init__(self, broker: str, key: str, password: str, *, site: str = "shifanqu") -> None:
        self.key, self._prefix = key, f"ht/v1/{site}/{key}"
        self.commands: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.refused: str | None = None
        self.boot = time.time_ns() // 1_000_000
        self._seq = 0
        self._listening = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=key)
        self._client.username_pw_set(key, password)
        self._client.will_set(f"{self._prefix}/state", self._state(online=False), qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        host, _, port = broker.rpartition("/")[2].rpartition(":")
        self._client.connect(host, int(port))
        self._client.loop_start()
        eventually(lambda: self._listening or self.refused, what=f"{key} hearing from the broker")

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refused = str(reason)
            return
        client.subscribe(f"{self._prefix}/cmd/#", qos=1)
        client.publish(f"{self._prefix}/state", self._state(online=True), qos=1, retain=True)

    def _on_subscribe(self, *_: Any) -> None:
        self._listening = True

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.commands.put((message.topic.rpartition("/")[2], json.loads(message.payload)))

    def _state(self, *, online: bool) -> str:
        return json.dumps({"online": online, "boot": self.boot, "ts": time.time_ns() // 1_000_000})

    def report(self, **values: Any) -> None:
        """One message of values; returns when the broker has it."""
        self._seq += 1
        self.send("tele", {"ts": time.time_ns() // 1_000_000, "seq": self._seq, "boot": self.boot, "v": values})

    def send(self, rest: str, body: Any) -> None:
        """Anything on one of its topics; bytes go as they are."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._client.publish(f"{self._prefix}/{rest}", payload, qos=1).wait_for_publish(10)

    def answer(self, command_id: str, status: str, detail: str = "") -> None:
        self.send(f"ack/{command_id}", {"ts": time.time_ns() // 1_000_000, "status": status, "detail": detail})

    def next_command(self, within_s: float = 10.0) -> tuple[str, dict[str, Any]]:
        """(name, {"id", "exp", "by", "args"})"""
        return self.commands.get(timeout=within_s)

    def close(self) -> None:
        """As if its power went: the broker tells its will."""
        self._client.loop_stop()
        if (sock := self._client.socket()) is not None:
            sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
