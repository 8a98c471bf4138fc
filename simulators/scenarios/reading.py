"""Reads a scenario by name or from a file; everything wrong with it is told at once, each with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.durations import complain, find_duration_s
from simulators.faults.catalogue import suggest
from simulators.orders import TARGET_KEYS, Planned, When, read_order
from simulators.scenarios.lines import Place, find_lines
from simulators.scenarios.scenario import Arrivals, DeviceSetup, Scenario

FILE_BYTES_MAX = 1_000_000
BUFFER_MAX = 100_000
_TIMES = ("at", "every", "between")
_DOES = ("set", "power", "event", "fault", "clear", "skew_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """``line`` 0: of the file as a whole."""

    line: int
    what: str


class BadScenario(Exception):
    """A scenario that cannot be played; says everything that is wrong with it."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: p.line))
        lines = [f"{file}:{p.line}: {p.what}" if p.line else f"{file}: {p.what}" for p in self.problems]
        super().__init__("\n".join(lines))


def list_scenarios() -> tuple[str, ...]:
    """The names of those that come with the program."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.toml")))


def load_scenario(word: str) -> Scenario:
    """By name, or the path of a file."""
    path = Path(word)
    if not path.suffix and word in list_scenarios():
        path = Path(__file__).parent / f"{word}.toml"
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        names = list_scenarios()
        todo = f"give one of {', '.join(names)}{suggest(word, names)}, or the path of a TOML file"
        raise BadScenario(word, [Problem(line=0, what=f"cannot be read ({error}); {todo}")]) from error
    if len(raw) > FILE_BYTES_MAX:
        raise BadScenario(word, [Problem(line=0, what=f"is larger than {FILE_BYTES_MAX} bytes")])
    return parse_scenario(text, file=word)


def parse_scenario(text: str, *, file: str) -> Scenario:
    try:
        body = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise BadScenario(file, [Problem(line=int(line[1]) if line else 0, what=f"no TOML: {error}")]) from error
    reading = _Reading(body, find_lines(text))
    scenario = reading.scenario()
    if reading.problems:
        raise BadScenario(file, reading.problems)
    return scenario


class _Reading:
    """One pass over the tables; what is wrong is gathered, not raised."""

    def __init__(self, body: Mapping[str, Any], lines: Mapping[Place, int]) -> None:
        self._body, self._lines = body, lines
        self.problems: list[Problem] = []

    def scenario(self) -> Scenario:
        self._know(("", 0), self._body, ("title", "visitors", "devices", "event", "fault"))
        title = self._body.get("title", "")
        if not isinstance(title, str):
            self._complain(("", 0, "title"), f"title is a text, not {title!r}")
        arrivals, inside = self._visitors()
        tables = [(("devices", n), table) for n, table in self._tables("devices")]
        setups = [self._setup(at, table) for at, table in tables]
        planned = [
            self._planned((name, n), table) for name in ("event", "fault") for n, table in self._tables(name)
        ]  # fmt: skip
        return Scenario(
            title=str(title), arrivals=arrivals, inside_at_start=inside, planned=tuple(planned), setups=tuple(setups)
        )

    # --- people

    def _visitors(self) -> tuple[tuple[Arrivals, ...], int]:
        table = self._body.get("visitors", {})
        if not isinstance(table, dict):
            self._complain(("", 0, "visitors"), "visitors is a table: write [visitors] on a line of its own")
            return (), 0
        at = ("visitors", 0)
        self._know(at, table, ("arrivals_per_h", "inside_at_start", "change"))
        arrivals = [Arrivals(from_s=0.0, per_h=self._number((*at, "arrivals_per_h"), table, 0, 100_000, 0))]
        for n, change in self._tables("visitors.change", table.get("change", [])):
            place = ("visitors.change", n)
            self._know(place, change, ("at", "arrivals_per_h"))
            from_s = self._duration((*place, "at"), change, needed=True) or 0.0
            per_h = self._number((*place, "arrivals_per_h"), change, 0, 100_000, None)
            arrivals.append(Arrivals(from_s=from_s, per_h=per_h))
        inside = self._number((*at, "inside_at_start"), table, 0, 10_000, 0)
        return tuple(sorted(arrivals, key=lambda a: a.from_s)), int(inside)

    # --- devices

    def _setup(self, at: tuple[str, int], table: Mapping[str, Any]) -> DeviceSetup:
        self._know(at, table, (*TARGET_KEYS, "buffer", "beat", "keepalive"))
        order, wrong = read_order({key: value for key, value in table.items() if key in TARGET_KEYS})
        self._complain_all(at, wrong)
        beat_s, keepalive_s = self._duration((*at, "beat"), table), self._duration((*at, "keepalive"), table)
        if beat_s is not None and beat_s < 0.1:
            self._complain((*at, "beat"), "a beat is 0.1 s at least")
        if keepalive_s is not None and not 2 <= keepalive_s <= 65_535:
            self._complain((*at, "keepalive"), "a keepalive is from 2 s to 65,535 s")
        buffer = self._number((*at, "buffer"), table, 0, BUFFER_MAX, 0) if "buffer" in table else None
        return DeviceSetup(
            target=order.target, buffer=None if buffer is None else int(buffer), beat_s=beat_s,
            keepalive_s=None if keepalive_s is None else round(keepalive_s),
        )  # fmt: skip

    def _planned(self, at: tuple[str, int], table: Mapping[str, Any]) -> Planned:
        order, wrong = read_order({key: value for key, value in table.items() if key not in _TIMES})
        self._complain_all(at, wrong)
        if not any(key in table for key in _DOES):
            self._complain((*at, ""), f"says nothing to do: give one of {', '.join(_DOES)}")
        if not any(key in table for key in TARGET_KEYS):
            self._complain((*at, ""), "names no devices: give device, devices, kind, kinds, or share = 1.0 for all")
        return Planned(when=self._when(at, table), order=order)

    def _when(self, at: tuple[str, int], table: Mapping[str, Any]) -> When:
        if not any(key in table for key in _TIMES):
            self._complain((*at, ""), 'says no time: give at = "5 min", every = "10 min" or between = ["5 min", "1 h"]')
        at_s, every_s = self._duration((*at, "at"), table), self._duration((*at, "every"), table)
        if every_s is not None and every_s < 0.1:
            self._complain((*at, "every"), "every is 0.1 s at least")
            every_s = 0.1
        if "at" in table and "between" in table:
            self._complain((*at, "at"), "give at or between, not both")
        return When(at_s=at_s, every_s=every_s, between=self._between((*at, "between"), table))

    def _between(self, place: Place, table: Mapping[str, Any]) -> tuple[float, float] | None:
        value = table.get("between")
        if value is None:
            return None
        ends = [find_duration_s(end) for end in value] if isinstance(value, list) else []
        match ends:
            case [float(first), float(last)] if first <= last:
                return first, last
        self._complain(
            place, f'between is two durations, the first not above the last: ["5 min", "1 h"], not {value!r}'
        )
        return None

    # --- small things

    def _tables(self, name: str, found: Any = None) -> list[tuple[int, Mapping[str, Any]]]:
        found = self._body.get(name, []) if found is None else found
        if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
            self._complain((name, 0, ""), f"{name} is a list of tables: write [[{name}]] above each")
            return []
        return list(enumerate(found))

    def _number(
        self, place: Place, table: Mapping[str, Any], low: float, high: float, default: float | None
    ) -> float:  # fmt: skip
        value = table.get(place[2], default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            said = "is missing" if value is None else f"is {value!r}"
            self._complain(place, f"{place[2]} {said}: give a number from {low:g} to {high:g}")
            return low
        return value

    def _duration(self, place: Place, table: Mapping[str, Any], *, needed: bool = False) -> float | None:
        value = table.get(place[2])
        seconds = find_duration_s(value)
        if seconds is None and (needed or value is not None):
            self._complain(place, f"{place[2]}: {complain(value)}" if value is not None else f"{place[2]} is missing")
        return seconds

    def _know(self, at: tuple[str, int], table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                self._complain((*at, key), f"unknown: {key!r}{suggest(key, known)}; known: {', '.join(known)}")

    def _complain_all(self, at: tuple[str, int], wrong: Sequence[tuple[str, str]]) -> None:
        for key, what in wrong:
            self._complain((*at, key), what)

    def _complain(self, place: Place, what: str) -> None:
        table, which, key = place
        line = self._lines.get(place) or self._lines.get((table, which, "")) or self._lines.get((key, 0, "")) or 0
        self.problems.append(Problem(line=line, what=what))
