"""A child process that writes its own log, dies with us, and is restarted with growing pauses."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

_PR_SET_PDEATHSIG = 1
RESTART_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S = 60.0
"""Who ran this long and dies is started again at once, as the first time."""
LOG_BYTES_MAX, LOGS_KEPT = 32 * 1024**2, 4
"""Of the log of one child, and how many full ones are kept behind it."""


class Child:
    """``start`` it, ask ``poll`` now and then, ``stop`` it; nothing is left behind when we are killed."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        pass_fds: tuple[int, ...] = (),
        env: dict[str, str] | None = None,
    ) -> None:
        self.name, self._command, self._log = name, list(command), log
        self._pass_fds, self._env = pass_fds, env
        self._process: subprocess.Popen[bytes] | None = None
        self._restart_at_s: float | None = None
        self._up_since_s: float | None = None
        self._failures = 0
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll() if self._process else None

    def start(self) -> None:
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the launcher alone, which stops its children in order.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=self._pass_fds,
                env={**os.environ, **(self._env or {})},
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - two system calls, safe between fork and exec
            )

    def poll(self, now_s: float) -> bool:
        """True while it runs; once dead it is started again after a pause that grows each time it dies young."""
        if self.exit_code is None and self._process:
            self._up_since_s = now_s if self._up_since_s is None else self._up_since_s
            roll(self._log)
            return True
        if self._restart_at_s is None:
            if self._up_since_s is not None and now_s - self._up_since_s >= STEADY_S:
                self._failures = 0
            self._restart_at_s = now_s + RESTART_PAUSES_S[min(self._failures, len(RESTART_PAUSES_S) - 1)]
        elif now_s >= self._restart_at_s:
            self._restart_at_s = self._up_since_s = None
            self._failures, self.restarts = self._failures + 1, self.restarts + 1
            self.start()
        return False

    def interrupt(self) -> None:
        self.tell(signal.SIGTERM)

    def tell(self, number: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self, *, within_s: float, on_kill: Callable[[str], None]) -> None:
        """Ask it to end; kill it when it has not by then."""
        if not self._process:
            return
        self.interrupt()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            on_kill(self.name)
            self._process.kill()
            self._process.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, to show when it would not start."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def roll(log: Path, *, bytes_max: int = LOG_BYTES_MAX, kept: int = LOGS_KEPT) -> None:
    """Sets a full log aside (``.1`` is the newest) and empties it: its writer only ever appends, and goes on."""
    if log.stat().st_size < bytes_max:
        return
    aside = [log.with_name(f"{log.name}.{n}") for n in range(1, kept + 1)]
    for newer, older in reversed([*pairwise(aside)]):
        if newer.exists():
            newer.replace(older)
    shutil.copy2(log, aside[0])
    os.truncate(log, 0)


def _die_with_parent() -> None:
    # The word to read credentials again must not kill a child that has no ear for it yet.
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
