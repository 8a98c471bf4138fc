"""All the places that a word for a kind of place means: 厕所, ``atm``, a kind, a name that several have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from building.errors import UnknownPlace
from building.labels import label_point
from building.model import OUT, Building, Entity
from building.places import Place
from building.sounds import normalise

CATEGORY_MAX = 80
_GROUPS = frozenset({"toilet"})
"""Kinds of which there are several: ``toilet_men`` is one."""
_WORDS: Mapping[str, str] = {
    "toilet": "厕所 卫生间 洗手间 toilets restroom washroom wc bathroom",
    "toilet_accessible": "无障碍卫生间 无障碍厕所 无障碍洗手间 accessible_toilet disabled_toilet",
    "toilet_men": "男厕所 男卫生间 男洗手间 mens_toilet",
    "toilet_women": "女厕所 女卫生间 女洗手间 womens_toilet",
    "drinking_water": "饮水处 饮水 饮水机 开水 water",
    "mother_baby": "母婴室 哺乳室 nursery baby_room",
    "copy_print": "复印 打印 复印打印 copy print printer copy_shop",
    "copy": "复印 打印 复印打印 copy_print copy_shop",
    "consultation": "咨询台 咨询 服务台 导办台 information help_desk reception info",
    "tickets": "取号机 取号 ticket ticket_machine",
    "form_filling": "填单区 填单台 forms",
    "self_service": "自助服务 自助区 自助服务区 self-service",
    "atm": "取款机 自动取款机 cash_machine",
    "photo": "照相 证件照 photo_booth",
    "post": "邮政 邮局 快递 post_office",
    "rest": "休息区 休息室 休息 rest_area",
    "waiting": "等候区 等候 候办区 waiting_area",
    "first_aid": "急救 急救室 医务室",
    "aed": "除颤器 defibrillator",
    "police": "警务室 警察",
    "complaint": "投诉 投诉台 complaints",
    "bus_stop": "公交站 公交 bus",
    "parking_payment": "停车缴费 停车缴费机",
    "window": "窗口 windows counter service_window",
    "entrance": "出入口 入口 出口 大门 exit entry way_out",
    "lift": "电梯 直梯 elevator lifts elevators",
    "stairs": "楼梯 staircase stair",
    "escalator": "扶梯 自动扶梯 escalators",
    "bay": "车位 停车位 停车场 parking parking_bay",
    "accessible_bay": "无障碍车位 accessible_parking disabled_parking",
}
"""Everyday words by the kind they mean; a kind answers to its own name too."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something people look for by its kind; ``stands_for``: the room it is the point of interest of."""

    kind: str
    entity: Entity
    place: Place
    stands_for: str | None = None


def list_category(b: Building, word: str) -> tuple[Place, ...]:
    """Every place of that kind or name, in the order of the plan; ``UnknownPlace`` where there is none.

    A room and the point of interest in it are one place: the point.
    """
    wanted = _squeezed(word[:CATEGORY_MAX])
    found = _find(b, wanted) if wanted else ()
    if not found:
        raise UnknownPlace(f"there is no place of the kind {word!r}", query=word)
    return found


def _squeezed(word: str) -> str:
    return re.sub(r"[\s_'’-]+", " ", normalise(word)).strip()


@lru_cache(maxsize=256)
def _find(b: Building, wanted: str) -> tuple[Place, ...]:
    """By what things are; where nothing is that, by what they are called."""
    kinds = {wanted, *(_squeezed(k) for k, words in _WORDS.items() if wanted in map(_squeezed, words.split()))}
    things = [*_rooms(b), *_fixtures(b)]
    found = [one for one in things if _squeezed(one.kind) in kinds or _squeezed(one.kind).split()[0] in kinds & _GROUPS]
    found = found or [one for one in things if _is_called(one.entity, wanted)]
    rooms = {one.stands_for for one in found}
    return tuple(one.place for one in found if one.place.id not in rooms)


def _is_called(entity: Entity, wanted: str) -> bool:
    """By the whole name, or by a part of it: a word of an English one, two characters or more of a Chinese one."""
    for name in map(_squeezed, entity.name.values()):
        latin = wanted.isascii()
        if name == wanted or (latin and f" {wanted} " in f" {name} ") or (len(wanted) > 1 > latin and wanted in name):
            return True
    return False


def _rooms(b: Building) -> Iterator[_Thing]:
    for poi in b.pois:
        place = Place(id=poi.id, floor=poi.floor, at=poi.at, name=poi.name, kind="poi")
        yield _Thing(poi.kind, poi, place, stands_for=poi.space)
    for window in b.windows:
        place = Place(
            id=window.id, floor=window.floor, at=window.stand, name=window.name, kind="window", number=window.number
        )
        yield _Thing("window", window, place)
    for space in b.spaces:
        at = label_point(space.footprint) if space.walkable else None
        if at is not None:
            place = Place(id=space.id, floor=space.floor, at=at, name=space.name, kind="space", number=space.number)
            yield _Thing(space.kind, space, place)


def _fixtures(b: Building) -> Iterator[_Thing]:
    for link in b.vertical_links:
        for stop in link.stops:
            yield _Thing(link.kind, link, Place(id=link.id, floor=stop.floor, at=stop.at, name=link.name, kind="link"))
    for door in b.openings:
        if door.exit and door.kind != "fire" and OUT in (door.between or ()) and not door.vehicles_only:
            (x0, y0), (x1, y1) = door.line
            at = ((x0 + x1) / 2, (y0 + y1) / 2)
            yield _Thing("entrance", door, Place(id=door.id, floor=door.floor, at=at, name=door.name, kind="opening"))
    for bay in b.bays:
        middle = label_point((bay.footprint,))
        if middle is not None:
            kinds = ("bay", f"{bay.kind}_bay")
            place = Place(id=bay.id, floor=bay.floor, at=middle, name=bay.name, kind="bay")
            yield from (_Thing(kind, bay, place) for kind in kinds)
