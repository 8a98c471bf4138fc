"""A small house with everything in it, for tests: two floors, a stair, a lift, a window with its devices."""

from __future__ import annotations

from building.model import (
    OUT,
    Building,
    Department,
    Device,
    Floor,
    Furniture,
    Opening,
    OutdoorPlace,
    Poi,
    Polygon,
    Pose,
    Ring,
    Seat,
    ServiceWindow,
    Space,
    Stop,
    SupplyNode,
    Text,
    VerticalLink,
    Wall,
    Zone,
    make_id,
)  # fmt: skip
from building.shapes import band

SITE = "test"


def id_of(kind: str, key: str) -> str:
    return make_id(SITE, kind, key)


def box(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    ring: Ring = ((x0, y0), (x1, y0), (x1, y1), (x0, y1))
    return Polygon(outer=ring)


def words(zh: str, en: str) -> Text:
    return {"zh": zh, "en": en}


def small_house() -> Building:
    """``1F``: hall, office behind the counter, lift; ``2F``: a gallery. Stairs and a lift join them."""
    f1, f2 = id_of("floor", "1F"), id_of("floor", "2F")
    hall, office, gallery = (id_of("space", k) for k in ("1F-HALL", "1F-OFF", "2F-GAL"))
    shafts = {f1: id_of("space", "1F-L"), f2: id_of("space", "2F-L")}
    window, screen = id_of("window", "A01"), id_of("device", "SCR-A01")
    partition = ((8.0, 0.0), (8.0, 6.0))
    return Building(
        site=SITE,
        name=words("小屋", "Small house"),
        format="hall",
        schema="halltwin-building/1",
        floors=(
            Floor(id=f1, name=words("一层", "Floor 1"), number="1F", ordinal=0, elevation_m=0.0, height_m=4.0,
                  outline=(box(-0.2, -0.2, 12.2, 6.2),)),
            Floor(id=f2, name=words("二层", "Floor 2"), number="2F", ordinal=1, elevation_m=4.0, height_m=3.5,
                  outline=(box(-0.2, -0.2, 12.2, 6.2),)),
        ),
        spaces=(
            Space(id=hall, name=words("大厅", "Hall"), floor=f1, number="1F-HALL", kind="hall", height_m=3.8,
                  footprint=(box(0.0, 0.0, 7.9, 6.0),), aliases=("前厅",)),
            Space(id=office, name=words("办公室", "Office"), floor=f1, number="1F-OFF", kind="office", height_m=3.8,
                  footprint=(box(8.1, 0.0, 10.0, 6.0),), access="staff"),
            Space(id=shafts[f1], name=words("电梯井", "Shaft"), floor=f1, number="1F-L", kind="lift", walkable=False,
                  height_m=4.0, footprint=(box(10.0, 4.0, 12.0, 6.0),)),
            Space(id=gallery, name=words("走廊", "Gallery"), floor=f2, number="2F-GAL", kind="corridor", z0_m=4.0,
                  height_m=3.3, footprint=(box(0.0, 0.0, 10.0, 6.0),)),
            Space(id=shafts[f2], name=words("电梯井", "Shaft"), floor=f2, number="2F-L", kind="lift", walkable=False,
                  z0_m=4.0, height_m=3.3, footprint=(box(10.0, 4.0, 12.0, 6.0),)),
        ),
        walls=(
            Wall(id=id_of("wall", "W1"), name={}, floor=f1, kind="partition", footprint=band(partition, 0.2), z0_m=0.0,
                 height_m=3.8, line=partition, thickness_m=0.2),
        ),
        openings=(
            Opening(id=id_of("opening", "D1"), name=words("大门", "Front door"), floor=f1, between=(hall, OUT),
                    line=((3.0, 0.0), (5.0, 0.0)), exit=True, outside_place=id_of("outdoor", "YARD")),
            Opening(id=id_of("opening", "D2"), name=words("侧门", "Side door"), floor=f1, between=(hall, office),
                    line=((8.0, 4.0), (8.0, 5.0)), swing_to=office),
            Opening(id=id_of("opening", "D3"), name={}, floor=f1, kind="lift", between=(office, shafts[f1]),
                    line=((10.0, 4.5), (10.0, 5.5)), link=id_of("link", "L1")),
            Opening(id=id_of("opening", "D4"), name={}, floor=f2, kind="lift", between=(gallery, shafts[f2]), z0_m=4.0,
                    line=((10.0, 4.5), (10.0, 5.5)), link=id_of("link", "L1")),
        ),
        vertical_links=(
            VerticalLink(id=id_of("link", "S1"), name=words("楼梯", "Stairs"), kind="stairs",
                         stops=(Stop(floor=f1, space=hall, at=(1.0, 1.0)),
                                Stop(floor=f2, space=gallery, at=(1.0, 5.0))),
                         paths=(((1.0, 1.0, 0.0), (1.0, 5.0, 4.0)),)),
            VerticalLink(id=id_of("link", "L1"), name=words("电梯", "Lift"), kind="lift", step_free=True, shafts=shafts,
                         stops=(Stop(floor=f1, space=office, at=(9.5, 5.0)),
                                Stop(floor=f2, space=gallery, at=(9.5, 5.0)))),
        ),
        departments=(Department(id=id_of("department", "tax"), name=words("税务局", "Tax Bureau"),
                                short=words("税务", "Tax")),),
        windows=(
            ServiceWindow(id=window, name=words("A01窗口", "Window A01"), floor=f1, number="A01", at=(8.0, 2.0),
                          stand=(7.4, 2.0), facing_deg=180.0, space=hall, staff_space=office,
                          department=id_of("department", "tax"), business=words("发票", "Invoices"), screen=screen),
        ),
        devices=(
            Device(id=screen, name=words("A01屏", "Screen A01"), kind="screen", floor=f1, space=hall,
                   pose=Pose(x_m=7.8, y_m=2.0, z_m=2.5, yaw_deg=180.0), power_from=id_of("supply", "MAINS"),
                   network_from=id_of("supply", "NET"), serves={"window": window},
                   coverage={"spaces": [hall], "readable_m": 8}),
        ),
        supply=(
            SupplyNode(id=id_of("supply", "MAINS"), name=words("市电", "Mains"), kind="mains"),
            SupplyNode(id=id_of("supply", "NET"), name=words("外网", "Network"), kind="network"),
        ),
        zones=(
            Zone(id=id_of("zone", "Q1"), name=words("叫号区", "Queue"), kind="queue", spaces=(hall,), floor=f1,
                 windows=(window,), departments=(id_of("department", "tax"),)),
        ),
        pois=(Poi(id=id_of("poi", "AED"), name=words("AED", "AED"), kind="aed", floor=f1, space=hall, at=(2.0, 5.0)),),
        seats=(Seat(id=id_of("seat", "S1"), name={}, floor=f1, space=hall, at=(4.0, 4.0), facing_deg=0.0),),
        furniture=(
            Furniture(id=id_of("furniture", "F1"), name=words("桌", "Table"), floor=f1, space=hall, kind="table",
                      footprint=box(5.0, 4.0, 6.0, 5.0)),
        ),
        outdoor_places=(
            OutdoorPlace(id=id_of("outdoor", "YARD"), name=words("院子", "Yard"), footprint=box(0.0, -8.0, 12.0, -0.2),
                         z_m=0.0),
        ),
    )  # fmt: skip
