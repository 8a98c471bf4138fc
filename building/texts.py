"""How a text map is read aloud: the language asked for, else the first of the fallback order that says something."""

from __future__ import annotations

from building.model import Text

FALLBACK = ("zh", "en")


def text(words: Text, lang: str | None = None) -> str:
    """The words in ``lang``; where there are none, in the first language that has some."""
    for code in (lang, *FALLBACK, *words):
        if code is not None and words.get(code):
            return words[code]
    return ""
