"""Devices, service windows, zones and points of interest: what stands in the rooms, placed and retired by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from building.departments import find_department, floor_number
from building.edits.operation import Arguments, Operation, called, get, near_space, put, refused, space_at, take
from building.model import (
    XY,
    Building,
    Device,
    Entity,
    Floor,
    Poi,
    Pose,
    ServiceWindow,
    Space,
    Text,
    Zone,
    make_id,
)
from building.references import repoint

MOUNT_M = 1.5
"""How high above the floor a device is taken to hang when nobody says."""
HEIGHT_MAX_M = 50.0
STAND_M = 0.6
"""How far before the counter its visitor stands; who serves sits as far behind it."""
NEAR_M = 0.3
"""What is put this near a room, on its wall, is in it."""
_FRONT = {"screen": "screen", "window_terminal": "terminal"}
"""The member of a window that names a device of this kind."""


def _add_device(b: Building, a: Arguments) -> Building:
    floor, at, kind = a.floor(), a.point("at"), a.word("kind")
    device_id = make_id(b.site, "device", a.key("key")) if "key" in a else a.fresh_id("device", floor.id)
    if any(d.id == device_id for d in b.devices):
        raise _taken(f"设备编号 {a.id('key')}", f"the device key {a.id('key')}")
    space = near_space(b, floor.id, at, within_m=NEAR_M)
    z_m = floor.elevation_m + (a.number("height_m", 0.0, HEIGHT_MAX_M) if "height_m" in a else MOUNT_M)
    device = Device(
        id=device_id, name=a.words("name"), kind=kind, floor=floor.id, space=space.id if space else None,
        pose=Pose(x_m=at[0], y_m=at[1], z_m=z_m, yaw_deg=a.number("yaw_deg", -360.0, 360.0) if "yaw_deg" in a else 0.0),
        power_from=_feeder(b, a, "power_from"), network_from=_feeder(b, a, "network_from"),
    )  # fmt: skip
    if "serves" in a:
        b, device = _serving(b, a, device)
    return put(b, "devices", device)


def _feeder(b: Building, a: Arguments, name: str) -> str | None:
    if name not in a:
        return None
    feeders: tuple[Entity, ...] = (*b.devices, *b.supply)
    return a.entity(name, feeders).id


def _serving(b: Building, a: Arguments, device: Device) -> tuple[Building, Device]:
    """The device with what it drives or belongs to, which from now on names it."""
    served = a.any_entity("serves")
    kind = served.id.split(":", 2)[1]
    match kind:
        case "opening" | "link":
            name, member = {"opening": ("openings", "device"), "link": ("vertical_links", "device")}[kind]
        case "window" if device.kind in _FRONT:
            name, member = "windows", _FRONT[device.kind]
        case _:
            raise refused(
                f"{device.kind} 不能装在{called(b, served.id, 'zh')}上。",
                f"A {device.kind} cannot serve {called(b, served.id, 'en')}.",
                todo_zh="请选门、电梯或窗口。", todo_en="Choose a door, a lift or a window.",
            )  # fmt: skip
    if getattr(served, member) not in (None, device.id):
        raise _taken(f"{called(b, served.id, 'zh')}的设备", f"the place of a device at {called(b, served.id, 'en')}")
    changes: dict[str, Any] = {member: device.id}
    return put(b, name, replace(served, **changes)), replace(device, serves={kind: served.id})


def _change_device(b: Building, a: Arguments) -> Building:
    device = a.entity("id", b.devices)
    changes: dict[str, Any] = {n: _feeder(b, a, n) for n in ("power_from", "network_from") if n in a}
    if "yaw_deg" in a:
        changes["pose"] = replace(device.pose, yaw_deg=a.number("yaw_deg", -360.0, 360.0))
    return put(b, "devices", replace(device, **changes))


def _add_window(b: Building, a: Arguments) -> Building:
    floor, at, number = a.floor(), a.point("at"), a.key("number").upper()
    facing_deg = a.number("facing_deg", -360.0, 360.0) % 360.0
    check_number(b, number, None)
    stand, space = _stand(b, floor, at, facing_deg)
    behind = space_at(b, floor.id, _before(at, facing_deg, -STAND_M))
    window = ServiceWindow(
        id=_free(b, make_id(b.site, "window", number)), number=number, floor=floor.id, at=at, stand=stand,
        name=a.words("name") if "name" in a else {"zh": f"{number}窗口", "en": f"Window {number}"},
        facing_deg=facing_deg, space=space.id, department=_department(b, a),
        staff_space=behind.id if behind and behind.id != space.id else None,
    )  # fmt: skip
    return _queued(put(b, "windows", window), window)


def _change_window(b: Building, a: Arguments) -> Building:
    window = a.entity("id", b.windows)
    if "department" in a:
        window = replace(window, department=_department(b, a))
        leaving = tuple(replace(z, windows=tuple(w for w in z.windows if w != window.id)) for z in b.zones)
        b = _queued(put(replace(b, zones=leaving), "windows", window), window)
    if "facing_deg" in a:
        facing_deg = a.number("facing_deg", -360.0, 360.0) % 360.0
        stand, space = _stand(b, get(b.floors, window.floor), window.at, facing_deg)
        window = replace(window, facing_deg=facing_deg, stand=stand, space=space.id)
    if "business" in a:
        window = replace(window, business=a.words("business"))
    return put(b, "windows", window)


def _queued(b: Building, window: ServiceWindow) -> Building:
    """With the window in the queue zone where its visitors stand: its department's, else the only one there."""
    here = [z for z in b.zones if z.kind == "queue" and window.space in z.spaces]
    own = [z for z in here if window.department in z.departments] or (here if len(here) == 1 else [])
    return put(b, "zones", replace(own[0], windows=(*own[0].windows, window.id))) if own else b


def check_number(b: Building, number: str, but: str | None) -> None:
    if any(w.number.upper() == number.upper() and w.id != but for w in b.windows):
        raise _taken(f"窗口号 {number}", f"the window number {number}")


def _free(b: Building, entity_id: str) -> str:
    if any(w.id == entity_id for w in b.windows):
        raise _taken(f"窗口编号 {entity_id}", f"the id {entity_id}")
    return entity_id


def _department(b: Building, a: Arguments) -> str | None:
    if "department" not in a:
        return None
    found = find_department(b, a.id("department"))
    if found is None:
        raise refused(
            f"没有部门 {a.id('department')[:40]}。", f"There is no department {a.id('department')[:40]}.",
            todo_zh="请从列表中选择部门。", todo_en="Choose one of the departments listed.",
        )  # fmt: skip
    return found.id


def _stand(b: Building, floor: Floor, at: XY, facing_deg: float) -> tuple[XY, Space]:
    stand = _before(at, facing_deg, STAND_M)
    space = space_at(b, floor.id, stand)
    if space is None or not space.walkable:
        raise refused(
            f"办事人站立点（窗口前 {STAND_M:g} 米）不在可走的房间里。",
            f"Its visitor would stand {STAND_M:g} m before it, in no room that can be walked.",
            todo_zh="请转动窗口朝向，或移到柜台边。", todo_en="Turn the window, or move it to the edge of the counter.",
        )  # fmt: skip
    return stand, space


def _before(at: XY, facing_deg: float, by_m: float) -> XY:
    angle = math.radians(facing_deg)
    return round(at[0] + by_m * math.cos(angle), 3), round(at[1] + by_m * math.sin(angle), 3)


def _add_zone(b: Building, a: Arguments) -> Building:
    floor = a.floor()
    zone = Zone(
        id=a.fresh_id("zone", floor.id), name=a.words("name"), kind=a.word("kind"), floor=floor.id,
        spaces=_spaces(b, a), capacity=a.count_or_none("capacity"),
    )  # fmt: skip
    return put(b, "zones", zone)


def _change_zone(b: Building, a: Arguments) -> Building:
    zone = a.entity("id", b.zones)
    if "spaces" in a:
        zone = replace(zone, spaces=_spaces(b, a))
    if a.states("capacity"):
        zone = replace(zone, capacity=a.count_or_none("capacity"))
    return put(b, "zones", zone)


def _spaces(b: Building, a: Arguments) -> tuple[str, ...]:
    return tuple(get(b.spaces, s).id for s in a.ids("spaces"))


def _add_poi(b: Building, a: Arguments) -> Building:
    floor, at = a.floor(), a.point("at")
    space = _room_at(b, floor, at)
    poi = Poi(
        id=a.fresh_id("poi", floor.id), name=a.words("name"), kind=a.word("kind"), floor=floor.id, space=space.id, at=at
    )
    return put(b, "pois", poi)


def _room_at(b: Building, floor: Floor, at: XY) -> Space:
    space = near_space(b, floor.id, at, within_m=NEAR_M)
    if space is None:
        raise refused(
            "这里不在任何房间里。", "This is in no room.",
            todo_zh="请点在房间里面。", todo_en="Choose a spot inside a room.",
        )  # fmt: skip
    return space


def moved_device(b: Building, device: Device, at: XY, floor: Floor) -> Device:
    space = near_space(b, floor.id, at, within_m=NEAR_M)
    above_m = device.pose.z_m - get(b.floors, device.floor).elevation_m
    pose = replace(device.pose, x_m=at[0], y_m=at[1], z_m=round(floor.elevation_m + above_m, 3))
    return replace(device, pose=pose, floor=floor.id, space=space.id if space else None)


def moved_window(b: Building, window: ServiceWindow, at: XY, floor: Floor) -> ServiceWindow:
    stand, space = _stand(b, floor, at, window.facing_deg)
    behind = space_at(b, floor.id, _before(at, window.facing_deg, -STAND_M))
    return replace(
        window, at=at, stand=stand, floor=floor.id, space=space.id,
        staff_space=behind.id if behind and behind.id != space.id else None,
    )  # fmt: skip


def moved_thing(b: Building, thing: Any, at: XY, floor: Floor) -> Any:
    """A point of interest or a seat."""
    return replace(thing, at=at, floor=floor.id, space=_room_at(b, floor, at).id)


def _retire(b: Building, a: Arguments) -> Building:
    """A device or window goes, and with it every mention of it; what hung on a device hangs on nothing stated."""
    among: tuple[Entity, ...] = (*b.devices, *b.windows)
    gone = a.entity("id", among)
    b = take(b, gone.id)
    lists: dict[str, Any] = {
        name: tuple(repoint(e, {gone.id: None}) for e in entities) for name, entities in b.lists().items()
    }
    return replace(b, **lists)


def _taken(zh: str, en: str) -> Exception:
    return refused(
        f"{zh}已被占用。", f"{en[:1].upper()}{en[1:]} is taken.",
        todo_zh="请换一个，或先停用原来的。", todo_en="Choose another, or retire the one that has it.",
    )  # fmt: skip


# --- in words


def _added(what_zh: str, what_en: str) -> Any:
    def describe(b: Building, a: Arguments) -> Text:
        number = floor_number(b, a.id("floor"))
        name = a.words("name") if "name" in a else {"zh": a.id("number"), "en": a.id("number")}
        zh, en = name.get("zh") or name["en"], name.get("en") or name["zh"]
        return {"zh": f"在 {number} 加{what_zh}“{zh}”", "en": f"Add the {what_en} “{en}” on {number}"}

    return describe


def _done(zh: str, en: str) -> Any:
    def describe(b: Building, a: Arguments) -> Text:
        return {"zh": f"{zh}{called(b, a.id('id'), 'zh')}", "en": f"{en} {called(b, a.id('id'), 'en')}"}

    return describe


OPERATIONS = (
    Operation(
        name="add_device", needs=("kind", "floor", "at", "name"),
        may=("key", "power_from", "network_from", "height_m", "yaw_deg", "serves"), apply=_add_device,
        describe=_added("设备", "device"),
    ),
    Operation(name="change_device", needs=("id",), may=("power_from", "network_from", "yaw_deg"), apply=_change_device,
              describe=_done("改动设备", "Change the device")),
    Operation(name="add_window", needs=("number", "floor", "at", "facing_deg"), may=("name", "department"),
              apply=_add_window, describe=_added("窗口", "window")),
    Operation(name="change_window", needs=("id",), may=("department", "facing_deg", "business"), apply=_change_window,
              describe=_done("改动", "Change")),
    Operation(name="add_zone", needs=("floor", "kind", "spaces", "name"), may=("capacity",), apply=_add_zone,
              describe=_added("分区", "zone")),
    Operation(name="change_zone", needs=("id",), may=("spaces", "capacity"), apply=_change_zone,
              describe=_done("改动分区", "Change the zone")),
    Operation(name="add_poi", needs=("kind", "floor", "at", "name"), apply=_add_poi, describe=_added("地点", "place")),
    Operation(name="retire", needs=("id",), apply=_retire, describe=_done("停用", "Retire")),
)  # fmt: skip
