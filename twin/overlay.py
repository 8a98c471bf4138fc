"""What is live in the hall now and what of it a new version would end: said before anybody publishes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from building.departments import windows_of
from building.model import Building, Entity, Text, make_id
from twin.state import PointValue

Live = Mapping[str, Mapping[str, PointValue]]
_CLOSED_MODES = frozenset({"held", "fire", "maintenance", "fault", "stopped"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    id: str
    what: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """``kept``: live entities that go on because their id does."""

    kept: int
    lost: tuple[Lost, ...]


def overlay(before: Building, after: Building, live: Live, *, alarmed: Collection[str]) -> Overlay:
    """``live`` are the values by entity, ``alarmed`` the sources of open alarms."""
    stays = {e.id for e in after.entities()}
    living = [e for e in before.entities() if live.get(e.id)]
    lost = [Lost(id=e.id, what=_told(e, live, alarmed)) for e in living if e.id not in stays]
    lost += [*_departments(before, after, live), *_closures(before, after, live)]
    return Overlay(kept=sum(1 for e in living if e.id in stays), lost=tuple(lost))


def _told(e: Entity, live: Live, alarmed: Collection[str]) -> Text:
    """What is true of it now and will not be shown any more."""
    values = {name: point.value for name, point in live[e.id].items()}
    waiting = values.get("waiting")
    said = [
        ("有未关闭的告警", "an alarm is open", e.id in alarmed),
        (f"正在为 {values.get('called')} 办理", f"{values.get('called')} is being served", values.get("called")),
        ("正在开放", "it is open", values.get("open") is True),
        (f"所属部门有 {waiting} 人等候", f"{waiting} wait for its department", waiting),
        ("已上锁", "it is locked", values.get("lock_state") == "locked"),
        ("在线，凭据将作废", "it is online, its credential ends", values.get("online") is True and _is_device(e)),
    ]
    zh, en = [z for z, _, true in said if true], [w for _, w, true in said if true]
    name_zh, name_en = e.name.get("zh") or e.key, e.name.get("en") or e.key
    return {
        "zh": f"{name_zh}：" + ("、".join(zh) or "有实时数据"),
        "en": f"{name_en}: " + (", ".join(en) or "it has live data"),
    }


def _is_device(e: Entity) -> bool:
    return e.id.split(":", 2)[1] == "device"


def _departments(before: Building, after: Building, live: Live) -> list[Lost]:
    """Where people wait and nobody could call them any more."""
    lost = []
    for d in before.departments:
        point = live.get(make_id(before.site, "queue", d.key), {}).get("waiting")
        waiting = point.value if point is not None else 0
        if waiting and windows_of(before, d.id) and not windows_of(after, d.id):
            zh, en = d.name.get("zh") or d.key, d.name.get("en") or d.key
            what = {
                "zh": f"{zh}：{waiting} 人在等候，发布后再没有窗口，他们的号会作废",
                "en": f"{en}: {waiting} wait and would have no window left; their tickets end",
            }
            lost.append(Lost(id=d.id, what=what))
    return lost


def _closures(before: Building, after: Building, live: Live) -> list[Lost]:
    """Doors and lifts that are closed now, because a device says so, and would not be known as closed any more."""
    driven = {e.id: device for e, device in _drives(after)}
    lost = []
    for e, device in _drives(before):
        points = live.get(device or "", {})
        closed = (
            _value(points, "lock_state") == "locked"
            or _value(points, "mode") in _CLOSED_MODES
            or _value(points, "fault") in ("forced", "tamper")
        )
        if closed and driven.get(e.id) != device:
            zh, en = e.name.get("zh") or e.key, e.name.get("en") or e.key
            what = {
                "zh": f"{zh}：现在关闭，发布后路线会当它可走",
                "en": f"{en}: it is closed now; routes would take it for open",
            }
            lost.append(Lost(id=e.id, what=what))
    return lost


def _drives(b: Building) -> list[tuple[Entity, str | None]]:
    return [*((o, o.device) for o in b.openings), *((v, v.device) for v in b.vertical_links)]


def _value(points: Mapping[str, PointValue], name: str) -> object:
    point = points.get(name)
    return None if point is None else point.value
