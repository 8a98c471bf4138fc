"""A hall on the embedded broker says so on every page, in one line that takes nothing away from the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.driver import OpenPage, RunningHall, running_hall
from ui.testing import open_folder

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LINE = "演示用内置消息服务器：设备状态可能延迟或缺失"
STAFF = [("/ops/", "manager"), ("/alert/", "security"), ("/desk/", "clerk"), ("/admin/", "admin")]
PUBLIC = [
    ("/login/", (1280, 800)),
    ("/go/", (390, 844)),
    ("/kiosk/?place=KIOSK-01", (1080, 1920)),
    ("/wall/", (1920, 1080)),
]


@pytest.fixture(scope="module")
def hall() -> Iterator[RunningHall]:
    with open_folder() as folder:
        config = folder / "hall.toml"
        config.write_text("[broker]\nembedded = true\n")
        with running_hall(folder / "d", "--config", str(config)) as started:
            yield started


@pytest.mark.parametrize(("path", "login"), STAFF)
def test_staff_read_the_line_and_open_what_is_not_promised(
    open_page: OpenPage, path: str, login: str, shots: Path
) -> None:
    page = open_page(path, login=login)
    line = page.get_by_role("complementary", name=LINE)
    expect(line).to_be_in_viewport(ratio=1)
    line.get_by_text("哪些不保证").click()
    expect(line.get_by_text("sudo apt-get install -y mosquitto")).to_be_in_viewport(ratio=1)
    page.screenshot(path=shots / f"fallback{path.replace('/', '-')}.png")
    if path != "/desk/":  # there one chooses a window first, among more than fit on a screen
        fits(page.evaluate("[document.documentElement.scrollHeight, innerHeight]"))


@pytest.mark.parametrize(("path", "size"), PUBLIC)
def test_citizens_read_one_line(open_page: OpenPage, path: str, size: tuple[int, int], shots: Path) -> None:
    page = open_page(path, size=size)
    line = page.get_by_role("complementary", name=LINE)
    expect(line).to_be_in_viewport(ratio=1)
    expect(line.get_by_text(LINE)).to_be_visible()
    expect(line.get_by_text("哪些不保证")).to_have_count(0)
    page.screenshot(path=shots / f"fallback-{path.split('/')[1]}.png")
    fits(page.evaluate("[document.documentElement.scrollHeight, innerHeight]"))


def fits(heights: list[int]) -> None:
    """The line takes its place from the page: nothing is pushed out below."""
    height, window = heights
    assert height <= window
