"""Which passwords may be chosen: long enough, none that was breached or that a guesser tries early, none that holds a
word of this house; what they are made of is free.

zxcvbn has the lists (its 30,000 passwords come from published breaches, the most common first) and knows keyboards,
dates and repetitions. What people choose here and its lists do not have is beside it: words in pinyin, phone numbers,
and words in a row with figures and marks around them. See docs/security/signing-in.md.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Collection, Iterable
from typing import Any

from services.accounts.errors import WeakPassword
from services.accounts.passwords import LONGEST, SHORTEST
from services.accounts.people_errors import CommonPassword, HouseWordHeld
from services.kernel.access import ADMINISTRATORS

ADMINISTRATOR_SHORTEST = 12
GUESSES_MIN = 10**8
"""Fewer guesses than this, by zxcvbn's count, are no hindrance to whoever holds the hash. Eight characters without any
pattern are just as many: they pass."""
JUDGED_MAX = 32
"""So many characters are judged, whatever follows: the work grows with their square."""
LOOKALIKES = "@({[<!|$+%"
_NO_LETTER = 0xE000
LOOKALIKES_MAX = 3
"""So many different marks are read as letters: zxcvbn tries all readings of all marks together, which are thousands
from six on. With three, and any figures, the longest takes less than a tenth of a second."""
OWN_WORD_MIN = 3
WORDS_TOGETHER = 3
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    abc abcd adm admin administrator aini anquan apple asd asdf baby banshi baobao baobei beijing best boss changeme
    chengdu china chongqing chuangkou computer dangan data dating demo dog dragon family fuwu gerenzhongxin god gongan
    google guangdong guangzhou guest guojia hall hangzhou happy hello home hospital huawei iloveyou internet jiayou
    king laopo lenovo letmein lianxiang linux lol love lucky manager market master mima minister money monkey mypass
    mypassword nanjing new nihao office oracle pass passwd password phone player police power prince princess public
    pwd qq qwe qwer qwert qwerty renmin root secret secure security server service shadow shanghai shehui shengri
    shenzhen star student summer sun sunshine super sys system taobao teacher temp tencent test tester tianjin user vip
    wang web wechat weixin welcome windows winner winter wo woai woaini woaiwo wobuzhidao woshishui wuhan xiao xiaoming
    xinxi yes you zaixian zhang zhangwei zhengfu zhengwu zhongguo zhonghua zhongxin zhuanyong
        """,
    )
)
"""What is tried here first, alone, together and with figures: the rest of the words of the world is zxcvbn's."""
_COLUMNS = ("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "qazwsxedcrfvtgbyhnujm", "1234567890_+")
_WALKS = tuple(walk for forward in _COLUMNS for walk in (forward, forward[::-1]))
"""Keys one below the other, which zxcvbn takes for jumps; with the shift key at will."""
_UNSHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
STEPS_MIN = 3
_FIGURES = str.maketrans("013457@$!|", "oleastasil")
_MOBILE = re.compile(r"(86)?1[3-9]\d{9}")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_ALONE = threading.Lock()
"""zxcvbn keeps the words of whoever asks in a variable of its module: one asks at a time."""


def check_password(password: str, *, roles: Collection[str], own: Iterable[str], house: Iterable[str]) -> None:
    """Raises unless whoever holds these roles may have it. Takes a moment: not for an event loop.

    ``own``: login and name, which a guesser knows. ``house``: words that it may not hold at all.
    """
    shortest = ADMINISTRATOR_SHORTEST if frozenset(ADMINISTRATORS) & frozenset(roles) else SHORTEST
    if not shortest <= len(password) <= LONGEST:
        raise WeakPassword(shortest=shortest, longest=LONGEST)
    if word := find_house_word(password, house):
        raise HouseWordHeld(word)
    if is_common(password, own):
        raise CommonPassword


def find_house_word(password: str, house: Iterable[str]) -> str | None:
    """The first of these words that stands in it, figures read as letters too."""
    plain = password.casefold()
    read = (plain, plain.translate(_FIGURES))
    return next((word for word in house if any(word in text for text in read)), None)


def is_common(password: str, own: Iterable[str] = ()) -> bool:
    """Whether it was breached, or is among what is tried early."""
    plain, mine = password.casefold(), {part for word in own for part in _parts(word)}
    read = (plain, plain.translate(_FIGURES), _ENDS.sub("", plain).translate(_FIGURES))
    return (
        plain in breached()
        or _MOBILE.fullmatch(plain) is not None
        or _walks(plain.translate(_UNSHIFTED))
        or any(_made_of(_NO_LETTERS.sub("", text), _WORDS | mine) for text in read)
        or _guesses(password, mine) < GUESSES_MIN
    )


def breached() -> dict[str, int]:
    """Passwords of published breaches, and which place each has among the most common."""
    from zxcvbn.matching import RANKED_DICTIONARIES

    found: dict[str, int] = RANKED_DICTIONARIES["passwords"]
    return found


def _guesses(password: str, own: Iterable[str]) -> float:
    """How many tries somebody needs who knows these words, common words and habits."""
    from zxcvbn import zxcvbn

    with _ALONE:
        told: dict[str, Any] = zxcvbn(_judged(password), user_inputs=sorted(own), max_length=JUDGED_MAX)
    return float(told["guesses"])


def _judged(password: str) -> str:
    """The beginning, in which few enough different marks look like letters."""
    begins = password[:JUDGED_MAX]
    surplus = list(dict.fromkeys(mark for mark in begins if mark in LOOKALIKES))[LOOKALIKES_MAX:]
    return begins.translate({ord(mark): chr(_NO_LETTER + n) for n, mark in enumerate(surplus)})


def _parts(text: str) -> set[str]:
    return {part for part in _NO_LETTERS.split(text.casefold()) if len(part) >= OWN_WORD_MIN}


def _made_of(text: str, words: Collection[str], most: int = WORDS_TOGETHER) -> bool:
    """Nothing but one, two or three of these words in a row."""
    if not most:
        return False
    return text in words or any(
        text[:size] in words and _made_of(text[size:], words, most - 1) for size in range(2, len(text) - 1)
    )


def _walks(text: str) -> bool:
    """Nothing but pieces of such walks."""
    at = 0
    while at < len(text):
        size = next(
            (n for n in range(len(text) - at, STEPS_MIN - 1, -1) if any(text[at : at + n] in w for w in _WALKS)), 0
        )
        if not size:
            return False
        at += size
    return True
