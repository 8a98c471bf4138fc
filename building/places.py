"""What people call places: a word becomes one place, or an error that lists what it may have meant."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from building.errors import AmbiguousPlace, Candidate, PlaceError, UnknownPlace
from building.gazetteer import SEARCHED, Entry, Found, list_entries
from building.model import OUT, XY, Building, Text
from building.shapes import contains
from building.sounds import Match, find_match, normalise, sounds_of
from building.texts import text

MAX_QUERY = 80
SUGGESTIONS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot one can go to. For ``OUT`` there is no floor and no point: any entrance will do."""

    id: str
    floor: str
    at: XY
    name: Text
    kind: str = "point"
    number: str | None = None


OUTSIDE = Place(id=OUT, floor="", at=(math.nan, math.nan), name={"zh": "室外", "en": "Outside"}, kind="outside")


def resolve(b: Building, word: str) -> Place:
    """The one place the word means: ``OUT``, an id, a source id, a number, a name, or ``FLOOR@x,y``."""
    if normalise(word) == OUT.casefold():
        return OUTSIDE
    if "@" in word and (spot := _find_spot(b, word)):
        return spot
    wanted = normalise(word)
    entries = [e for e in list_entries(b) if e.place.at is not None] if wanted else []
    exact = _merged([e for e in entries if word.strip() in _ids(e)])
    if len(exact) == 1:  # GlobalIds differ by case alone; people do not mind it
        return _place(exact[0])
    for answers in (_by_id, _by_number, _by_name_first, _by_name):
        matching = _merged([e for e in entries if answers(e, wanted)])
        if len(matching) == 1:
            return _place(matching[0])
        if matching:
            raise AmbiguousPlace(
                f"{word!r} is the name of {len(matching)} places", query=word, candidates=_candidates(b, matching)
            )
    raise UnknownPlace(f"no place is called {word!r}", query=word, candidates=_candidates(b, _close(b, wanted)))


def search(b: Building, q: str, limit: int = 12) -> list[Found]:
    """Places for what has been typed so far, best first: characters, pinyin, initials, English words, numbers."""
    return [e.place for e in _search(b, normalise(q[:MAX_QUERY]))[:limit]]


@lru_cache(maxsize=1_024)
def _search(b: Building, typed: str) -> tuple[Entry, ...]:
    """All answers. Kept, because everybody types the same few beginnings."""
    if not typed:
        return ()
    looked_for = (e for e in list_entries(b) if e.searched)
    ranked = [(rank, not e.public, n, e) for n, e in enumerate(looked_for) if (rank := _rank(e, typed)) is not None]
    ranked.sort(key=lambda item: item[:3])
    return tuple(_merged([e for *_, e in ranked]))


def _ids(e: Entry) -> tuple[str, ...]:
    bare = e.source.partition(":")[2] if e.source else None
    return (e.place.id, *(s for s in (e.source, bare) if s))


def _by_id(e: Entry, wanted: str) -> bool:
    return wanted in (name.casefold() for name in _ids(e))


def _by_number(e: Entry, wanted: str) -> bool:
    key = e.place.id.split(":", 2)[-1]
    return wanted in (normalise(key), normalise(e.place.number or ""))


def _by_name_first(e: Entry, wanted: str) -> bool:
    return e.place.kind in SEARCHED and _by_name(e, wanted)


def _by_name(e: Entry, wanted: str) -> bool:
    return wanted in e.names


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """A room and the point of interest in it with the same name are one place: the point."""
    points = {(e.space, name) for e in entries if e.place.kind == "poi" for name in e.names}
    return [
        e for e in entries if e.place.kind != "space" or not any((e.place.id, name) in points for name in e.names)
    ]  # fmt: skip


def _rank(e: Entry, typed: str) -> int | None:
    """How well the entry answers: 0 is exactly; None not at all."""
    number, words = normalise(e.place.number or ""), typed.split()
    heard = [_how_well(m) for s in e.sounds if (m := find_match(typed, s))]
    answers = (
        (0, typed == number or typed in e.names),
        (1, number.startswith(typed)),
        (2, any(all(any(w.startswith(t) for w in name.split()) for t in words) for name in e.names)),
        (min(heard, default=0), bool(heard)),
        (7, any(typed in name for name in e.names)),
        (8, any(find_match(typed, sounds_of(t)) or typed in normalise(t) for t in e.topics)),
    )
    return next((rank for rank, true in answers if true), None)


def _how_well(m: Match) -> int:
    return 3 + (2 if m.start else 0) + (0 if m.to_end or m.whole else 1)


def _place(e: Entry) -> Place:
    found = e.place
    if found.at is None:
        raise PlaceError(f"{found.id} has no point", query=found.id)
    return Place(
        id=found.id, floor=found.floor or "", at=found.at, name=found.name, kind=found.kind, number=found.number
    )


def _find_spot(b: Building, word: str) -> Place | None:
    """``FLOOR@x,y``; None where it is not written like that (a name may hold an @)."""
    level, _, spot = word.rpartition("@")
    try:
        x, y = (float(v) for v in spot.split(","))
    except ValueError:
        return None
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    wanted = normalise(level)
    floors = [
        f for f in b.floors if wanted in {normalise(v) for v in (f.id, f.key, f.number, *f.name.values())}
    ]  # fmt: skip
    if len(floors) != 1:
        known = ", ".join(f.number for f in b.floors)
        raise UnknownPlace(f"there is no floor {level!r}; the floors are {known}", query=word)
    floor = floors[0]
    here = next((s for s in b.spaces if s.floor == floor.id and contains(s.footprint, (x, y))), None)
    named: Text = here.name if here else floor.name
    return Place(id=f"{floor.number}@{x:g},{y:g}", floor=floor.id, at=(x, y), name=named)


def _close(b: Building, wanted: str) -> Sequence[Entry]:
    found = _search(b, wanted[:MAX_QUERY])[:SUGGESTIONS]
    if found:
        return found
    by_name = {
        name: e
        for e in list_entries(b)
        if e.place.kind in SEARCHED
        for name in (*e.names, normalise(e.place.number or ""))
    }
    return [by_name[n] for n in difflib.get_close_matches(wanted, list(by_name), n=SUGGESTIONS)]


def _candidates(b: Building, entries: Sequence[Entry]) -> list[Candidate]:
    numbers = {f.id: f.number for f in b.floors}
    return [
        Candidate(
            id=e.place.id,
            name=text(e.place.name),
            number=e.place.number,
            floor=numbers.get(e.place.floor or "", ""),
            source_id=e.source.partition(":")[2] if e.source else None,
        )
        for e in entries
    ]
