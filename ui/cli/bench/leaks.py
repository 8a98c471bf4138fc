"""Plants numbers and secrets of people through the real API, and looks for them everywhere a hall leaves anything.

Everywhere: a backup's tables, the database's own files (rows, indexes, and its log of changes, where every committed
row stands at once), the data folder with all logs, what the programs said, metrics, screens, and every answer.
"""

from __future__ import annotations

import gzip
import random
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx2

from twin.store.backup.dump import dump
from twin.store.postgres_home import POINTER
from ui.cli.bench.step import Figures, Step
from ui.launcher.reach import POSTGRES
from ui.testing import DemoHall, demo_hall

PLANTED = 1_000
PER_PERSON, PER_VISIT = 3, 2
"""A person has a phone, an ID number and a password; a visit a phone and, in what is said of it, an ID number."""
KNOWN = b"queue.ticket."
"""Stands in the audit for each ticket."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(slots=True)
class Planted:
    """By what it is; ``told`` is every answer the hall gave to those who planted."""

    values: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


def steps() -> list[Step]:
    def measure() -> Figures:
        with demo_hall() as hall:
            return look(hall, plant(hall, PLANTED, seed=1))

    return [
        Step(
            name=f"{PLANTED} numbers and secrets of people",
            measure=measure,
            kept=lambda f: f["planted"] >= PLANTED and f["found"] == 0 and f["control"] > 0,
        )
    ]


class Users(Protocol):
    """Those who use a hall: a client for each role, and for nobody in particular."""

    def as_(self, role: str | None = None) -> httpx2.Client: ...


def plant(hall: Users, count: int, *, seed: int) -> Planted:
    """Half of them with people, half with visits and what is said of them."""
    rng, planted = random.Random(seed), Planted()  # noqa: S311 - must repeat
    for _ in range(count // 2 // PER_PERSON + 1):
        _plant_person(hall.as_("admin"), planted, rng)
    clerk, visitor = hall.as_("clerk"), hall.as_()
    window, queue = _open_window(clerk)
    for _ in range(count // 2 // PER_VISIT + 1):
        _plant_visit(clerk, visitor, planted, rng, window=window, queue=queue)
    _get(clerk.post(f"/queue/windows/{window}/close"))
    return planted


def look(hall: DemoHall, planted: Planted) -> Figures:
    """``control``: how often what must be there was found by the same way of looking, where it was found least."""
    wanted = re.compile(b"|".join(re.escape(value.encode()) for value in planted.values))
    places: dict[str, int] = {}
    known: dict[str, int] = {}
    for place, raw in _everywhere(hall, planted):
        places[place] = places.get(place, 0) + len(wanted.findall(raw))
        known[place] = known.get(place, 0) + raw.count(KNOWN)
    control = min(known[place] for place in ("dump", "database files"))
    return {"planted": len(planted.values), "found": sum(places.values()), "control": control, "places": places}


def _plant_person(admin: httpx2.Client, planted: Planted, rng: random.Random) -> None:
    phone, number, password = _phone(rng), id_number(rng), f"Pw-{rng.randbytes(12).hex()}"
    # What is refused must not be told or logged either.
    refused = admin.post("/accounts/users", json={"user": "x", "password": password, "name": number, "phone": number})
    person = {"user": f"planted{rng.randrange(10**9)}", "name": "张三", "kind": "staff", "roles": ["clerk"]}
    made = _get(
        admin.post("/accounts/users", json=person | {"password": password, "phone": phone, "id_number": number})
    )
    planted.values += [phone, number, password]
    planted.told += [refused.text, str(made)]


def _open_window(clerk: httpx2.Client) -> tuple[str, str]:
    """One that nobody holds, and the department that waits there."""
    for window in _get(clerk.get("/queue/windows")):
        if window["department"] and not clerk.post(f"/queue/windows/{window['number']}/open").is_error:
            return window["number"], window["department"]
    raise AssertionError("no window could be opened")


def _plant_visit(
    clerk: httpx2.Client, visitor: httpx2.Client, planted: Planted, rng: random.Random, *, window: str, queue: str
) -> None:
    phone, number = _phone(rng), id_number(rng)
    refused = visitor.post("/queue/tickets", json={"department": queue, "phone": f"{phone}x{number}"})
    ticket = _get(visitor.post("/queue/tickets", json={"department": queue, "phone": phone}))
    for act in ("call-next", "start", "finish"):
        planted.told.append(str(_get(clerk.post(f"/queue/windows/{window}/{act}"))))
    said = {"token": ticket["token"], "level": 5, "tags": [], "text": f"我是{number}，电话{phone}，没人理我"}
    planted.told += [refused.text, str(ticket), str(_get(visitor.post("/evaluations", json=said)))]
    planted.values += [phone, number]


def _everywhere(hall: DemoHall, planted: Planted) -> Iterator[tuple[str, bytes]]:
    with tempfile.TemporaryDirectory(prefix="ht-") as name:
        dump(hall.document["database"], Path(name), tell=lambda _: None)
        for path in sorted(Path(name).rglob("*.gz")):
            yield "dump", gzip.decompress(path.read_bytes())
    pointer = hall.data / POSTGRES / POINTER
    home = Path(pointer.read_text(encoding="utf-8").strip()) if pointer.is_file() else hall.data / POSTGRES
    yield from _files("database files", home)
    yield from _files("data folder", hall.data)
    yield "said", hall.out.read_bytes() + hall.err.read_bytes()
    with httpx2.Client(base_url=hall.document["url"]) as client:
        yield "metrics", client.get("/metrics").content
    yield "answers", "\n".join(planted.told).encode()
    # What visitors wrote as a manager reads it, what was done, and who is known here.
    for role, route in (("manager", "/evaluations/summary"), ("audit_admin", "/audit"), ("admin", "/accounts/users")):
        yield "screens", str(_get(hall.as_(role).get(route))).encode()


def _files(place: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                yield place, path.read_bytes()
            except FileNotFoundError:
                continue  # the server has just removed it


def _get(answer: httpx2.Response) -> Any:
    if answer.is_error:
        raise AssertionError(f"{answer.request.url}: {answer.status_code} {answer.text}")
    found: Mapping[str, Any] | list[Any] = answer.json()
    return found


def _phone(rng: random.Random) -> str:
    return f"13{rng.randrange(10**9):09}"


def id_number(rng: random.Random) -> str:
    """One with its check digit."""
    first = (
        f"110105{rng.randrange(1950, 2005)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{rng.randrange(1000):03}"
    )
    total = sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]
