"""Any writer: found by the ending, writes whole or not at all, and accounts for every entity."""

from __future__ import annotations

from pathlib import Path

import pytest

from building.errors import UnwritableFile
from building.formats import FORMATS, open_building, read
from building.formats.format import SNIFF_BYTES
from building.model import ENTITY_LISTS, Building
from building.testing import small_house
from building.versions import content_hash
from building.writers import WRITERS, Loss, Writer, write, writer_for

HOUSE = small_house()


def test_each_ending_belongs_to_one_writer() -> None:
    endings = [suffix for w in WRITERS for suffix in w.suffixes]
    assert len(set(endings)) == len(endings)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in endings)
    assert len({w.name for w in WRITERS}) == len(WRITERS)


@pytest.mark.parametrize(
    ("name", "writer"), [("a.ifc", "ifc"), ("A.IFC", "ifc"), ("a.hall.json", "hall"), ("my.ifc.json", "hall")]
)
def test_the_ending_decides(name: str, writer: str) -> None:
    assert writer_for(Path(name)).name == writer


def test_the_longer_ending_wins() -> None:
    def nothing(_b: Building, _path: Path) -> tuple[Loss, ...]:
        return ()

    short, long = (Writer(name=s, suffixes=(s,), write=nothing) for s in (".json", ".geo.json"))
    assert writer_for(Path("x.geo.json"), (short, long)) is long
    assert writer_for(Path("x.json"), (short, long)) is short


def test_an_unknown_ending_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnwritableFile) as refused:
        writer_for(Path("hall.dwg"))
    assert all(w.suffixes[0] in refused.value.todo for w in WRITERS)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnwritableFile, match="No such file or directory"):
        write(HOUSE, tmp_path / "none" / "house.json")


def test_what_fails_half_way_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "house.json"
    path.write_text("before")

    def breaks(_b: Building, draft: Path) -> tuple[Loss, ...]:
        draft.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(UnwritableFile, match="No space left"):
        write(HOUSE, path, (Writer(name="broken", suffixes=(".json",), write=breaks),))
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["house.json"]


def test_our_own_format_keeps_everything(tmp_path: Path) -> None:
    written = write(HOUSE, tmp_path / "house.hall.json")
    assert written.dropped == ()
    assert written.kept == {name: len(items) for name, items in HOUSE.lists().items() if items}
    assert content_hash(read(tmp_path / "house.hall.json")) == content_hash(HOUSE)


def test_what_is_dropped_is_not_kept(tmp_path: Path) -> None:
    def without_seats(b: Building, draft: Path) -> tuple[Loss, ...]:
        draft.write_text("")
        return (Loss(what="seats", count=len(b.seats), reason="no"), Loss(what="openings.hours", count=2, reason="no"))

    written = write(HOUSE, tmp_path / "a.txt", (Writer(name="txt", suffixes=(".txt",), write=without_seats),))
    assert "seats" not in written.kept
    assert written.kept["openings"] == len(HOUSE.openings)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda w: w.name)
def test_every_writer_accounts_for_the_whole_hall(writer: Writer, tmp_path: Path) -> None:
    hall = open_building("reference")
    path = tmp_path / f"hall{writer.suffixes[0]}"
    written = write(hall, path)
    assert path.stat().st_size > 0
    assert {loss.what.split(".")[0] for loss in written.dropped} <= {*ENTITY_LISTS, "building"}
    assert all(loss.count > 0 and loss.reason for loss in written.dropped)
    assert all(0 < written.kept[name] <= len(hall.lists()[name]) for name in written.kept)
    assert written.kept["spaces"] == len(hall.spaces)


@pytest.mark.parametrize("writer", WRITERS, ids=lambda w: w.name)
def test_the_same_building_gives_the_same_bytes(writer: Writer, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{n}" / f"house{writer.suffixes[0]}" for n in (1, 2))
    for path in (first, second):
        path.parent.mkdir()
        write(HOUSE, path)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("writer", WRITERS, ids=lambda w: w.name)
def test_what_we_write_no_two_readers_claim(writer: Writer, tmp_path: Path) -> None:
    """And of the formats that are both written and read, the one it was written in knows it."""
    path = tmp_path / f"house{writer.suffixes[0]}"
    write(HOUSE, path)
    head = path.read_bytes()[:SNIFF_BYTES]
    claimed = [f.name for f in FORMATS if f.sniff(head)]
    assert len(claimed) <= 1
    assert claimed == [writer.name] or writer.name not in {f.name for f in FORMATS}
