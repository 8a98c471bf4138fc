"""The one directory that holds a hall's data, secrets and logs, and the lock that gives it one owner."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from ui.problems import NeedsAttention

VAULT_KEY = "vault.key"
PRIVATE = (VAULT_KEY, "run.json", "devices.json", "simulators.json", "audit/*.key", "authority/*.key")
"""What nobody but the owner may read."""


class DataDirectory:
    """Opens (and makes) the directory and holds its lock until ``close``."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock: IO[str] = (self.path / "hall.lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise NeedsAttention(
                what=f"the data directory cannot be written ({error.strerror})",
                where=str(self.path),
                todo="Name another one with --data DIR.",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            raise NeedsAttention(
                what=f"another hall runs from this directory (process {holder})",
                where=str(self.path),
                todo=f"Stop it (kill {holder}) or name another directory with --data DIR.",
            ) from error
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def close(self) -> None:
        self._lock.truncate(0)
        self._lock.close()

    @staticmethod
    def find_holder(path: Path) -> int | None:
        """The process that runs a hall from this directory, None where none does."""
        try:
            with (path / "hall.lock").open("r+", encoding="utf-8") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    word = lock.read().strip()
                    return int(word) if word.isdigit() else None
        except OSError:
            return None
        return None

    def check_private(self) -> None:
        """Raises where somebody opened a secret to others since it was written."""
        for path in (path for pattern in PRIVATE for path in self.path.glob(pattern)):
            if path.stat().st_mode & 0o077:
                raise NeedsAttention(
                    what="other users of this machine may read a secret of the hall",
                    where=str(path),
                    todo=f"Close it: chmod 600 {path}. If others were there, have it renewed (docs/security/keys.md).",
                )

    @property
    def vault_key(self) -> Path:
        """The key that personal data are sealed with: lose it and they are gone."""
        return self.path / VAULT_KEY

    def write_private(self, name: str, document: object) -> Path:
        """Write JSON that only the owner can read, whole or not at all."""
        path = self.path / name
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False)
        draft.replace(path)
        return path

    def log(self, name: str) -> Path:
        folder = self.path / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / f"{name}.log"
