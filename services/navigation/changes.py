"""What changed for people under way, whom it touches, and the one sentence that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from building.model import XYZ, Building, Text
from services.navigation.facts import Closure, Facts, concerns
from wayfinding.phrases import LINKS, say
from wayfinding.profile import Profile
from wayfinding.route import Route

WAIT_NEWS_S = 30.0
"""A lift that takes so much longer or shorter is news; less is not worth another way."""
UNMEASURED_S = 30.0
"""What a lift is taken to wait as long as it does not say: as most profiles have it."""
CAUSES_SAID = 2
"""More in one sentence is not heard."""

MetresIn: TypeAlias = Callable[[Sequence[XYZ], str], float]
"""How far a line leads through a space."""
Names: TypeAlias = Mapping[str, tuple[str, str]]
"""(Chinese, English) by id."""


def list_names(building: Building) -> Names:
    """What links, doors and rooms are called."""
    named = {o.id: say(o.name, "前面的门", "the door ahead") for o in building.openings}
    named |= {v.id: say(v.name, *LINKS[v.kind]) for v in building.vertical_links}
    return named | {s.id: say(s.name, s.key, s.key) for s in building.spaces}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one moment to a later one.

    ``waits``: by how much longer each lift takes; ``crowd``: how many times as long a walk takes in each space, before
    and now.
    """

    closed: tuple[Closure, ...]
    opened: tuple[Closure, ...]
    waits: Mapping[str, float]
    crowd: Mapping[str, tuple[float, float]]
    rebuilt: bool

    @property
    def has_costs(self) -> bool:
        """Something takes longer or shorter than before, however little."""
        return bool(self.waits or self.crowd)

    def touches(self, route: Route, walker: Profile, metres_in: MetresIn) -> bool:
        """Whether the way may be another now."""
        return (
            self.rebuilt
            or bool(self.blocks(route, walker))
            or (any(a.reason == "closed" for a in route.avoided) and any(concerns(c, walker) for c in self.opened))
            or self._crowds(route, metres_in)
            or any(abs(by_s) >= WAIT_NEWS_S for by_s in self.waits.values())
        )

    def _crowds(self, route: Route, metres_in: MetresIn) -> bool:
        """It leads through where there are more people now, or around where there are fewer."""
        around = {a.id for a in route.avoided if a.reason == "crowded"}
        return any(
            metres_in(route.geometry, space) > 0.0 if now > was else space in around
            for space, (was, now) in self.crowd.items()
        )

    def blocks(self, route: Route, walker: Profile) -> list[Closure]:
        """What was closed and stands in this way."""
        used = {*route.links, *route.openings}
        return [c for c in self.closed if c.id in used and concerns(c, walker)]


def find_change(before: Facts, after: Facts, *, rebuilt: bool = False) -> Change:
    links = before.lift_waits_s.keys() | after.lift_waits_s.keys()
    spaces = before.crowd.keys() | after.crowd.keys()
    was_s, is_s = before.lift_waits_s, after.lift_waits_s
    waits = {i: is_s.get(i, UNMEASURED_S) - was_s.get(i, UNMEASURED_S) for i in links}
    return Change(
        closed=tuple(c for c in after.closures if c not in before.closures),
        opened=tuple(c for c in before.closures if c not in after.closures),
        waits={i: by_s for i, by_s in waits.items() if by_s},
        crowd={i: slow for i in spaces if len(set(slow := (before.crowd.get(i, 1.0), after.crowd.get(i, 1.0)))) > 1},
        rebuilt=rebuilt,
    )


def is_rest_of(now: Route, before: Route) -> bool:
    """Whether it is the end of the way before: over the same links and through the same doors."""
    return _ends_with(before.links, now.links) and _ends_with(before.openings, now.openings)


def _ends_with(whole: Sequence[str], end: Sequence[str]) -> bool:
    return tuple(whole[len(whole) - len(end) :]) == tuple(end) if len(end) <= len(whole) else False


REBUILT: Text = {"zh": "楼内布局有更新", "en": "the plan of the hall has changed"}
AGAIN = ("{}恢复使用", "{} is in use again")
CROWDED = ("{}人多拥挤", "{} is crowded")
LESS_CROWDED = ("{}已不拥挤", "{} is no longer crowded")
LONG_WAIT = ("{}等候变久", "the wait for {} has grown")
SHORT_WAIT = ("{}等候变短", "the wait for {} is short again")
ANOTHER: Text = {"zh": "已为您改走别的路", "en": "you are led another way"}
NO_WAY: Text = {"zh": "现在没有可走的路", "en": "there is no way now"}


def tell(change: Change, walker: Profile, before: Route | None, now: Route | None, names: Names) -> Text:
    """What happened and what it means for this person, as ``1号电梯停用，改走东楼梯``."""
    what = _causes(change, walker, before, now, names)[:CAUSES_SAID]
    then = NO_WAY if now is None else _instead(before, now, names)
    zh, en = "、".join(t["zh"] for t in what), " and ".join(t["en"] for t in what)
    return {
        "zh": "，".join(filter(None, [zh, then["zh"]])),
        "en": _sentence(": ".join(filter(None, [en, then["en"]]))),
    }


def _causes(change: Change, walker: Profile, before: Route | None, now: Route | None, names: Names) -> list[Text]:
    """Those that explain this way; where none does, all that is new."""
    if before is not None and (blocking := change.blocks(before, walker)):
        return [c.cause.said_of(_name(names, c.id)) for c in blocking]
    if change.rebuilt:
        return [REBUILT]
    used = set() if now is None else {*now.links, *now.openings}
    opened = [c for c in change.opened if concerns(c, walker)]
    again = [c for c in opened if c.id in used] or opened
    said = [_said(AGAIN, names, c.id) for c in again]
    waits = {i: by_s for i, by_s in change.waits.items() if abs(by_s) >= WAIT_NEWS_S}
    said += [_said(LONG_WAIT if by_s > 0 else SHORT_WAIT, names, i) for i, by_s in waits.items()]
    return said + [_said(CROWDED if now > was else LESS_CROWDED, names, i) for i, (was, now) in change.crowd.items()]


def _instead(before: Route | None, now: Route, names: Names) -> Text:
    used: Iterable[str] = () if before is None else (*before.links, *before.openings)
    fresh = [i for i in (*now.links, *now.openings) if i not in set(used) and i in names]
    if not fresh:
        return ANOTHER
    zh, en = names[fresh[0]]
    return {"zh": f"改走{zh}", "en": f"you are led by {en}"}


def _said(form: tuple[str, str], names: Names, name: str) -> Text:
    zh, en = _name(names, name)
    return {"zh": form[0].format(zh), "en": form[1].format(en)}


def _name(names: Names, name: str) -> tuple[str, str]:
    return names.get(name, ("此处", "a part of it"))


def _sentence(en: str) -> str:
    return en[:1].upper() + en[1:]
