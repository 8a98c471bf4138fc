"""The command line's contract: one JSON document on stdout, a problem on stderr, the exit code."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ui.cli.main import main

DUPLEX = Path(__file__).resolve().parents[3] / "shared" / "data" / "building" / "duplex.ifc"
Run = Callable[..., tuple[int, Any, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command line; gives the exit code and what it said on both ends, decoded."""

    def go(*words: str) -> tuple[int, Any, Any]:
        code = main(words)
        out, err = capsys.readouterr()
        last = err.strip().splitlines()[-1:] if code else []
        return code, json.loads(out) if out else None, json.loads(last[0]) if last else None

    return go


@pytest.fixture
def duplex() -> str:
    if not DUPLEX.exists():
        pytest.skip("../shared/data/building/duplex.ifc not found")
    return str(DUPLEX)


IMPORT_KEYS = {
    "file", "format", "schema", "seconds", "cpu_s", "floors", "spaces", "walkable", "reached", "openings",
    "vertical_links", "derived_spaces", "unreached", "warnings",
}  # fmt: skip


def test_import_of_the_two_flats(run: Run, duplex: str) -> None:
    code, document, _ = run("building", "import", duplex, "--json")
    assert code == 0
    assert document.keys() >= IMPORT_KEYS
    counted = {k: document[k] for k in ("format", "schema", "floors", "spaces", "walkable", "reached", "unreached")}
    assert counted == {
        "format": "ifc", "schema": "IFC2X3", "floors": 4, "spaces": 21, "walkable": 20, "reached": 20, "unreached": [],
    }  # fmt: skip


def test_import_of_the_reference_hall(run: Run) -> None:
    code, document, _ = run("building", "import", "reference", "--json")
    assert code == 0
    assert (document["floors"], document["spaces"], document["walkable"]) == (4, 157, 146)
    assert document["unreached"] == []


def test_import_writes_our_own_format_that_reads_back(run: Run, duplex: str, tmp_path: Path) -> None:
    assert run("building", "import", duplex, "--out", str(tmp_path), "--json")[0] == 0
    (written,) = tmp_path.glob("*.hall.json")
    code, document, _ = run("building", "import", str(written), "--json")
    assert code == 0
    assert (document["walkable"], document["reached"]) == (20, 20)


@pytest.mark.parametrize("file", ["reference", "duplex"])
def test_graph_edges_join_spaces_it_lists(run: Run, duplex: str, file: str) -> None:
    code, document, _ = run("building", "graph", duplex if file == "duplex" else file, "--json")
    assert code == 0
    known = {s["id"] for s in document["spaces"]} | {"OUT"}
    assert {e["a"] for e in document["edges"]} | {e["b"] for e in document["edges"]} <= known
    assert {e["via"] for e in document["edges"]} <= {"door", "opening", "open", "stairs", "ramp", "escalator", "lift"}
    assert all(len(s["source_id"]) == 22 for s in document["spaces"] if s["scheme"] == "ifc")


def test_check_of_the_reference_finds_nothing_that_must_be_mended(run: Run) -> None:
    code, document, _ = run("building", "check", "reference", "--json")
    assert code == 0
    assert [d for d in document["defects"] if d["severity"] == "must"] == []


def test_route_to_a_bedroom_goes_over_the_stairs(run: Run, duplex: str) -> None:
    code, document, _ = run("route", duplex, "--from", "OUT", "--to", "A202", "--lang", "en", "--json")
    assert code == 0
    assert "stairs" in [s["kind"] for s in document["steps"]]
    assert document["steps"][0]["kind"] == "depart"
    assert document["steps"][-1]["kind"] == "arrive"
    assert isinstance(document["steps"][0]["text"], str)
    assert {"distance_m", "duration_s", "profile", "geometry", "floors", "steps", "avoided"} <= document.keys()


def test_no_way_for_a_wheelchair_is_exit_3_with_the_reason(run: Run, duplex: str) -> None:
    code, document, problem = run("route", duplex, "--from", "OUT", "--to", "A202", "--profile", "wheelchair", "--json")
    assert (code, document) == (3, None)
    assert problem["reasons"]


def test_a_name_that_two_rooms_bear_is_exit_5_with_both(run: Run, duplex: str) -> None:
    code, _, problem = run("route", duplex, "--from", "OUT", "--to", "Bedroom 1", "--json")
    assert code == 5
    assert sorted(c["number"] for c in problem["candidates"]) == ["A202", "B202"]


def test_stops_are_visited_in_the_best_order(run: Run) -> None:
    way = ("route", "reference", "--from", "OUT", "--via", "B07", "A07", "--to", "3F@30,20", "--json")
    code, document, _ = run(*way)
    assert code == 0
    assert [stop.rpartition(":")[2] for stop in document["order"]] == ["A07", "B07"]
    assert document["duration_s"] == pytest.approx(sum(leg["duration_s"] for leg in document["legs"]), abs=0.2)
    code, _, problem = run("route", "reference", "--from", "OUT", "--via", *["A07"] * 9, "--to", "B07", "--json")
    assert (code, problem["reason"]) == (2, "too_many_stops")


def test_the_nearest_of_a_kind_is_gone_to(run: Run) -> None:
    code, document, _ = run("route", "reference", "--from", "B07", "--nearest", "卫生间", "--json")
    assert code == 0
    assert document["floors"] == ["shifanqu:floor:2F"]
    assert run("route", "reference", "--from", "B07", "--nearest", "zeppelin", "--json")[0] == 5


def test_an_unknown_place_is_exit_5(run: Run) -> None:
    code, _, problem = run("route", "reference", "--from", "OUT", "--to", "Atlantis", "--json")
    assert code == 5
    assert problem["type"].endswith("unknown-place")


@pytest.mark.parametrize(
    ("content", "word"),
    [(b"", "empty"), (b"\x00\x01not a building", "format"), (b"version https://git-lfs.github.com/spec/v1\n", "LFS")],
)
def test_a_file_that_cannot_serve_is_exit_4(run: Run, tmp_path: Path, content: bytes, word: str) -> None:
    broken = tmp_path / "building.ifc"
    broken.write_bytes(content)
    code, _, problem = run("building", "import", str(broken), "--json")
    assert code == 4
    assert word.lower() in problem["detail"].lower()
    assert problem["todo"]


def test_a_missing_file_is_exit_4(run: Run, tmp_path: Path) -> None:
    assert run("building", "import", str(tmp_path / "none.ifc"), "--json")[0] == 4


def test_wrong_words_are_exit_2(run: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        run("route", "reference")
    assert ended.value.code == 2


def test_kinds_lists_all_twenty(run: Run) -> None:
    code, document, _ = run("kinds", "--json")
    assert code == 0
    assert len(document["kinds"]) == 20
    assert {"kind", "points", "events", "commands", "alarms", "look"} <= document["kinds"][0].keys()


def test_a_broken_configuration_is_exit_2_with_every_defect(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "hall.toml"
    config.write_text('[http]\nport = "x"\n[hall]\nbuilding = "/nowhere.ifc"\n')
    code, _, problem = run("up", "--config", str(config), "--json")
    assert code == 2
    assert len(problem["defects"]) == 2


def test_the_code_of_a_demos_administrator_is_that_of_the_standard(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 6238, appendix B: the last six digits of what it lists for SHA-1."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    for at_s, code in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        monkeypatch.setattr("time.time", lambda at_s=at_s: float(at_s))
        assert run("code", secret.lower(), "--json") == (0, {"code": code, "seconds": 30 - at_s % 30}, None)


def test_what_is_no_secret_has_no_code(run: Run) -> None:
    code, _, problem = run("code", "not base32!")
    assert (code, problem["status"]) == (2, 2)
