"""``halltwin bench import`` prints what the contract names, also of a file that cannot serve."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from building.formats.hall import dumps
from building.graph import build_graph
from building.testing import small_house
from building.understanding import understand
from ui.cli.bench.building_import import default_files, judge_routes, survey_of
from ui.cli.main import main
from wayfinding.drafts import towers_on_a_concourse, two_rooms

KEYS = {"file", "cpu_s", "warm_s", "rss_mb", "walkable", "reached", "glb_ratio", "routes", "violations"}


def test_it_measures_every_file_and_says_why_one_cannot_serve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "house.json", tmp_path / "bad.json"
    good.write_text(dumps(small_house()), encoding="utf-8")
    bad.write_text("[]")
    assert main(["bench", "import", str(good), str(bad), "--routes", "20", "--spaces", "100", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document.keys() == {"name", "metrics", "peers", "limits", "machine"}
    measured, refused = document["metrics"]["files"]
    assert measured.keys() >= KEYS
    assert measured["cpu_s"] > measured["warm_s"] > 0
    assert measured["rss_mb"] > 5
    assert (measured["walkable"], measured["reached"], measured["violations"]) == (3, 3, 0)
    assert refused.keys() == {"file", "error"}
    campus = document["metrics"]["campus"]
    assert campus["floors"] == 20
    assert campus["spaces"] == campus["reached"] >= 100


def test_what_a_file_of_the_campus_shows_is_understood_as_it_was_drawn() -> None:
    drawn = towers_on_a_concourse(towers=1, storeys=2)
    understood = understand(survey_of(drawn))

    def joined(building: object) -> set[tuple[frozenset[str], str]]:
        return {(frozenset({e.a, e.b}), e.via) for e in build_graph(building).edges}  # type: ignore[arg-type]

    assert joined(understood) == joined(drawn)


def test_ways_between_random_points_keep_off_the_walls() -> None:
    asked, violations = judge_routes(two_rooms(), 100, random.Random(1))  # noqa: S311
    assert (asked, violations) == (100, 0)


def test_of_a_folder_the_file_that_names_the_others_is_measured(tmp_path: Path) -> None:
    (tmp_path / "a.ifc").touch()
    (tmp_path / "set").mkdir()
    assert default_files(tmp_path) == ["reference", str(tmp_path / "a.ifc"), str(tmp_path / "set" / "main.json")]
    assert default_files(tmp_path / "none") == ["reference"]
