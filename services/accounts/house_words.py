"""What no password of this house may hold: the words that everybody thinks of who knows where it stands."""

from __future__ import annotations

PRODUCT_WORDS = ("halltwin",)
WORD_MIN, CHINESE_WORD_MIN = 3, 2
"""Shorter ones stand in any password."""


def house_words(site: str, named: str) -> tuple[str, ...]:
    """The product, the site, and what the house names in its settings, parted by commas."""
    words = {word.strip().casefold() for word in (*PRODUCT_WORDS, site, *named.split(","))}
    return tuple(sorted(word for word in words if is_house_word(word)))


def is_house_word(word: str) -> bool:
    """Long enough to be one."""
    return len(word) >= (WORD_MIN if word.isascii() else CHINESE_WORD_MIN)
