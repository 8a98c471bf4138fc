"""How personal data looks to those who need to recognise it, not to know it (GB/T 35273)."""

from __future__ import annotations

HIDDEN = "*"


def mask_name(name: str) -> str:
    """张三 -> 张*, 张小三 -> 张*三."""
    if len(name) <= 2:
        return name[:1] + HIDDEN * (len(name) - 1)
    return name[0] + HIDDEN * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """13812348000 -> 138****8000."""
    return _keep(phone, first=3, last=4)


def mask_id_number(number: str) -> str:
    """11010519491231002X -> 110***********002X."""
    return _keep(number, first=3, last=4)


def mask_card(number: str) -> str:
    """Only the last four."""
    return _keep(number, first=0, last=4)


def _keep(text: str, *, first: int, last: int) -> str:
    hidden = len(text) - first - last
    if hidden < 1:
        return HIDDEN * len(text)
    return text[:first] + HIDDEN * hidden + text[len(text) - last :]
