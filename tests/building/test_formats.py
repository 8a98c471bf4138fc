"""Whatever file is opened, it becomes a building or a refusal that says what to do."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from building.errors import UnreadableFile
from building.formats import FORMATS, Format, open_building, read
from building.formats.hall import dumps
from building.testing import small_house

HALL = dumps(small_house()).encode()


def refusal(path: Path) -> UnreadableFile:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert caught.value.todo
    return caught.value


def test_the_reference_is_shipped_and_read_once() -> None:
    assert open_building("reference") is open_building("reference")


def test_a_path_is_read_by_content_not_by_name(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpeg"
    file.write_bytes(HALL)
    assert open_building(str(file)) == small_house()


def test_a_missing_file(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nowhere.json").what


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).what


def test_an_empty_file(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.touch()
    assert "empty" in refusal(file).what


def test_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.ifc"
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n")
    assert "git lfs pull" in refusal(file).todo


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"PK\x03\x04", b'{"type": "Feature"}', b"<xml/>"])
def test_an_unknown_format_lists_the_known_ones(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(content)
    assert all(f.name in refusal(file).todo for f in FORMATS)


def test_a_file_above_the_maximum_is_not_even_read(tmp_path: Path) -> None:
    def never(_path: Path) -> None:
        pytest.fail("the reader was called")

    file = tmp_path / "a.big"
    file.write_bytes(b"x" * 11)
    small = Format(name="small", sniff=lambda _head: True, read=never, max_bytes=10)  # type: ignore[arg-type]
    with pytest.raises(UnreadableFile, match="11 bytes, a small file may have 10"):
        read(file, formats=[small])


def test_a_path_that_cannot_be_a_path() -> None:
    with pytest.raises(UnreadableFile):
        open_building("a\0b")


def test_naming_the_formats_loads_no_heavy_library() -> None:
    """The command line starts fast: geometry loads when a file is read."""
    heavy = "{'ifcopenshell', 'shapely', 'numpy', 'pypinyin'}"
    seen = f"import sys, building.formats; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"


def test_no_format_takes_another_ones_file() -> None:
    heads = {
        "hall": HALL,
        "ifc": b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('IFC4'));\nENDSEC;",
        "osm": b'<?xml version="1.0"?>\n<osm version="0.6">',
        "imdf": _zipped("manifest.json", "unit.geojson"),
        "indoorgml": b'<IndoorFeatures xmlns="http://www.opengis.net/indoorgml/1.0/core">',
        "wrld": b'{"type": "FeatureCollection", "features": []}',
    }
    assert heads.keys() == {f.name for f in FORMATS}
    for f in FORMATS:
        assert [name for name, head in heads.items() if f.sniff(head)] == [f.name]


def _zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "{}")
    return out.getvalue()
