"""The map's journeys: a new plan is uploaded, corrected where it is wrong, published, and every open page follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from building.formats import open_building
from building.model import Building, make_id
from building.writers import writer_for
from tests.e2e.driver import ROOT, OpenPage, RunningHall, running_hall, stage_ready

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LARGE = ROOT.parent / "shared" / "data" / "building" / "large-building.ifc"
ACTIONS_MAX = 15


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHall]:
    """A hall of its own: what is published here would surprise the other journeys."""
    with running_hall(tmp_path_factory.mktemp("map")) as started:
        yield started


@dataclass(slots=True)
class Hand:
    """A person's hand on the editor: every click, word and key is counted."""

    page: Page
    actions: int = 0

    def click(self, what: Locator) -> None:
        what.click()
        self.actions += 1

    def fill(self, what: Locator, words: str) -> None:
        what.fill(words)
        self.actions += 1

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1

    def upload(self, file: Path) -> None:
        self.page.locator("input[type=file]").set_input_files(file)
        self.actions += 2  # the button, and the file in the list
        expect(self.page.locator(".map-canvas svg").first).to_be_visible(timeout=60_000)

    def click_plan(self, x_m: float, y_m: float) -> None:
        """A point of the plan, given in metres."""
        left, top, width, x, y, across = self.settled_plan()
        scale = across / width
        self.page.mouse.click(x + (x_m - left) * scale, y + (-y_m - top) * scale)
        self.actions += 1

    def settled_plan(self) -> tuple[float, ...]:
        """What the plan shows and where, once its drawing has followed its place on the page."""
        svg = self.page.locator(".map-canvas svg").first
        for _ in range(100):
            box, view = svg.bounding_box(), svg.get_attribute("viewBox")
            if box is not None and view is not None:
                left, top, width, height = map(float, view.split())
                if abs(height / width - box["height"] / box["width"]) < 0.002:
                    return left, top, width, box["x"], box["y"], box["width"]
            self.page.wait_for_timeout(50)
        raise AssertionError("the plan does not settle")

    def publish(self, why: str) -> None:
        self.click(self.page.get_by_role("button", name="发布", exact=True).first)
        dialog = self.page.locator("dialog[open]")
        self.fill(dialog.get_by_label("为什么"), why)
        self.click(dialog.get_by_role("button", name="发布", exact=True))
        expect(self.page.get_by_text("已发布，所有页面已换。")).to_be_visible(timeout=30_000)


def _problem(page: Page, words: str) -> Locator:
    return page.locator(".map-problems").get_by_role("button", name=re.compile(words)).first


def _scene(page: Page, draft: bool = True) -> dict[str, Any]:
    """What the page draws: of the draft that its address names, or of what is published."""
    found = re.search(r"draft=([^#&]+)", page.url) if draft else None
    path = f"/api/v1/building/drafts/{found[1]}/scene" if found else "/api/v1/building/scene"
    scene: dict[str, Any] = page.request.get(path).json()
    return scene


def _without_doors(source: Path, target: Path, *numbers: int) -> Path:
    """The file with these doors, and the holes they stand in, taken out."""
    import ifcopenshell

    file = ifcopenshell.open(str(source))
    doors = file.by_type("IfcDoor")
    for door in [doors[n] for n in numbers]:
        for fills in list(door.FillsVoids):
            hole = fills.RelatingOpeningElement
            for voids in list(hole.VoidsElements):
                file.remove(voids)
            file.remove(fills)
            file.remove(hole)
        file.remove(door)
    file.write(str(target))
    return target


def test_a_door_is_redrawn_and_the_way_through_it_found_on_a_page_that_was_open(
    open_page: OpenPage, tmp_path: Path, shots: Path
) -> None:
    if not LARGE.exists():
        pytest.skip("../shared/data/building/large-building.ifc not found")
    plan = _without_doors(LARGE, tmp_path / "large.ifc", 14, 15, 16)  # rooms 5 and its neighbours: 5 has no door left
    ops = open_page("/ops/", login="manager")
    stage_ready(ops)
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    hand = Hand(page)
    hand.upload(plan)
    hand.click(_problem(page, "Room 5"))
    page.screenshot(path=shots / "map-problem.png")
    hand.click(page.get_by_role("button", name="补一扇门"))
    rooms = {s["number"]: s for s in _scene(page)["spaces"]}
    five, six = ([p[0] for p in rooms[n]["polygons"][0]["outer"]] for n in ("5", "6"))
    hand.click_plan((min(five) + max(six)) / 2, rooms["5"]["label"][1])
    expect(page.get_by_text("放好了，确认即可。")).to_be_visible()
    hand.click(page.get_by_role("button", name=re.compile("就放这里")))
    expect(page.locator(".map-edits li")).to_have_count(1)
    expect(_problem(page, "Room 5 .*没有找到")).to_have_count(0)
    hand.publish("换成大平面图")

    expect(ops.get_by_role("button", name=re.compile("Level 1")).first).to_be_visible(timeout=10_000)
    stage_ready(ops)
    ops.get_by_role("button", name="查路线").click()
    box = ops.get_by_role("combobox", name="到", exact=True)
    box.fill("5")
    ops.get_by_role("option", name=re.compile("^5 Room|^Room 5|5")).first.click()
    ops.get_by_role("button", name="查路线").last.click()
    expect(ops.get_by_text(re.compile(r"约 \d+ 分钟，\d+ 米"))).to_be_visible()
    ops.screenshot(path=shots / "map-route.png")


@pytest.fixture
def renovated(tmp_path: Path) -> Path:
    """The hall's own first-floor plan as an architect sends it: IFC, and one door was forgotten."""
    hall = open_building("reference")
    forgotten = next(o for o in hall.openings if o.key == "1F-D22")
    path = tmp_path / "一层改造图.ifc"
    writer_for(path).write(_without(hall, forgotten.id), path)
    return path


def _without(hall: Building, opening: str) -> Building:
    return replace(
        hall,
        openings=tuple(o for o in hall.openings if o.id != opening),
        devices=tuple(d for d in hall.devices if d.serves.get("opening") != opening),
    )


def test_replacing_a_floor_plan_takes_few_actions(
    open_page: OpenPage, hall: RunningHall, renovated: Path, shots: Path
) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    _back_to_the_first_version(page, hall)
    page.reload()
    hand = Hand(page)
    hand.upload(renovated)
    reference = open_building("reference")
    lost = next(o for o in reference.openings if o.key == "1F-D22")
    assert lost.between is not None
    room = next(s for s in reference.spaces if s.id in lost.between and s.kind == "elv_room")
    hand.click(_problem(page, room.name["zh"]))
    hand.click(page.get_by_role("button", name="补一扇门"))
    (x0, y0), (x1, y1) = lost.line
    hand.click_plan((x0 + x1) / 2, (y0 + y1) / 2)
    hand.click(page.get_by_role("button", name=re.compile("就放这里")))
    expect(page.locator(".map-edits li")).to_have_count(1)
    page.screenshot(path=shots / "map-replace.png")
    hand.publish("一层改造完工")
    assert hand.actions <= ACTIONS_MAX
    assert set(lost.between) in [set(o["between"] or ()) for o in _scene(page, draft=False)["openings"]]


def test_a_place_is_added_by_keyboard_alone_undone_and_brought_back(open_page: OpenPage) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    page.get_by_role("button", name="开始修改").click()
    tool = page.get_by_role("button", name="地点", exact=True)
    tool.focus()
    page.keyboard.press("Enter")
    page.locator(".map-canvas svg").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.get_by_label("中文名").last.focus()
    page.keyboard.type("饮水处")
    page.keyboard.press("Enter")
    expect(page.locator(".map-edits li")).to_have_count(1)
    expect(page.locator(".map-diff").get_by_text("饮水处")).to_be_visible()
    page.get_by_role("button", name="撤销").press("Enter")
    expect(page.locator(".map-edits li")).to_have_count(0)
    page.get_by_role("button", name="重做").press("Enter")
    expect(page.locator(".map-edits li")).to_have_count(1)


def test_a_device_is_added_moved_named_in_both_languages_and_retired_and_a_zone_gets_a_room(
    open_page: OpenPage,
) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    hand = Hand(page)
    hand.click(page.get_by_role("button", name="开始修改"))
    hand.click(page.get_by_role("button", name="设备", exact=True))
    hand.click_plan(44.0, 19.0)
    page.get_by_label("种类").last.select_option("camera")
    hand.fill(page.locator(".map-form").get_by_label("中文名"), "中央大厅摄像机")
    hand.click(page.get_by_role("button", name=re.compile("就放这里")))
    expect(page.locator(".map-diff").get_by_text("中央大厅摄像机")).to_be_visible()

    hand.click_plan(44.0, 19.0)
    card = page.locator(".map-entity")
    expect(card.get_by_role("heading", name="中央大厅摄像机")).to_be_visible()
    left, top, width, x, y, across = hand.settled_plan()
    scale = across / width
    page.mouse.move(x + (44.0 - left) * scale, y + (-19.0 - top) * scale)
    page.mouse.down()
    page.mouse.move(x + (46.0 - left) * scale, y + (-19.0 - top) * scale, steps=4)
    page.mouse.up()
    expect(page.locator(".map-edits li")).to_have_count(2)

    hand.fill(card.get_by_label("英文名"), "Main hall camera")
    hand.click(card.get_by_role("button", name="保存名称"))
    expect(page.locator(".map-edits li")).to_have_count(3)
    camera = next(d for d in _scene(page)["devices"] if d["name"].get("en") == "Main hall camera")
    assert camera["at"][0] == pytest.approx(46.0, abs=0.1)
    hand.click(card.get_by_role("button", name="停用这台设备"))
    expect(page.locator(".map-edits li")).to_have_count(4)

    page.get_by_text(re.compile("本层区域")).click()
    hall_room = make_id("shifanqu", "space", "1F-ENT")
    zone = next(z for z in _scene(page)["zones"] if ":1F-" in z["spaces"][0] and hall_room not in z["spaces"])
    hand.click(page.locator(".map-right").get_by_role("button", name=zone["name"]["zh"], exact=True).first)
    hand.click(card.get_by_role("button", name="改它的房间…"))
    hand.click_plan(44.0, 19.0)
    hand.click(page.get_by_role("button", name=re.compile("就放这里")))
    expect(page.locator(".map-edits li")).to_have_count(5)
    changed = next(z for z in _scene(page)["zones"] if z["id"] == zone["id"])
    assert set(changed["spaces"]) == {*zone["spaces"], hall_room}


def test_a_file_that_is_no_building_is_refused_in_words(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    wrong = tmp_path / "会议纪要.docx"
    wrong.write_bytes(b"PK\x03\x04 this is no plan")
    page.locator("input[type=file]").set_input_files(wrong)
    expect(page.get_by_role("alert")).to_contain_text(re.compile("格式|format"))
    expect(page.get_by_role("button", name="换一个文件")).to_be_visible()


def test_an_old_version_returns(open_page: OpenPage, hall: RunningHall) -> None:
    page = open_page("/admin/#map", login="admin", size=(1440, 900))
    first = _back_to_the_first_version(page, hall)
    floor = make_id("shifanqu", "floor", "1F")
    poi = {"op": "add_poi", "kind": "rest", "floor": floor, "at": [39.0, 20.0], "name": {"zh": "新休息处"}}
    _publish(page, hall, poi)
    page.reload()
    assert "新休息处" in [p["name"].get("zh") for p in _scene(page, draft=False)["pois"]]
    page.locator(".map-version").filter(has_text=first[:8]).get_by_role("button", name="退回这一版").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("为什么").fill("还是原来的好")
    dialog.get_by_role("button", name="退回这一版").click()
    expect(page.get_by_text("已退回，所有页面已换。")).to_be_visible(timeout=30_000)
    assert _scene(page, draft=False)["version"] == first


def test_who_looks_back_sees_the_building_as_it_was(open_page: OpenPage, hall: RunningHall, shots: Path) -> None:
    """A guard, who changes no building: a sensor was taken down and another put up, and the slider goes over that."""
    editor = open_page("/login/", login="admin")
    _back_to_the_first_version(editor, hall)
    old, new = (make_id("shifanqu", "device", key) for key in ("LEAK-01", "LEAK-NEW"))
    floor = make_id("shifanqu", "floor", "1F")
    put_up = {"op": "add_device", "kind": "leak_sensor", "key": "LEAK-NEW", "name": {"zh": "新漏水", "en": "New leak"}}
    _publish(editor, hall, {"op": "retire", "id": old}, {**put_up, "floor": floor, "at": [39.0, 13.6]})
    versions = editor.request.get("/api/v1/building/versions").json()
    published_ms = next(v["published_ms"] for v in versions if v["current"])

    page = open_page(f"/ops/?at={published_ms - 1}#v=single&f=1F&s=LEAK-01", login="security", size=(1280, 800))
    _standing(page, old, gone=new)
    expect(page.locator(".replay-badge")).to_be_visible()
    expect(page.locator(".ops-side .side-head")).to_contain_text("LEAK-01")
    page.screenshot(path=shots / "ops-old-building.png")
    page.get_by_role("button", name="下一事件").click()
    _standing(page, new, gone=old)
    expect(page.locator(".replay-badge")).to_be_visible()
    page.get_by_role("button", name="回到实时").click()
    expect(page.locator(".replay-badge")).to_have_count(0)
    _standing(page, new, gone=old)


def _standing(page: Page, there: str, *, gone: str) -> None:
    """Which of the two is on the stage, soon."""
    stage = "Boolean(window.__hall && window.__hall.project({!r}) && !window.__hall.project({!r}))"
    for _ in range(150):
        if page.evaluate(stage.format(there, gone)):
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"{there} is not on the stage, or {gone} is")


def _publish(page: Page, hall: RunningHall, *edits: dict[str, Any]) -> None:
    """What is published now, with these edits."""
    origin = {"origin": hall.url}
    draft = page.request.post("/api/v1/building/drafts/current", headers=origin).json()
    path = f"/api/v1/building/drafts/{draft['id']}"
    for edit in edits:
        answer = page.request.post(f"{path}/edits", data={"revision": draft["revision"], "edit": edit}, headers=origin)
        assert answer.ok, answer.text()
        draft = answer.json()
    answer = page.request.post(f"{path}/publish", data={"revision": draft["revision"], "why": "试"}, headers=origin)
    assert answer.ok, answer.text()


def _back_to_the_first_version(page: Page, hall: RunningHall) -> str:
    """The hall as it was opened; returns its hash."""
    versions = page.request.get("/api/v1/building/versions").json()
    first: str = min(versions, key=lambda v: v["published_ms"])["hash"] if len(versions) == 1 else _opened(versions)
    if not next(v for v in versions if v["hash"] == first)["current"]:
        answer = page.request.post(
            f"/api/v1/building/versions/{first}/publish", data={"why": "重新开始"}, headers={"origin": hall.url}
        )
        assert answer.ok, answer.text()
    return first


def _opened(versions: list[dict[str, Any]]) -> str:
    """The reference hall is the one with all its windows."""
    return str(max(versions, key=lambda v: v["counts"].get("windows", 0))["hash"])
