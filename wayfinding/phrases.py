"""The sentences of directions, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from building.model import LinkKind, Text

OUTSIDE: Text = {"zh": "室外", "en": "the outside"}
LINKS: Mapping[str, tuple[str, str]] = {
    "stairs": ("楼梯", "the stairs"),
    "escalator": ("自动扶梯", "the escalator"),
    "lift": ("电梯", "the lift"),
    "ramp": ("坡道", "the ramp"),
}
SHORT_M = 1.5
"""Below this no distance is said."""


def distance(metres: float) -> Text:
    """As people say it: whole metres, from 20 m on steps of five."""
    rounded = max(1, round(metres)) if metres < 20.0 else round(metres / 5) * 5
    return {"zh": f"{rounded}米", "en": f"{rounded} m"}


def depart(start: Text) -> Text:
    zh, en = say(start, "这里", "here")
    return {"zh": f"从{zh}出发", "en": f"Start from {en}"}


def arrive(goal: Text) -> Text:
    zh, en = say(goal, "目的地", "your destination")
    return {"zh": f"到达{zh}", "en": f"You have arrived at {en}"}


def walk(metres: float) -> Text:
    far = distance(metres)
    return {"zh": f"直行{far['zh']}", "en": f"Walk straight on for {far['en']}"}


def turn(degrees: float, landmark: Text | None, metres: float) -> Text:
    side_zh, side_en = ("左", "left") if degrees > 0 else ("右", "right")
    match abs(degrees):
        case sharp if sharp > 135.0:
            zh, en = f"向{side_zh}后方转弯", f"turn sharp {side_en}"
        case right if right >= 60.0:
            zh, en = f"{side_zh}转", f"turn {side_en}"
        case _:
            zh, en = f"向{side_zh}前方", f"bear {side_en}"
    if landmark is not None:
        near_zh, near_en = say(landmark, "", "")
        zh, en = f"在{near_zh}旁{zh}", f"at {near_en} {en}"
    if zh.endswith("方"):
        far = distance(metres)
        return {"zh": f"{zh}走{far['zh']}", "en": f"{_sentence(en)}, then walk {far['en']}"}
    return _onward(zh, en, metres)


def through(kind: str, name: Text, into: Text | None, metres: float) -> Text:
    if kind == "gate":
        zh, en = say(name, "闸机", "the gate")
        zh = zh if zh.endswith(("闸机", "通道")) else f"{zh}闸机"
    else:
        zh, en = say(name, "门", "the door")
    zh, en = f"通过{zh}", f"go through {en}"
    if into is not None:
        into_zh, into_en = say(into, "", "")
        outside = into_zh == OUTSIDE["zh"]
        zh = f"{zh}，到{into_zh}" if outside else f"{zh}，进入{into_zh}"
        en = f"{en} to {into_en}" if outside else f"{en} into {into_en}"
    return _onward(zh, en, metres)


def ride(kind: LinkKind, name: Text, *, up: bool, to: Text | None) -> Text:
    """``to`` is the floor one gets to; None on the ground outside."""
    zh, en = say(name, *LINKS[kind])
    up_zh, up_en = ("上", "up") if up else ("下", "down")
    verb_zh, verb_en = {"lift": ("乘", "take"), "escalator": ("乘", "take")}.get(kind, ("走", "take"))
    if to is None:
        return {"zh": f"{verb_zh}{zh}{up_zh}行", "en": _sentence(f"{verb_en} {en} {up_en}")}
    to_zh, to_en = say(to, "", "")
    if kind in {"stairs", "ramp"}:
        return {"zh": f"{verb_zh}{zh}{up_zh}到{to_zh}", "en": _sentence(f"{verb_en} {en} {up_en} to {to_en}")}
    return {"zh": f"{verb_zh}{zh}到{to_zh}", "en": _sentence(f"{verb_en} {en} to {to_en}")}


def _onward(zh: str, en: str, metres: float) -> Text:
    if metres < SHORT_M:
        return {"zh": zh, "en": _sentence(en)}
    far = distance(metres)
    return {"zh": f"{zh}，走{far['zh']}", "en": f"{_sentence(en)}, then walk {far['en']}"}


def _sentence(en: str) -> str:
    return en[:1].upper() + en[1:]


def say(name: Text, zh: str, en: str) -> tuple[str, str]:
    """The name in both languages; where one is missing the other is used, where both are, what is given.

    Drawing programs name doors after their type (``Single-Flush:864 x 2032:159834``): that is no name to say.
    """
    spoken = {lang: text for lang, text in name.items() if text and ":" not in text}
    return spoken.get("zh") or spoken.get("en") or zh, spoken.get("en") or spoken.get("zh") or en
