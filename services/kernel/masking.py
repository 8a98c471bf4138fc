"""How personal data looks to those who need to recognise it, not to know it (GB/T 35273), also within free text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

HIDDEN = "*"
_DISTRICT = re.compile(r"^.{0,40}?(?:[区县旗]|(?:[^省区]市)(?!.{0,12}?[区县旗]))")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def mask_name(name: str) -> str:
    """张三 -> 张*, 张小三 -> 张*三, John Smith -> J*** S****."""
    words = name.split(" ")
    if len(words) > 1:
        return " ".join(word[:1] + HIDDEN * (len(word) - 1) for word in words)
    if len(name) <= 2:
        return name[:1] + HIDDEN * (len(name) - 1)
    return name[0] + HIDDEN * (len(name) - 2) + name[-1]


def mask_phone(phone: str) -> str:
    """13812348000 -> 138****8000, +8613812348000 -> +86138****8000, 010-12345678 -> 010-****5678."""
    if match := re.fullmatch(r"(0\d{2,3}[- ])(\d{7,8})", phone):
        return match[1] + _keep(match[2], first=0, last=4)
    prefix = match[0] if (match := re.match(r"(?:\+|00)86[- ]?(?=1\d)", phone)) else ""
    return prefix + _keep(phone[len(prefix) :], first=3, last=4)


def mask_id_number(number: str) -> str:
    """11010519491231002X -> 110***********002X; the shorter numbers of 港澳台 and foreigners' papers keep less."""
    return _keep(number, first=3, last=4) if len(number) >= 15 else _keep(number, first=1, last=2)


def mask_card(number: str) -> str:
    """Only the last four."""
    return _keep(number, first=0, last=4)


def mask_address(address: str) -> str:
    """上海市浦东新区世纪大道100号 -> 上海市浦东新区*******: the district, not the door."""
    match = _DISTRICT.match(address)
    kept = match[0] if match else ""
    return kept + HIDDEN * (len(address) - len(kept)) if len(kept) < len(address) else mask_all(address)


def mask_plate(plate: str) -> str:
    """京A12345 -> 京A***45."""
    return _keep(plate, first=2, last=2)


def mask_all(text: str) -> str:
    """Nothing but that there is something; not even how long it is."""
    return HIDDEN * 6 if text else ""


def is_id_number(number: str) -> bool:
    """GB 11643 with its check digit: citizens, 港澳台 residents (81, 82, 83) and foreigners' cards (9) alike."""
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17].upper()


def is_card_number(number: str) -> bool:
    """Luhn, 13 to 19 digits."""
    if not re.fullmatch(r"\d{13,19}", number):
        return False
    doubled = [int(d) * (1 + n % 2) for n, d in enumerate(reversed(number))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def mask_text(text: str) -> str:
    """Free text with the numbers of people in it masked; all else stays as it was written."""
    for pattern, mask in _IN_TEXT:
        text = pattern.sub(lambda match, mask=mask: mask(match[0]), text)  # type: ignore[misc]
    return text


def _mask_digits(found: str) -> str:
    """A run of digits, perhaps in groups, perhaps several numbers side by side: the longest of somebody first."""
    parts = re.split(r"([ -])", found)
    shown, start = "", 0
    while start < len(parts):
        for end in range(len(parts), start, -2):
            if masked := _masked_number("".join(parts[start:end:2])):
                shown += masked
                break
        else:
            end = start + 1
            shown += parts[start]
        shown += "".join(parts[end : end + 1])
        start = end + 1
    return shown


def _masked_number(plain: str) -> str | None:
    """By its own check digit or form; None: nobody's."""
    if is_id_number(plain) or (len(plain) == 18 and _looks_like_id(plain)):
        return mask_id_number(plain)
    if re.fullmatch(r"(?:(?:\+|00)?86)?1[3-9]\d{9}", plain):
        return mask_phone(plain)
    if re.fullmatch(r"\d{15}", plain) and _is_day(f"19{plain[6:12]}"):
        return mask_id_number(plain)
    return mask_card(plain) if is_card_number(plain) else None


def _looks_like_id(number: str) -> bool:
    """A citizen's number with a slip of the pen is still a citizen's number."""
    return number[0] in "12345689" and _is_day(number[6:14])


def _is_day(digits: str) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", digits))


def _keep(text: str, *, first: int, last: int) -> str:
    hidden = len(text) - first - last
    if hidden < 1:
        return HIDDEN * len(text)
    return text[:first] + HIDDEN * hidden + text[len(text) - last :]


_PLATE = rf"[{_PROVINCES}][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳](?![A-Za-z0-9])"
_IN_TEXT: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)"), mask_phone),
    (re.compile(r"(?<![0-9A-Za-z+])\+?\d(?:[ -]?\d){9,40}[Xx]?(?![0-9A-Za-z])"), _mask_digits),
    (re.compile(_PLATE), mask_plate),
    (re.compile(r"(?<![A-Za-z0-9])(?:[HMEGDSP]\d{8}(?:\d{2})?|E[A-HJ-NP-Z]\d{7}|[A-Z]{3}\d{12})(?![A-Za-z0-9])"),
     mask_id_number),  # 回乡证, 台胞证, passports, foreigners' permanent residence of before
)  # fmt: skip

MASKS: Mapping[str, Callable[[str], str]] = {
    "name": mask_name,
    "phone": mask_phone,
    "id_number": mask_id_number,
    "card": mask_card,
    "address": mask_address,
    "plate": mask_plate,
    "text": mask_text,
    "all": mask_all,
}
"""By the word a declaration names them with."""
