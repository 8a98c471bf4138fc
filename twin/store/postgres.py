"""Keeps one PostgreSQL server of our own alive: makes it, starts it, restarts it when it dies, stops it cleanly.

The server is a child that the kernel interrupts when we die, so a killed hall leaves nothing behind. One
thread owns it (the parent-death signal is tied to the thread that forked, so that thread must live as long).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Literal

import psutil
import psycopg

from twin.errors import DatabaseUnavailable
from twin.store.postgres_home import MAJOR, Home, prepare

OWNER = "hall_owner"
DATABASE = "hall"
FAST_STOP_S = 3.0
POLL_S = 0.05
RETRY_MAX_S = 5.0
FIRST_START_TRIES = 3

State = Literal["stopped", "starting", "recovering", "ready", "failed"]

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_completion_target": "0.9",
    "wal_compression": "on",
    "jit": "off",
    "max_slot_wal_keep_size": "1GB",
    "idle_in_transaction_session_timeout": "60s",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_timezone": "UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    state: State
    pid: int | None = None
    restarts: int = 0
    last_error: str | None = None


def _quiet(_: str) -> None:
    pass


class EmbeddedPostgres:
    """The database that needs nothing installed. ``tell`` gets progress for a person to read."""

    def __init__(
        self, directory: Path, *, tell: Callable[[str], None] = _quiet, start_timeout_s: float = 600.0
    ) -> None:
        self._directory = directory
        self._tell = tell
        self._start_timeout_s = start_timeout_s
        self._home: Home | None = None
        self._lock_file: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._health = Health(state="stopped")
        self._stopping = threading.Event()
        self._settled = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def health(self) -> Health:
        return self._health

    @property
    def home(self) -> Home:
        if self._home is None:
            raise DatabaseUnavailable("the embedded PostgreSQL was never started", todo="Call start() first")
        return self._home

    @property
    def url(self) -> str:
        return self.home.url(user=OWNER, database=DATABASE)

    def start(self) -> str:
        """Start or re-attach; returns the owner's URL. A long recovery is waited for and told."""
        if self._keeper is not None:
            return self.url
        self._home = prepare(self._directory)
        for note in self._home.notes:
            self._tell(note)
        self._take_lock()
        try:
            self._make_cluster()
        except BaseException:
            self._drop_lock()
            raise
        self._stopping.clear()
        self._settled.clear()
        self._keeper = threading.Thread(target=self._keep, name="postgres-keeper", daemon=True)
        self._keeper.start()
        settled = self._settled.wait(self._start_timeout_s)
        if self._health.state != "ready":
            error = self._health.last_error or f"not ready after {self._start_timeout_s:.0f} s"
            self.stop()
            what = "the embedded PostgreSQL did not start" if settled else "the embedded PostgreSQL is still recovering"
            raise DatabaseUnavailable(f"{what}: {error}", todo=f"See {self.home.log} and {self.home.cluster / 'log'}")
        return self.url

    def stop(self) -> None:
        """Fast shutdown; harder after three seconds. No process of ours is left."""
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        self._health = replace(self._health, state="stopped", pid=None)
        self._drop_lock()

    # --- the keeper thread ---------------------------------------------------------------------------------

    def _keep(self) -> None:
        failures = 0
        try:
            while not self._stopping.is_set():
                pid = self._spawn_or_attach()
                if self._wait_until_ready(pid):
                    failures = 0
                    self._settled.set()
                    self._wait_until_dead(pid)
                    if self._stopping.is_set():
                        break
                    self._tell(f"PostgreSQL (pid {pid}) died: starting it again")
                else:
                    failures += 1
                    if failures >= FIRST_START_TRIES and not self._settled.is_set():
                        self._health = replace(self._health, state="failed")
                        self._settled.set()
                        break
                self._health = replace(self._health, state="starting", pid=None, restarts=self._health.restarts + 1)
                self._stopping.wait(min(RETRY_MAX_S, 0.2 * 2**failures))
        except Exception as error:  # noqa: BLE001 - the thread's last word must reach the caller of start()
            self._health = replace(self._health, state="failed", last_error=f"{type(error).__name__}: {error}")
            self._settled.set()
        finally:
            self._end_server()

    def _spawn_or_attach(self) -> int:
        pid = self._running_pid()
        if pid is not None:
            self._child = None
            self._tell(f"re-attaching to the PostgreSQL that runs here (pid {pid})")
        else:
            (self.home.cluster / "postmaster.pid").unlink(missing_ok=True)
            self._child = self._spawn()
            pid = self._child.pid
        self._health = replace(self._health, state="starting", pid=pid)
        return pid

    def _spawn(self) -> subprocess.Popen[bytes]:
        home = self.home
        options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        options += ["-c", f"unix_socket_directories={home.sockets}"]
        with home.log.open("wb") as log:
            home.log.chmod(0o600)
            return subprocess.Popen(
                self._as_server_user([str(home.programs / "bin" / "postgres"), "-D", str(home.cluster), *options]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,  # Ctrl-C in the terminal is for us to pass on, in our order
            )

    def _as_server_user(self, program: list[str]) -> list[str]:
        child = str(Path(__file__).with_name("child.py"))
        who = [str(self.home.uid), str(self.home.gid), str(os.getpid()), str(int(signal.SIGINT))]
        return [sys.executable, "-I", "-S", child, *who, *program]

    def _running_pid(self) -> int | None:
        """The pid of a live server on our data, never of a stranger that got a dead server's pid."""
        try:
            pid = int((self.home.cluster / "postmaster.pid").read_text().split("\n", 1)[0])
            words = psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.Error):
            return None
        ours = bool(words) and Path(words[0]).name == "postgres" and str(self.home.cluster) in words
        return pid if ours else None

    def _wait_until_ready(self, pid: int) -> bool:
        began = told = time.monotonic()
        while not self._stopping.is_set():
            if not self._alive(pid):
                self._health = replace(self._health, last_error=self._log_tail())
                return False
            try:
                self._ensure_owner()
            except psycopg.Error as error:
                text = str(error).strip()
                if "starting up" in text or "recovery" in text:
                    self._health = replace(self._health, state="recovering", last_error=text)
                now = time.monotonic()
                if now - told >= 1.0:
                    told = now
                    self._tell(f"PostgreSQL is {self._health.state} ({now - began:.0f} s)")
                self._stopping.wait(POLL_S)
            else:
                self._health = replace(self._health, state="ready", pid=pid, last_error=None)
                return True
        return False

    def _wait_until_dead(self, pid: int) -> None:
        while not self._stopping.wait(POLL_S):
            if not self._alive(pid):
                return

    def _alive(self, pid: int) -> bool:
        if self._child is not None:
            return self._child.poll() is None
        return self._running_pid() == pid

    def _ensure_owner(self) -> None:
        """The server answers and has our owner role and database."""
        with psycopg.connect(self.home.url(user="postgres", database="postgres"), autocommit=True) as conn:
            if not conn.execute("select 1 from pg_roles where rolname = %s", [OWNER]).fetchone():
                conn.execute(f"create role {OWNER} login createrole")
            if not conn.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                conn.execute(f"create database {DATABASE} owner {OWNER}")

    def _end_server(self) -> None:
        pid = self._child.pid if self._child is not None else self._running_pid()
        if pid is None:
            return
        for how, patience_s in ((signal.SIGINT, FAST_STOP_S), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 5.0)):
            if not self._alive(pid):
                break
            os.kill(pid, how)
            deadline = time.monotonic() + patience_s
            while self._alive(pid) and time.monotonic() < deadline:
                time.sleep(0.01)
        self._child = None

    # --- the cluster on disk -------------------------------------------------------------------------------

    def _make_cluster(self) -> None:
        home = self.home
        version = home.cluster / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != str(MAJOR):
                raise DatabaseUnavailable(
                    f"{home.cluster} was made by PostgreSQL {found}, this is {MAJOR}",
                    todo="Dump it with the older program, or name another data directory",
                )
        else:
            self._tell("making the database (once)")
            self._initdb()
        (home.cluster / "pg_hba.conf").write_text("local all all peer map=hall\n")
        (home.cluster / "pg_ident.conf").write_text(f"hall {_user_name()} all\n")

    def _initdb(self) -> None:
        """Into a folder beside it, renamed when whole: a start cut short leaves nothing half made."""
        home = self.home
        partial = home.root / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        if home.uid >= 0:
            os.chown(partial, home.uid, home.gid)
        words = ["--encoding=UTF8", "--locale=C", "--data-checksums", "--username=postgres", "--auth=peer"]
        done = subprocess.run(
            self._as_server_user([str(home.programs / "bin" / "initdb"), "-D", str(partial), *words]),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        if done.returncode != 0:
            raise DatabaseUnavailable(
                f"initdb failed in {home.root}: {done.stderr.strip()[-500:]}",
                todo="Look for room on the disk and the folder's owner, then start again",
            )
        partial.rename(home.cluster)

    def _log_tail(self) -> str:
        text = self.home.log.read_text(errors="replace") if self.home.log.exists() else ""
        return text.strip()[-500:] or "it ended without a word"

    # --- one hall a data directory -------------------------------------------------------------------------

    def _take_lock(self) -> None:
        lock = self.home.lock.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            lock.close()
            raise DatabaseUnavailable(
                f"the data directory {self._directory} is in use by process {holder}",
                todo="Stop that hall, or name another directory with --data",
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        self._lock_file = lock

    def _drop_lock(self) -> None:
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None


def _user_name() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
