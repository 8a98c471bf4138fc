"""What a room is for, by the words the file has for it, and whether anybody is sent there."""

from __future__ import annotations

import re

_TABLE: tuple[tuple[str, bool, tuple[str, ...]], ...] = (
    ("terrace", True, (r"terrasse|terrace|balkon|balcon|loggia|\bpatio\b|roof (garden|deck)|阳台|露台|屋顶花园",)),
    ("roof", True, (r"\broof(top)?\b|\bdach\b|\btoiture\b|\btetto\b|\btak\b|屋面|屋顶",)),
    (
        "attic",
        True,
        (r"\battic\b|\bloft\b|dachboden|spitzboden|dachraum|\bcombles?\b|\bgrenier\b|\bvind\b|阁楼",),
    ),
    (
        "lobby",
        True,
        (r"(elev(ator)?|lift|aufzugs?|stairs?|treppen)[ _-]?(lobby|hall|vorraum)|(电|楼)梯(厅|间?前室|大厅)",),
    ),
    (
        "technical",
        True,
        (r"(elev(ator)?|lift|aufzugs?)[ -]?(machine|motor|plant|equipment|control)|maschinenraum|机房",),
    ),
    (
        "shaft",
        False,
        (
            r"\bshaft\b|\belev(ator)?s?\b|\blifts?\b|\bhoistway\b|\briser\b|\bduct\b|aufzug|fahrstuhl|schacht",
            r"\bascenseur\b|\bgaine\b|\bascensore?\b|\bhiss\b|电梯|管井|竖井|管道井|电井|水井|风井",
        ),
    ),
    ("void", False, (r"\bvoid\b|\bopen to below\b|luftraum|\bvide sur\b|\bvuoto\b|中空|上空|挑空",)),
    (
        "stair",
        True,
        (r"\bstair(s|well|case|way)?\b|treppe|\bescaliers?\b|\bscala\b|\bescalera\b|\btrapp(a|hus)?\b|楼梯",),
    ),
    (
        "corridor",
        True,
        (r"corridor|hallway|passage|circulation|\bflur\b|\bgang\b|\bcouloir\b|\bkorridor\b|走廊|过道|走道",),
    ),
    ("lobby", True, (r"foyer|lobby|entrance|\bentry\b|vestibule|diele|eingang|\bhall d'entr|门厅|大厅|前室",)),
    ("toilet", True, (r"toilet|\bwc\b|restroom|bath|lavator|\bbad\b|卫生间|厕所|洗手间",)),
)
_KINDS = tuple((kind, walkable, re.compile("|".join(words), re.IGNORECASE)) for kind, walkable, words in _TABLE)
_LIFT = re.compile(r"elev|lift|hoistway|aufzug|fahrstuhl|ascens|\bhiss\b|电梯", re.IGNORECASE)


def kind_of(words: str) -> tuple[str, bool]:
    """The kind the words name (``room`` where none) and whether a person is ever sent to such a place, as far as words
    can tell: roofs and attics are walked on where a door or stair leads there.
    """
    return next(((kind, walkable) for kind, walkable, pattern in _KINDS if pattern.search(words)), ("room", True))


def names_a_lift(words: str) -> bool:
    """Whether a shaft so called is one that a lift runs in."""
    return _LIFT.search(words) is not None
