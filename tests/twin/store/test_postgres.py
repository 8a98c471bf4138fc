"""The embedded PostgreSQL: made, killed, re-attached, shared, stopped; as root and as a plain user."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from twin.errors import DatabaseUnavailable
from twin.store import postgres_home
from twin.store.postgres import EmbeddedPostgres
from twin.testing import wait_until

pytestmark = pytest.mark.integration
ROOT = Path(__file__).parents[3]
NOBODY = 65534

KILLED_PARENT = """
import os, sys
from pathlib import Path
from twin.store.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.health.pid, flush=True)
os.kill(os.getpid(), 9)
"""
PLAIN_USER = """
import os, sys
from pathlib import Path
import psycopg
from twin.store.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), tell=print)
with psycopg.connect(server.start()) as conn:
    conn.execute("create schema mine")
assert Path(f"/proc/{server.health.pid}").stat().st_uid == os.getuid() != 0
server.stop()
print("stopped")
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="halltwin-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    running = EmbeddedPostgres(folder / "postgres")
    running.start()
    yield running
    running.stop()


def servers_on(folder: Path) -> list[int]:
    """Every process whose command line names the folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if any(str(folder) in word for word in words) and Path(words[0]).name == "postgres":
            found.append(process.info["pid"])
    return found


def test_what_was_committed_survives_kill_9_and_the_server_comes_back_alone(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.url) as conn:
        conn.execute("create schema kept")
        conn.execute("create table kept.row (n int)")
        conn.execute("insert into kept.row select generate_series(1, 1000)")
    first = server.health.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: server.health.restarts == 1 and server.health.state == "ready")
    assert server.health.pid != first
    with psycopg.connect(server.url) as conn:
        assert conn.execute("select count(*), sum(n) from kept.row").fetchone() == (1000, 500_500)


def test_a_clean_stop_leaves_no_process_and_a_new_start_finds_the_data(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    with psycopg.connect(server.start()) as conn:
        conn.execute("create schema kept")
    assert servers_on(folder) != []
    server.stop()
    assert servers_on(folder) == []
    assert server.health.state == "stopped"
    with psycopg.connect(server.start()) as conn:
        assert conn.execute("select 1 from pg_namespace where nspname = 'kept'").fetchone() == (1,)
    server.stop()
    server.stop()


def test_a_second_hall_on_the_same_directory_is_told_who_holds_it(server: EmbeddedPostgres, folder: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match=f"in use by process {os.getpid()}") as refused:
        EmbeddedPostgres(folder / "postgres").start()
    assert "--data" in refused.value.todo
    assert server.health.state == "ready"


def test_a_killed_hall_leaves_nothing_running(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED_PARENT, str(folder / "postgres")], cwd=ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    wait_until(lambda: not psutil.pid_exists(int(done.stdout)))
    wait_until(lambda: servers_on(folder) == [])


def test_a_server_whose_hall_died_is_taken_over(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "postgres")
    first.start()
    pid = first.health.pid
    first._drop_lock()  # as the kernel does for a killed hall; its server is made to live on
    told: list[str] = []
    second = EmbeddedPostgres(folder / "postgres", tell=told.append)
    second.start()
    assert second.health.pid == pid
    assert any("re-attaching" in line for line in told)
    second.stop()
    assert pid not in servers_on(folder)  # the first, alive here after all, may have begun another by now
    first.stop()
    assert servers_on(folder) == []


def test_a_stale_pid_file_that_names_a_stranger_is_no_obstacle(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    server.stop()
    (server.home.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{server.home.cluster}\n")
    server.start()
    assert server.health.state == "ready"
    server.stop()


def test_a_broken_cluster_says_what_is_wrong(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    server.stop()
    shutil.rmtree(server.home.cluster / "global")
    with pytest.raises(DatabaseUnavailable, match="did not start") as refused:
        server.start()
    assert str(server.home.log) in refused.value.todo
    assert servers_on(folder) == []


def test_a_cluster_of_another_version_is_refused(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "postgres")
    server.start()
    server.stop()
    (server.home.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(DatabaseUnavailable, match="made by PostgreSQL 15"):
        server.start()


def test_no_folder_above_ours_changes_and_an_unreachable_one_is_explained(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become another user")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    home = postgres_home.prepare(closed / "data")
    assert home.root != closed / "data"
    assert closed.stat().st_mode & 0o777 == 0o700
    assert str(home.root) in home.notes[0]
    assert postgres_home.can_walk(home.cluster, home.uid, home.gid)
    assert postgres_home.prepare(closed / "data").root == home.root
    shutil.rmtree(home.root)


def test_what_a_temporary_folder_left_elsewhere_is_swept_once_it_is_gone(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become another user")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    gone, kept = (postgres_home.prepare(closed / name) for name in ("gone", "kept"))
    shutil.rmtree(gone.asked)
    third = postgres_home.prepare(closed / "third")
    assert [home.root.exists() for home in (gone, kept, third)] == [False, True, True]
    for home in (kept, third):
        shutil.rmtree(home.root)


def test_it_runs_from_a_checkout_that_only_root_may_enter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become another user")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    installed = postgres_home.find_programs()
    package = closed / installed.parent.name
    shutil.copytree(installed, package / installed.name, symlinks=True)
    shutil.copytree(f"{installed.parent}.libs", f"{package}.libs")
    monkeypatch.setattr(postgres_home, "find_programs", lambda: package / installed.name)
    server = EmbeddedPostgres(closed / "data")
    with psycopg.connect(server.start()) as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(server.home.root)


def plain_python() -> str | None:
    """An interpreter of this version that user nobody may start."""
    candidates = (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
    for program in candidates:
        real = Path(program).resolve()
        if real.is_file() and all(postgres_home.can_walk(p, NOBODY, NOBODY) for p in (real, Path(program))):
            return program
    return None


def test_a_plain_user_runs_it_too(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests run it as a plain user")
    program = plain_python()
    if program is None or shutil.which("setpriv") is None or not postgres_home.can_walk(ROOT / "twin", NOBODY, NOBODY):
        pytest.skip("no setpriv, or a plain user may not reach the interpreter or this checkout")
    folder.chmod(0o777)
    packages = Path(psycopg.__file__).parents[1]
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", program, "-c", PLAIN_USER,
         str(folder / "plain")],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"HOME": str(folder), "PATH": os.defpath, "PYTHONPATH": f"{ROOT}{os.pathsep}{packages}",
             "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.stdout.endswith("stopped\n"), done.stderr
    assert servers_on(folder) == []
