"""Finds service items by what people type: characters, everyday words, pinyin, initials, English, small slips.

A query and a phrase are compared as sets of features (characters and pairs of them, letter triples of the pinyin,
the initials, English words). A score is the share of the query that an item explains, rare features counting more,
so that a threshold means the same for every query: below ``MIN_SCORE`` the honest answer is nothing.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.guide.phonetic import initials, is_chinese, normalise, readings, syllables

MIN_SCORE = 0.42
MAX_QUERY = 60
MAX_INITIALS = 8
CANDIDATES = 60

_SAID_AROUND = re.compile(
    r"我想|请问|怎么办?|如何|哪里|哪儿|在哪|去哪|什么|需要|可以|办理|一下|多少|手续|材料|能不能|我|要|吗|呢|的|了|^办"
)
"""Words of asking, not of the thing asked for. Nothing else said: nothing is found."""
_STOP_WORDS = frozenset(
    {"a", "an", "the", "my", "i", "to", "for", "of", "how", "do", "get", "and", "in", "is", "where"}
)
_WORD = re.compile(r"[a-z0-9]+")
_HOMOPHONE, _PINYIN, _SLIP = 0.85, 0.95, 0.8
_SINGLE = 0.5
"""One character says less than two neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """``names`` are what it is called, ``aliases`` what people say, ``context`` helps only beside them."""

    key: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """``score`` 0..1: how much of the query the item explains."""

    key: str
    score: float


@dataclass(frozen=True, slots=True)
class _Phrase:
    features: frozenset[str]
    weight: float


class SearchIndex:
    """Built once from all documents; a search reads only those that share a feature with the query."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._phrases: dict[str, tuple[_Phrase, ...]] = {}
        self._having: defaultdict[str, set[str]] = defaultdict(set)
        self._words: defaultdict[str, set[str]] = defaultdict(set)
        for document in documents:
            phrases = [
                *(_Phrase(_features(t), 1.0) for t in (document.key, *document.names)),
                *(_Phrase(_features(t), 0.97) for t in document.aliases),
                *(_Phrase(_features(t), 0.6) for t in document.context),
            ]
            self._phrases[document.key] = tuple(phrases)
            for feature in frozenset().union(*(p.features for p in phrases)):
                self._having[feature].add(document.key)
                if feature.startswith("w:"):
                    self._words[feature[2:3]].add(feature[2:])

    def search(self, query: str, *, limit: int = 20) -> list[Hit]:
        """The best first; equal ones by their key."""
        best: dict[str, float] = {}
        for features, factor in self._meanings(normalise(query)[:MAX_QUERY]):
            for key, score in self._score(features).items():
                best[key] = max(best.get(key, 0.0), score * factor)
        hits = [Hit(key=k, score=round(s, 4)) for k, s in best.items() if s >= MIN_SCORE]
        return sorted(hits, key=lambda h: (-h.score, h.key))[:limit]

    def _meanings(self, query: str) -> list[tuple[list[str], float]]:
        """What the query may be, as features, and how far to trust that."""
        core = _SAID_AROUND.sub("", query)
        chinese = "".join(c for c in core if is_chinese(c))
        letters = "".join(_WORD.findall(core))
        meanings: list[tuple[list[str], float]] = []
        words = [w for w in _WORD.findall(core) if w not in _STOP_WORDS]
        known = [self._nearest_word(w) for w in words]
        meanings.append(([*_pairs(chinese), *(f"w:{w}" for w, _ in known)], min((f for _, f in known), default=1.0)))
        if chinese:
            meanings.append((_sounds(syllables(chinese)), _HOMOPHONE))
        elif len(letters) >= 2 and letters.isalpha():
            meanings.append(([f"t:{t}" for t in _triples(letters)], _PINYIN))
            if len(letters) <= MAX_INITIALS:
                meanings.append(([f"i:{letters}"], _PINYIN))
        return [(features, factor) for features, factor in meanings if features]

    def _nearest_word(self, word: str) -> tuple[str, float]:
        """The word itself, a known one it begins, or one a slip away."""
        known = self._words[word[:1]]
        if word in known or len(word) < 3:
            return word, 1.0
        if longer := sorted((w for w in known if w.startswith(word)), key=lambda w: (len(w), w)):
            return longer[0], 0.95
        near = sorted(w for w in known if len(word) >= 4 and abs(len(w) - len(word)) <= 1 and one_slip(word, w))
        return (near[0], _SLIP) if near else (word, 1.0)

    def _score(self, features: Sequence[str]) -> dict[str, float]:
        weights = {f: self._rarity(f) * (_SINGLE if f[0] in "cs" and "+" not in f else 1.0) for f in features}
        total = sum(weights.values())
        rough: defaultdict[str, float] = defaultdict(float)
        for feature, weight in weights.items():
            for key in self._having.get(feature, ()):
                rough[key] += weight
        nearest = sorted(rough, key=lambda k: (-rough[k], k))[:CANDIDATES]
        return {key: max(self._match(p, weights, total) for p in self._phrases[key]) for key in nearest}

    @staticmethod
    def _match(phrase: _Phrase, weights: dict[str, float], total: float) -> float:
        """Mostly how much of the query is in the phrase, a little how much else the phrase says."""
        shared = phrase.features & weights.keys()
        explained = sum(weights[f] for f in shared) / total
        kind = next(iter(weights))[0]
        said = sum(1 for f in phrase.features if f[0] == kind) or 1
        return phrase.weight * explained * (0.9 + 0.1 * min(1.0, len(shared) / said))

    def _rarity(self, feature: str) -> float:
        seen = len(self._having.get(feature, ()))
        return math.log(1 + (len(self._phrases) + 1) / (seen + 1))


def _features(text: str) -> frozenset[str]:
    plain = normalise(text)
    chinese = "".join(c for c in plain if is_chinese(c))
    features = {*_pairs(chinese), *(f"w:{w}" for w in _WORD.findall(plain))}
    for reading in readings(chinese):
        features |= {*_sounds(reading), *(f"t:{t}" for t in _triples("".join(reading)))}
        first = initials(reading)
        features |= {f"i:{first[a:b]}" for a in range(len(first)) for b in range(a + 2, a + MAX_INITIALS + 1)}
    return frozenset(features)


def _pairs(chinese: str) -> list[str]:
    """Single characters and neighbours: most Chinese words have two."""
    return [f"c:{c}" for c in chinese] + [f"c:{a}+{b}" for a, b in itertools.pairwise(chinese)]


def _sounds(reading: Sequence[str]) -> list[str]:
    """The same by sound: catches the wrong character of the right sound."""
    return [f"s:{s}" for s in reading] + [f"s:{a}+{b}" for a, b in itertools.pairwise(reading)]


def _triples(letters: str) -> list[str]:
    """Runs of three letters: one slip spoils three of them, not the rest."""
    return [letters[n : n + 3] for n in range(max(1, len(letters) - 2))] if letters else []


def one_slip(a: str, b: str) -> bool:
    """At most one letter wrong, missing, too many, or two neighbours swapped."""
    if len(a) > len(b):
        a, b = b, a
    n = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) == len(b):
        swapped = a[n : n + 2][::-1] == b[n : n + 2] and a[n + 2 :] == b[n + 2 :]
        return swapped or a[n + 1 :] == b[n + 1 :]
    return a[n:] == b[n + 1 :]
