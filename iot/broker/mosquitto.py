"""A mosquitto of our own: configured, started, watched, restarted when it dies, and gone when we are."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path

from iot.broker.configuration import BrokerFiles, BrokerSettings, configuration_lines
from iot.broker.credentials import acl_lines, password_lines
from iot.broker.link import HallLink, certify
from iot.broker.log import Attention, BrokerLog
from iot.broker.silence import Listener, silence_lines
from iot.errors import BrokerUnavailable
from iot.ports import Binding

_UNIX_PATH_BYTES_MAX = 100
_POLL_S = 0.02
_LISTEN_S = 0.05
RELOAD_TIMEOUT_S = 5.0
_SAVE_S = (5.0, 15.0, 30.0)
"""After a start: who has subscribed by then is not forgotten should it be killed before its first own snapshot."""
_RESTART_DELAY_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_SEARCH = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
# A child must not outlive us, whatever kills us. The kernel ties it to the *thread* that started it (so ours lives
# as long as the broker does), and a small launcher asks for it: nothing of ours may run between fork and exec.
_LAUNCHER = (
    "import ctypes,os,signal,sys\n"
    "signal.signal(signal.SIGHUP,signal.SIG_IGN)\n"
    "if sys.platform=='linux': ctypes.CDLL(None).prctl(1,signal.SIGTERM)\n"
    "if os.getppid()!=int(sys.argv[1]): sys.exit(1)\n"
    "os.execv(sys.argv[2],sys.argv[2:])\n"
)


class BrokerProcess:
    """One broker process. ``set_users`` before ``start`` and whenever they change; both from any thread."""

    name: str
    """As it is called in errors."""

    def __init__(self, directory: Path, settings: BrokerSettings) -> None:
        self._files = BrokerFiles(directory=directory.resolve())
        self._settings = settings
        self._port = settings.port
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper: threading.Thread | None = None
        self._stopping = threading.Event()
        self._spawned = threading.Event()
        self._talkative = settings.watched
        self._log: BrokerLog | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        """Where devices connect, without a password."""
        return f"{'mqtts' if self._settings.tls else 'mqtt'}://{self._settings.host}:{self._port}"

    @property
    def log_path(self) -> Path:
        """What it refused, and everything else that is not as usual: for ``iot.broker.watch``."""
        return self._files.log

    @property
    def socket_path(self) -> Path | None:
        """The unix socket for the hall's own reader; None where the folder's name is too long for one."""
        return self._short_enough(self._files.directory / "hall.sock")

    @property
    def link(self) -> HallLink | None:
        """The hall's own way in, where this broker has one."""
        return None

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def set_users(
        self, users: Mapping[str, str], grants: Mapping[str, Iterable[str]] | None = None,
        *, bindings: Iterable[Binding] = (), home_assistant: str | None = None,
    ) -> None:  # fmt: skip
        """Users (name -> ``$7$`` hash), what gateways were granted and foreign devices are bound to (``acl_lines``); a
        running broker goes by them when this returns.
        """
        self._files.directory.mkdir(parents=True, exist_ok=True)
        write_private(self._files.passwords, password_lines(users))
        write_private(
            self._files.acl,
            acl_lines(self._settings.site, grants, bindings=bindings, home_assistant=home_assistant, users=users),
        )
        self.reload()
        write_private(self._files.applied, [fingerprint_of(self._files)])

    def start(self) -> None:
        """Return once it answers; ``BrokerUnavailable`` says what to do when it does not."""
        if self._keeper is not None:
            return
        command = self._command()
        if not self._files.passwords.exists():
            self.set_users({})
        self._port = self._settings.port or _free_port(self._settings.host)
        _require_free(self._settings.host, self._port)
        self._configure()
        self._stopping.clear()
        self._spawned.clear()
        self._keeper = threading.Thread(target=self._keep, args=(command,), name="broker-keeper", daemon=True)
        self._keeper.start()
        try:
            self._await_answer()
        except BrokerUnavailable:
            self.stop()
            raise

    def stop(self) -> None:
        """End the process (it saves its queues) and return when it is gone."""
        self._stopping.set()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.join()

    def reload(self) -> None:
        """Have a running broker read users, access list and certificates again; whoever lost the right is cut off."""
        log = self._log
        before = log.reloads if log is not None else 0
        if log is None or not self._signal(signal.SIGHUP):
            return
        deadline = time.monotonic() + RELOAD_TIMEOUT_S
        while log.reloads == before and self.pid is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def _short_enough(self, path: Path) -> Path | None:
        return path if len(os.fsencode(path)) <= _UNIX_PATH_BYTES_MAX else None

    def _signal(self, what: signal.Signals) -> bool:
        """SIGHUP: read your files again. SIGUSR1: save what you know. False where there is nobody to tell."""
        pid = self.pid
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)
        return pid is not None

    def _command(self) -> list[str]:
        """What is run; ``BrokerUnavailable`` where it is not there."""
        raise NotImplementedError

    def _configure(self) -> None:
        """Write what it is told when it starts, and again when it shall be more or less talkative."""
        raise NotImplementedError

    def _keep(self, command: list[str]) -> None:
        """The keeper thread: start it, wait for its end, start it again, until told to stop."""
        attempt = 0
        while True:
            for path in (self.socket_path, self.link.socket if self.link is not None else None):
                if path is not None:
                    path.unlink(missing_ok=True)
            started = time.monotonic()
            listener = Listener(time.monotonic)
            self._log = log = BrokerLog(self._files.log, listener=listener.hear)
            launch = [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(os.getpid())]
            self._process = process = subprocess.Popen(
                [*launch, *command],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log.writing, start_new_session=True,
            )  # fmt: skip
            os.close(log.writing)
            self._spawned.set()
            self._listen(process, log, listener)
            if self._stopping.is_set():
                _end(process, log, self._settings.stop_timeout_s)
            log.drain()
            log.close()
            if self._stopping.is_set():
                return
            attempt = 0 if time.monotonic() - started > 60 else attempt + 1
            self.restarts += 1
            if self._stopping.wait(_RESTART_DELAY_S[min(attempt, len(_RESTART_DELAY_S)) - 1]):
                return

    def _listen(self, process: subprocess.Popen[bytes], log: BrokerLog, listener: Listener) -> None:
        """Until it ends or we are told to stop: read what it says, and have it say less while that is too much."""
        attention, since_s, before = Attention(), time.monotonic(), 0
        saves = deque(since_s + after_s for after_s in _SAVE_S)
        while process.poll() is None and not self._stopping.wait(_LISTEN_S):
            log.drain()
            now_s = time.monotonic()
            if saves and now_s >= saves[0]:
                saves.popleft()
                self._signal(signal.SIGUSR1)
            if self._talkative:
                log.keep(silence_lines(listener))
            if not self._settings.watched or now_s - since_s < 1:
                continue
            talkative = attention.judge((log.lines - before) / (now_s - since_s), now_s)
            since_s, before = now_s, log.lines
            if talkative != self._talkative:
                self._talkative = talkative
                listener.begin_anew()
                self._configure()
                self._signal(signal.SIGHUP)

    def _await_answer(self) -> None:
        deadline = time.monotonic() + self._settings.start_timeout_s
        self._spawned.wait(self._settings.start_timeout_s)
        while time.monotonic() < deadline:
            if self.restarts or self.pid is None:
                self.stop()  # what it said last is in its log then
                raise BrokerUnavailable(f"{self.name} stopped at once; {self._last_words()}")
            if _answers(self._settings.host, self._port):
                return
            time.sleep(_POLL_S)
        raise BrokerUnavailable(
            f"{self.name} did not answer on {self.url} within {self._settings.start_timeout_s:g} s; "
            f"{self._last_words()}"
        )

    def _last_words(self) -> str:
        try:
            tail = self._files.log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
        except OSError:
            tail = []
        said = f"it said: {' / '.join(tail)}" if tail else "it wrote no log"
        return f"{said}. Look into {self._files.log}, or run: {shlex.join(self._command())}"


class MosquittoBroker(BrokerProcess):
    """The one to rely on."""

    name = "mosquitto"

    @property
    def link(self) -> HallLink | None:
        path = self._short_enough(self._files.directory / "link.sock")
        return self._files.link(path) if path is not None else None

    def start(self) -> None:
        if self.link is not None:
            self._files.directory.mkdir(parents=True, exist_ok=True)
            certify(self.link)
        super().start()

    def _command(self) -> list[str]:
        return [find_mosquitto(), "-c", str(self._files.configuration)]

    def _configure(self) -> None:
        lines = configuration_lines(
            self._files, listen=self._settings, port=self._port, socket=self.socket_path, as_root=os.geteuid() == 0,
            talkative=self._talkative, link=self.link,
        )  # fmt: skip
        write_private(self._files.configuration, lines)


def fingerprint_of(files: BrokerFiles) -> str:
    """Of users and access list as they lie there; the same stands in ``applied`` once the broker goes by them."""
    return hashlib.sha256(files.passwords.read_bytes() + b"\0" + files.acl.read_bytes()).hexdigest()


def find_mosquitto() -> str:
    """The program, also where a plain user's PATH does not look; ``BrokerUnavailable`` names the command to install."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SEARCH)
    if program is None:
        raise BrokerUnavailable(
            "mosquitto is not installed. Type: sudo apt-get install -y mosquitto "
            "(macOS: brew install mosquitto), or give the URL of a broker you have."
        )
    return program


def write_private(path: Path, lines: Iterable[str]) -> None:
    """Replace a file at one stroke, readable by its owner only."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    new.replace(path)


def _free_port(host: str) -> int:
    with socket.create_server((host, 0)) as probe:
        return int(probe.getsockname()[1])


def _require_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise BrokerUnavailable(
            f"port {port} on {host} cannot be used for the broker ({error.strerror}). "
            f"See who holds it: ss -ltnp 'sport = :{port}'; stop that, or choose another port."
        ) from error


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes], log: BrokerLog, timeout_s: float) -> None:
    """It may have something to say while it ends: nobody listening would hold it up."""
    process.terminate()
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        log.drain()
        time.sleep(_POLL_S)
    if process.poll() is None:
        process.kill()
        process.wait()
