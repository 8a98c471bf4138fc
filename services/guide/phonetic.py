"""How Chinese sounds: pinyin and initials of a text, and the order a Chinese list is read in."""

from __future__ import annotations

import itertools
import unicodedata
from functools import lru_cache

MAX_READINGS = 4
"""Of a text with characters of several readings (参 can, cen, shen): the likely one and a few more."""


def normalise(text: str) -> str:
    """Full-width, case and outer space do not matter to a search."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """The toneless pinyin of the Chinese characters in a text, in context (重庆 chong qing)."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin("".join(c for c in text if is_chinese(c))))


def readings(text: str) -> list[tuple[str, ...]]:
    """The reading in context first, then others that single characters allow."""
    likely = syllables(text)
    single = [
        (said, *(p for p in _alone(c) if p[0] != said[0]))
        for c, said in zip((c for c in text if is_chinese(c)), likely, strict=True)
    ]
    return list(itertools.islice(itertools.product(*single), MAX_READINGS)) if likely else []


@lru_cache(maxsize=8192)
def _alone(character: str) -> tuple[str, ...]:
    """Every way one character can be read."""
    from pypinyin import Style, pinyin

    return tuple(sorted(set(pinyin(character, style=Style.NORMAL, heteronym=True)[0])))


def initials(reading: tuple[str, ...]) -> str:
    """身份证 -> sfz."""
    return "".join(s[0] for s in reading)


def sort_key(text: str) -> tuple[tuple[str, ...], str]:
    """Chinese by pinyin, everything else by its letters; the text itself settles homophones."""
    from pypinyin import lazy_pinyin

    return tuple(part.casefold() for part in lazy_pinyin(text)), text
