"""Why not: what keeps a profile from using a thing, and what keeps it from getting there at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from building.model import OUT, Opening, Space, Text
from wayfinding.errors import Reason
from wayfinding.graph import Closed, Waits
from wayfinding.links import Ride, link_of
from wayfinding.network import Network
from wayfinding.phrases import LINKS, OUTSIDE, say
from wayfinding.profile import ACCESS_ORDER, Profile
from wayfinding.way import Way

if TYPE_CHECKING:
    from wayfinding.router import Endpoint, Router


@dataclass(frozen=True, slots=True)
class Why:
    """A reason to keep away from one thing."""

    code: Literal["closed", "crowded", "steps", "narrow", "profile"]
    text: Text


CLOSED = Why("closed", {"zh": "已关闭", "en": "closed"})
CROWDED = Why("crowded", {"zh": "人多拥挤", "en": "crowded"})
STEPS = Why("steps", {"zh": "有台阶", "en": "has steps"})
NARROW = Why("narrow", {"zh": "太窄", "en": "too narrow"})
PREFERENCE = Why("profile", {"zh": "此出行方式避开", "en": "kept away from with this way of going"})


def link_reason(network: Network, ride: Ride, profile: Profile, closed: Closed) -> Why | None:
    """Why this ride is not taken; None where only the rest of the way speaks against it."""
    way = profile.way(ride.kind)
    if closed & ride.shut_by:
        return CLOSED
    if profile.step_free_only and not network.links[ride.link].step_free and ride.kind != "lift":
        return STEPS
    if network.links[ride.link].width_m < profile.min_width_m:
        return NARROW
    return PREFERENCE if not way.allowed or way.weight > 1.0 else None


def gate_reason(opening: Opening, profile: Profile, closed: Closed) -> Why | None:
    """Why this opening is not gone through; None where only the rest of the way speaks against it."""
    if {opening.id, opening.device} & closed:
        return CLOSED
    if opening.width_m < profile.min_width_m:
        return NARROW
    return STEPS if profile.step_free_only and not opening.step_free else None


def explain(
    router: Router, start: Endpoint, goal: Endpoint, *, profile: Profile, closed: Closed, waits: Waits
) -> list[Reason]:
    """Reasons why there is no way: each thing that alone would open one, else all that together would."""
    inner = ACCESS_ORDER[-1]
    ends = [
        Reason(code="closed", text=_sentence(_name(end), "已关闭", "is closed"), blockers=(end.id,))
        for end in (start, goal)
        if router.is_shut(end, closed)
    ]
    ends += [
        _barred(profile, [space])
        for end in (start, goal)
        for space in router.spaces_at(end)
        if not profile.may_enter(space.access)
    ]
    if ends:
        return ends
    free = profile.unrestricted()
    relaxed: list[tuple[Profile, Closed]] = [
        (profile, frozenset()),
        (free, closed),
        (replace(profile, max_access=inner), closed),
        (free, frozenset()),
        (replace(free, max_access=inner), closed),
        (replace(free, max_access=inner), frozenset()),
    ]
    for tried, still_closed in relaxed:
        if (tried, still_closed) != (profile, closed):
            way = router.find_way(start, goal, tried, still_closed, waits)
            if way is not None:
                return list(_blockers(router.network, way, profile, closed)) or [_unconnected(start, goal)]
    return [_unconnected(start, goal)]


def _blockers(network: Network, way: Way, profile: Profile, closed: Closed) -> Iterator[Reason]:
    """What stands in the profile's way on the way that would exist without it."""
    shut = [i for i in sorted(closed) if way.meets(frozenset({i}))]
    if shut:
        lifts = {link.id: link.device for link in network.building.vertical_links if link.kind == "lift"}
        if any(ride.kind == "lift" for ride in way.rides) and all({i, lifts[i]} & closed for i in lifts):
            text: Text = {"zh": "所有电梯均已关闭", "en": "all lifts are closed"}
            shut = sorted({*shut, *(i for lift, device in lifts.items() for i in (lift, device) if i in closed)})
        else:
            text = _sentence(_listed(network, shut), "已关闭", "is closed")
        yield Reason(code="closed", text=text, blockers=tuple(dict.fromkeys(map(link_of, shut))))
    rides = [r for r in way.rides if (why := link_reason(network, r, profile, frozenset())) and why is not PREFERENCE]
    rides += [r for r in way.rides if not profile.way(r.kind).allowed and r not in rides]
    if rides:
        blockers = tuple(dict.fromkeys(ride.link for ride in rides))
        names, to = _listed(network, blockers), network.floors[rides[-1].end.floor].name
        zh = f"{_zh(to)}只能经{_zh(names)}到达，没有无障碍通路" if profile.step_free_only else f"必须经过{_zh(names)}"
        en = f"only {_en(names)} leads to {_en(to)}: there is no step-free way"
        en = en if profile.step_free_only else f"the only way leads over {_en(names)}"
        yield Reason(
            code="steps" if profile.step_free_only else "profile", text={"zh": zh, "en": en}, blockers=blockers
        )
    gates = [(g.opening, why) for g in way.gates() if (why := gate_reason(g.opening, profile, frozenset())) is not None]
    for code, zh, en in (("narrow", "太窄", "is too narrow"), ("steps", "有台阶", "has steps")):
        ids = tuple(dict.fromkeys(opening.id for opening, why in gates if why.code == code))
        if ids:
            yield Reason(code=code, text=_sentence(_listed(network, ids), zh, en), blockers=ids)
    entered = [end for gate in way.gates() for end in gate.between if end in network.spaces]
    barred = [network.spaces[s] for s in dict.fromkeys(entered) if not profile.may_enter(network.spaces[s].access)]
    if barred:
        yield _barred(profile, barred)


def _barred(profile: Profile, spaces: Sequence[Space]) -> Reason:
    why = ("不对访客开放", "is not accessible to visitors")
    if profile.max_access != ACCESS_ORDER[0]:
        why = ("需要专门授权", "needs a special permit")
    names = [say(space.name, space.key, space.key) for space in spaces]
    text = {"zh": "、".join(zh for zh, _ in names), "en": ", ".join(en for _, en in names)}
    return Reason(code="access", text=_sentence(text, *why), blockers=tuple(space.id for space in spaces))


def _unconnected(start: Endpoint, goal: Endpoint) -> Reason:
    a, b = _name(start), _name(goal)
    return Reason(
        code="unconnected",
        text={"zh": f"{_zh(a)}与{_zh(b)}之间没有通路", "en": f"nothing connects {_en(a)} and {_en(b)}"},
        blockers=tuple(end.id for end in (start, goal) if end.id != OUT),
    )


def _name(end: Endpoint) -> Text:
    return OUTSIDE if end.id == OUT else end.name


def _listed(network: Network, ids: list[str] | tuple[str, ...]) -> Text:
    spoken = [_spoken(network, i) for i in ids]
    return {
        "zh": "、".join(dict.fromkeys(zh for zh, _ in spoken)),
        "en": ", ".join(dict.fromkeys(en for _, en in spoken)),
    }


def _spoken(network: Network, name: str) -> tuple[str, str]:
    name = link_of(name)
    if name in network.links:
        return say(network.links[name].name, *LINKS[network.links[name].kind])
    if name in network.openings:
        return say(network.openings[name].name, "门", "the door")
    return say(network.spaces[name].name if name in network.spaces else {}, name, name)


def _sentence(name: Text, zh: str, en: str) -> Text:
    return {"zh": f"{_zh(name)}{zh}", "en": f"{_en(name)} {en}"}


def _zh(name: Text) -> str:
    return say(name, "此处", "this place")[0]


def _en(name: Text) -> str:
    return say(name, "此处", "this place")[1]
