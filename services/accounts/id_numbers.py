"""Numbers that say by themselves whether they were typed right: residents' (GB 11643) and enterprises' (GB 32100)."""

from __future__ import annotations

import re
from datetime import date

_RESIDENT = re.compile(r"[1-9]\d{16}[\dX]")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_BASE = 31


def parse_resident(text: str) -> str | None:
    """The number as it is kept, or None where it is none: its check character or its day of birth is wrong."""
    number = text.strip().upper()
    if not _RESIDENT.fullmatch(number):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number, _RESIDENT_WEIGHTS, strict=False))
    if number[-1] != _RESIDENT_CHECKS[total % 11]:
        return None
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return number


def parse_credit_code(text: str) -> str | None:
    """The code as it is kept, or None where it is none."""
    code = text.strip().upper()
    if len(code) != 18 or any(letter not in _CREDIT_LETTERS for letter in code):
        return None
    total = sum(_CREDIT_LETTERS.index(letter) * pow(3, place, _CREDIT_BASE) for place, letter in enumerate(code[:17]))
    return code if code[17] == _CREDIT_LETTERS[-total % _CREDIT_BASE] else None
