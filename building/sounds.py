"""How a name can be typed: its characters, their pinyin in every reading, the initials, or any mix of these."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Sounds: TypeAlias = tuple[frozenset[str], ...]
"""For each character all that may be typed for it: itself and its toneless readings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where in the name the typed letters begin, whether they reach its end, and whether no syllable was cut short."""

    start: int
    to_end: bool
    whole: bool


def normalise(words: str) -> str:
    """Full-width forms, case and outer space do not matter."""
    return unicodedata.normalize("NFKC", words).casefold().strip()


@lru_cache(maxsize=16_384)
def sounds_of(name: str) -> Sounds:
    from pypinyin import Style, pinyin

    out = []
    for c in normalise(name):
        if c.isspace():
            continue
        readings = pinyin(c, style=Style.NORMAL, heteronym=True)[0] if "\u3400" <= c <= "\u9fff" else []
        said = {r.casefold() for r in readings}
        out.append(frozenset({c, *said, *(r.replace("v", "u") for r in said)}))
    return tuple(out)


def find_match(typed: str, sounds: Sounds) -> Match | None:
    """The best place in the name where ``typed`` can be read off, syllable by syllable; None where there is none."""
    letters = "".join(typed.split())
    if not letters:
        return None
    best: Match | None = None
    for start in range(len(sounds)):
        # the lengths of ``letters`` consumed so far, and whether by whole syllables only
        reached = {(0, True)}
        for n in range(start, len(sounds)):
            reached = {
                (done + used, whole and used == len(said))
                for done, whole in reached
                for said in sounds[n]
                for used in _used(letters, done, said)
            }
            ends = [whole for done, whole in reached if done == len(letters)]
            if ends:
                found = Match(start=start, to_end=n == len(sounds) - 1, whole=any(ends))
                best = found if best is None or _rank(found) < _rank(best) else best
                break
            if not reached:
                break
    return best


def _used(letters: str, done: int, said: str) -> list[int]:
    """How many letters of ``said`` may have been typed here: its first, or up to all of it."""
    same = 0
    while same < len(said) and done + same < len(letters) and letters[done + same] == said[same]:
        same += 1
    return list(range(1, same + 1))


def _rank(match: Match) -> tuple[bool, bool, bool]:
    return (match.start > 0, not match.to_end, not match.whole)
