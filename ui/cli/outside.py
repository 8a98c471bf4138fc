"""A running hall from outside its processes: its registry, and its launcher that keeps the broker's files."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from iot.catalogue import load_kinds
from services.kernel.errors import Unavailable
from twin.enrolment import Enrolled, Enrolment
from twin.errors import NotFound, Refused
from twin.lobby import Guests
from twin.registry import Registry
from twin.store.database import Database
from ui.admitting import Keeper, door_of
from ui.launcher.datadir import DataDirectory
from ui.problems import NeedsAttention, WrongUsage
from ui.run_settings import RunSettings, read_run_settings

ACTOR = "system:enrol"


class OutsideHall:
    """What may be done without the server: every change is told to the launcher, and waited for."""

    def __init__(self, settings: RunSettings, launcher: int) -> None:
        self.site = settings.site
        self.door = door_of(settings)
        self.database = Database(settings.database)
        self.registry = Registry(site=settings.site, database=self.database, now_ms=_now_ms)
        self.registry.load()
        self.enrolment = Enrolment(
            registry=self.registry,
            database=self.database,
            kinds=load_kinds(Path(settings.kinds) if settings.kinds else None),
            random=os.urandom,
        )
        self.guests = Guests(
            site=settings.site, database=self.database, enrolment=self.enrolment, now_ms=_now_ms, random=os.urandom
        )
        self._keeper = Keeper(
            door=self.door,
            registry=self.registry,
            database=self.database,
            tell=lambda: os.kill(launcher, signal.SIGUSR1),
        )

    def take_over(self, made: Sequence[Enrolled] = ()) -> None:
        """Until our broker goes by it. A broker of somebody else's is told by its owner."""
        try:
            ours = self._keeper.take_over()
        except Unavailable as error:
            raise NeedsAttention(
                what="the hall did not take it over",
                where=str(self.door.folder),
                todo="Look at what the hall said last; after a restart of it the change counts.",
            ) from error
        for one in made:
            if not ours and one.hashed:
                print(
                    f"The broker is not ours: add this line to its password file: {one.key}:{one.hashed}",
                    file=sys.stderr,
                )


@contextmanager
def running_hall(data: Path) -> Iterator[OutsideHall]:
    launcher, run_file = DataDirectory.find_holder(data), data / "run.json"
    if launcher is None or not run_file.exists():
        raise NeedsAttention(
            what="no hall runs from this directory",
            where=str(data),
            todo="Start one (halltwin demo --data DIR), or name the directory of the one that runs with --data DIR.",
        )
    hall = OutsideHall(read_run_settings(run_file), launcher)
    try:
        yield hall
    except (Refused, NotFound) as error:
        raise WrongUsage(str(error)) from error
    finally:
        hall.database.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
