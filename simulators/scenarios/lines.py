"""Where in a TOML text a table or a key stands: the reader of the text itself does not tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import TypeAlias

Place: TypeAlias = tuple[str, int, str]
"""(table, which of its name, key); key "" is the table's own line."""
_TABLE = re.compile(r"\s*\[\[?\s*([A-Za-z0-9_.\- ]+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_\-]+)["']?\s*[.=]""")


def find_lines(text: str) -> Mapping[Place, int]:
    """Line numbers from 1. Good for finding one's way, not for reading: a long text's inside is passed over."""
    lines: dict[Place, int] = {}
    seen: Counter[str] = Counter()
    table, which, long = "", 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        opened, long = long, _still_open(line, long)
        if opened:
            continue
        if found := _TABLE.fullmatch(line):
            table = found[1]
            which = seen[table]
            seen[table] += 1
            lines[table, which, ""] = number
        elif found := _KEY.match(line):
            lines.setdefault((table, which, found[1]), number)
    return lines


def _still_open(line: str, long: str) -> str:
    """The quotes of a long text that is not closed on this line."""
    for quotes in ('"""', "'''"):
        if long in ("", quotes) and line.count(quotes) % 2:
            return "" if long else quotes
    return long
