"""Which passwords may be chosen: long enough, and none that a guesser tries first; what they are made of is free.

The list of common passwords is not a file: words people take, keys that lie side by side, dates, repetitions, and all
of these with digits and marks at their ends or between, and letters written as figures: tens of thousands of spellings.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from services.accounts.errors import WeakPassword
from services.accounts.passwords import LONGEST, SHORTEST
from services.accounts.people_errors import CommonPassword
from services.kernel.access import ADMINISTRATORS

ADMINISTRATOR_SHORTEST = 12
OWN_WORD_MIN = 3
"""Shorter parts of one's own name and login are found in any password."""
_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    abc abcd adm admin administrator aini anquan apple asd asdf baby baobao baseball bear beautiful beijing best
    boss changeme changme charlie china china chinese computer cookie dangan data database default demo dog
    dragon family fan finance flower football forever freedom friend fuck fuckyou gerenzhongxin god gongan
    google guangdong guangzhou guest hall halltwin happy hello helloworld home huawei hunter iloveyou internet
    jesus jiayou jordan killer king laopo letmein linux lol love lovely loveme luck lucky magic manager market
    master michael mima minister money monkey mother music mypass mypassword nanjing new nihao ninja nothing
    office oracle orange pass passwd password passwort pepper phone player please power prince princess public
    pwd qq qwe qwer qwert qwerty root secret secure security server service shadow shanghai shehui shenzhen
    shifanqu soccer star starwars student summer sun sunshine super superman sys system taobao teacher temp
    tencent test tester testing thomas tiger trustno trustnoone twin user vip wang web wechat weixin welcome
    windows winner winter wo woaini woaiwo wobuzhidao woshishui xiao xiaoming xinxi yes you zaixian zhang
    zhangwei zhengfu zhengwu zhongguo zhongxin zhuanyong
        """,
    )
)
_FIGURES = str.maketrans("013457@$!|", "oleastasil")
_ROWS = (
    "1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "abcdefghijklmnopqrstuvwxyz", "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/", "!qaz@wsx#edc$rfv%tgb", "qazwsxedcrfvtgbyhnujm", "!@#$%^&*()_+",
    "147258369", "159357", "5201314", "1314520",
)  # fmt: skip
_WALKS = tuple(row for forward in _ROWS for row in (forward, forward[::-1]))
STEPS_MIN = 3
"""Keys side by side count as a walk from so many on."""
WORDS_TOGETHER = 3
DIFFERENT_MIN = 4
_DATE = re.compile(
    r"(19|20)\d\d(0?[1-9]|1[0-2])(0?[1-9]|[12]\d|3[01])\d{0,2}|(0?[1-9]|[12]\d|3[01]|1[0-2]){2}(19|20)\d\d"
)
_MOBILE = re.compile(r"(86)?1[3-9]\d{9}")
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_LETTERS = re.compile(r"[\W\d_]+")


def check_password(password: str, *, roles: Collection[str], own: Iterable[str]) -> None:
    """Raises unless whoever holds these roles may have it. ``own``: login and name, which a guesser knows."""
    shortest = ADMINISTRATOR_SHORTEST if frozenset(ADMINISTRATORS) & frozenset(roles) else SHORTEST
    if not shortest <= len(password) <= LONGEST:
        raise WeakPassword(shortest=shortest, longest=LONGEST)
    if is_common(password, own):
        raise CommonPassword


def is_common(password: str, own: Iterable[str] = ()) -> bool:
    """Whether it stands among those that are tried first."""
    plain = password.casefold()
    words = _WORDS | {part for word in own for part in _parts(word)}
    if _repeats(plain) or _walks(plain) or _DATE.fullmatch(plain) or _MOBILE.fullmatch(plain):
        return True
    read = (plain, plain.translate(_FIGURES), _ENDS.sub("", plain).translate(_FIGURES))
    return any(_made_of(_NO_LETTERS.sub("", text), words) for text in read)


def _parts(text: str) -> set[str]:
    return {part for part in _NO_LETTERS.split(text.casefold()) if len(part) >= OWN_WORD_MIN}


def _made_of(text: str, words: Collection[str], most: int = WORDS_TOGETHER) -> bool:
    """Nothing but one, two or three of these words in a row."""
    if not most:
        return False
    return text in words or any(
        text[:size] in words and _made_of(text[size:], words, most - 1) for size in range(2, len(text) - 1)
    )


def _repeats(text: str) -> bool:
    """A short piece over and over, or hardly any different characters."""
    return len(set(text)) < DIFFERENT_MIN or any(
        text == (text[:size] * len(text))[: len(text)] for size in range(1, len(text) // 2 + 1)
    )


def _walks(text: str) -> bool:
    """Nothing but keys side by side, or figures and letters in order, in one piece or several."""
    at = 0
    while at < len(text):
        size = next((n for n in range(len(text) - at, STEPS_MIN - 1, -1) if _is_walk(text[at : at + n])), 0)
        if not size:
            return False
        at += size
    return True


def _is_walk(piece: str) -> bool:
    return any(piece in walk for walk in _WALKS)
