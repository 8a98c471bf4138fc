"""The whole table of who may say and hear what, tried out on a real broker; and that a hole in it would be found."""

from __future__ import annotations

import pytest

from ui.cli.bench import access

pytestmark = pytest.mark.integration


def test_nobody_says_or_hears_more_than_is_his() -> None:
    told = access.try_all()
    assert told["rows"] >= access.ROWS_MIN
    assert told["against"] == []
    assert 500 < told["allowed"] < told["rows"] / 5


def test_a_hole_is_found_on_every_path() -> None:
    holes = ["user DOOR-01", f"topic readwrite {access.NATIVE}/UPS-1/tele"]
    told = access.try_all(roles=("DOOR-01",), beside=holes)
    paths = [("publish", path) for path in access.WRITE_PATHS] + [("read", path) for path in access.READ_PATHS]
    found = {("DOOR-01", verb, path, f"{access.NATIVE}/UPS-1/tele") for verb, path in paths}
    assert {tuple(row) for row in told["against"]} == found
    assert told["unexpected_allows"] == len(found)
