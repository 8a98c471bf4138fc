"""What is written out while others write comes back the same; what is damaged, newer or elsewhere used is refused."""

from __future__ import annotations

import gzip
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import BackupDamaged, BackupNewer, NotEmpty
from twin.store.backup.content import Content, whole
from twin.store.backup.dump import dump
from twin.store.backup.load import load
from twin.store.backup.manifest import (
    FORMAT,
    Applied,
    DatabasePart,
    DumpedTable,
    File,
    Manifest,
    Piece,
    check_files,
    read_manifest,
    write_manifest,
)
from twin.store.database import Database
from twin.store.migrations import MigrationSet
from twin.testing import TestServer

integration = pytest.mark.integration
EMPTY = DatabasePart(server="18", migrations=(), tables=(), sequences={}, content=whole([]))


def quiet(_: str) -> None:
    pass


def manifest_of(part: DatabasePart) -> Manifest:
    return Manifest(format=FORMAT, program="0", site="test", made_ms=0, database=part, files=(), left_out=())


def digest(lines: list[bytes]) -> tuple[int, str]:
    content = Content()
    for line in lines:
        content.add(line)
    return content.rows, content.digest


@given(st.lists(st.binary(max_size=8), max_size=20), st.randoms())
def test_order_does_not_change_the_content_but_every_row_does(lines: list[bytes], chance: random.Random) -> None:
    mixed = lines.copy()
    chance.shuffle(mixed)
    assert digest(mixed) == digest(lines)
    assert digest([*lines, b"\\N"])[1] != digest(lines)[1]
    assert digest([*lines, b"x", b"x"])[1] != digest(lines)[1]  # twice the same is no nothing


@pytest.mark.parametrize("change", [b"1", b"\n", b"{", b"\xff"])
def test_a_manifest_that_was_touched_is_refused(tmp_path: Path, change: bytes) -> None:
    write_manifest(tmp_path, manifest_of(EMPTY))
    path = tmp_path / "manifest.json"
    whole_text = path.read_bytes()
    at = whole_text.index(b"site") + 8
    path.write_bytes(whole_text[:at] + change + whole_text[at + 1 :])
    with pytest.raises(BackupDamaged, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BackupDamaged, match="no manifest"):
        read_manifest(tmp_path)


def test_a_newer_format_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"format": FORMAT + 1, "unheard": "of"}) + "\n00\n")
    with pytest.raises(BackupNewer, match="Update halltwin"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("path", "bound"),
    [
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("secrets/../../x", None),
        ("tables/a", "DEFAULT; drop schema twin cascade"),
        ("tables/a", "FOR VALUES FROM ('a') TO ('b'); select 1"),
    ],
)
def test_a_manifest_that_leads_elsewhere_is_refused(tmp_path: Path, path: str, bound: str | None) -> None:
    piece = Piece(part="a", bound=bound, file=File(path=path, bytes=0, sha256=""))
    table = DumpedTable(schema="twin", name="a", columns=("x",), rows=0, content=digest([])[1], pieces=(piece,))
    write_manifest(tmp_path, manifest_of(msgspec.structs.replace(EMPTY, tables=(table,))))
    with pytest.raises(BackupDamaged):
        read_manifest(tmp_path)


# --- on a server


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> MigrationSet:
    """A package of its own: what refers to another table, what is counted, what is computed, awkward texts."""
    folder = tmp_path_factory.mktemp("notes")
    (folder / "0001_notes.sql").write_text(
        "create table a_note (id int generated always as identity primary key, pile int not null, body text,"
        " long int generated always as (length(body)) stored);"
        "create table z_pile (id int primary key, rest bigint not null);"
        "alter table a_note add foreign key (pile) references z_pile;"
        "insert into z_pile values (1, 1000), (2, 0);"
    )
    return MigrationSet(schema="notes", directory=folder)


@pytest.fixture
def filled(server: TestServer, notes: MigrationSet) -> Iterator[str]:
    with server.database(plain=True) as url:
        database = Database(url)
        database.migrate([notes])
        with psycopg.connect(url, autocommit=True, options="-c role=hall_owner") as conn:
            texts = ["plain", "tab\there", "line\nbreak", "back\\slash", "\\N", "\\.", "中文，句号。", "", None]
            for text in texts:
                conn.execute("insert into notes.a_note (pile, body) values (1, %s)", [text])
            conn.execute("select twin.make_day('2026-11-20'), twin.make_day('2026-11-21')")
            conn.execute("insert into twin.point (entity, name) values ('test:device:T-1', 'temperature')")
            conn.execute(
                "insert into twin.reading (ts, point_id, value, quality)"
                " select '2026-11-20 22:00+00'::timestamptz + n * interval '1 min', 1, n / 7.0, 2"
                " from generate_series(1, 500) n"
            )
            conn.execute("insert into twin.reading (ts, point_id, text, quality) values ('1999-01-01', 1, '旧', 0)")
            conn.execute(
                "select audit.append(1, 'test', 'me', 'try', 'it', null, %s::jsonb, 'why')", ['{"b": 1.50, "a": null}']
            )
        yield url


@pytest.fixture
def backup(filled: str, tmp_path: Path) -> tuple[Path, DatabasePart]:
    folder = tmp_path / "backup"
    folder.mkdir()
    part = dump(filled, folder, tell=quiet)
    write_manifest(folder, manifest_of(part))
    return folder, part


@integration
def test_what_comes_back_is_what_was_there(
    backup: tuple[Path, DatabasePart], filled: str, server: TestServer, notes: MigrationSet, tmp_path: Path
) -> None:
    folder, part = backup
    with server.database(plain=True) as elsewhere:
        assert load(elsewhere, folder, part, [notes], tell=quiet) == part.content
        question = "select id, pile, body, long from notes.a_note order by id"
        history = "select ts, point_id, value, text, tableoid::regclass::text from twin.reading order by ts, value"
        for query in (question, history, "select * from audit.line"):
            with psycopg.connect(filled) as there, psycopg.connect(elsewhere) as here:
                assert here.execute(query).fetchall() == there.execute(query).fetchall()
        # The schema is whole: numbers go on, days can be made, and a backup of it is the same again.
        with psycopg.connect(elsewhere, autocommit=True, options="-c role=hall_app") as conn:
            again = tmp_path / "again"
            again.mkdir()
            assert dump(elsewhere, again, tell=quiet).content == part.content
            new = conn.execute("insert into notes.a_note (pile) values (2) returning id").fetchone()
            assert new == (10,)
            conn.execute("select twin.make_day('2026-11-22')")


@integration
def test_physical_order_is_no_difference(filled: str, backup: tuple[Path, DatabasePart], tmp_path: Path) -> None:
    with psycopg.connect(filled, autocommit=True, options="-c role=hall_owner") as conn:
        conn.execute("update notes.a_note set body = body where id % 2 = 0")  # their new versions lie at the end
    other = tmp_path / "other"
    other.mkdir()
    part = dump(filled, other, tell=quiet)
    assert part.content == backup[1].content
    first, second = ((f / "tables" / "notes.a_note.copy.gz").read_bytes() for f in (backup[0], other))
    assert first != second


@integration
def test_a_moment_is_kept_while_others_write_and_nobody_waits(filled: str, tmp_path: Path) -> None:
    """Money moves between two piles all the time, and days come and go: the sum in the backup is right."""
    stop, moves = threading.Event(), list[int]()

    def move() -> None:
        with psycopg.connect(filled, autocommit=True, options="-c role=hall_owner -c lock_timeout=2000") as conn:
            while not stop.is_set():
                with conn.transaction():
                    conn.execute("update notes.z_pile set rest = rest - 1 where id = 1")
                    conn.execute("insert into notes.a_note (pile, body) values (2, 'one')")
                    conn.execute("update notes.z_pile set rest = rest + 1 where id = 2")
                conn.execute("select twin.make_day(date '2026-12-01' + %s)", [len(moves)])
                moves.append(1)

    def started(_: str) -> None:
        before = len(moves)
        while len(moves) < before + 2 and mover.is_alive():
            stop.wait(0.001)

    mover = threading.Thread(target=move)
    mover.start()
    try:
        folder = tmp_path / "b"
        folder.mkdir()
        part = dump(filled, folder, tell=started)  # between two tables at least two moves
    finally:
        stop.set()
        mover.join()
    assert len(moves) >= 2 * len(part.tables)

    def rows(name: str) -> list[list[str]]:
        text = gzip.decompress((folder / "tables" / f"notes.{name}.copy.gz").read_bytes()).decode()
        return [line.split("\t") for line in text.splitlines()]

    piles = {pile: int(rest) for pile, rest in rows("z_pile")}
    assert piles["1"] + piles["2"] == 1000
    assert sum(1 for row in rows("a_note") if row[0] == "one") == piles["2"]


@integration
@pytest.mark.parametrize("harm", ["flip", "cut", "lose"])
def test_one_byte_is_enough_and_the_file_is_named(backup: tuple[Path, DatabasePart], harm: str) -> None:
    folder, _ = backup
    path = folder / "tables" / "twin.reading_20261120.copy.gz"
    content = path.read_bytes()
    if harm == "lose":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = bytes([content[middle] ^ 1])
        path.write_bytes(content[:middle] + flipped + content[middle + 1 :] if harm == "flip" else content[:-1])
    with pytest.raises(BackupDamaged, match=path.name):
        check_files(folder, read_manifest(folder))


@integration
def test_rows_that_are_not_those_of_the_backup_are_noticed_and_nothing_is_left(
    backup: tuple[Path, DatabasePart], server: TestServer, notes: MigrationSet
) -> None:
    folder, part = backup
    lying = [_one_row_more(t) if t.name == "point" else t for t in part.tables]
    with server.database() as elsewhere:
        with pytest.raises(BackupDamaged, match=r"twin\.point"):
            load(elsewhere, folder, msgspec.structs.replace(part, tables=tuple(lying)), [notes], tell=quiet)
        assert load(elsewhere, folder, part, [notes], tell=quiet) == part.content


@integration
def test_a_newer_schema_and_a_used_database_are_refused(
    backup: tuple[Path, DatabasePart], filled: str, server: TestServer, notes: MigrationSet
) -> None:
    folder, part = backup
    newer = Applied(schema="twin", number=9999, name="9999_hover.sql", sha256="0" * 64)
    with server.database() as elsewhere:
        with pytest.raises(BackupNewer, match="9999_hover"):
            load(
                elsewhere,
                folder,
                msgspec.structs.replace(part, migrations=(*part.migrations, newer)),
                [notes],
                tell=quiet,
            )
        with pytest.raises(BackupNewer, match="0001_notes"):
            load(elsewhere, folder, part, [], tell=quiet)
    with pytest.raises(NotEmpty):
        load(filled, folder, part, [notes], tell=quiet)
    with psycopg.connect(filled) as conn:
        assert conn.execute("select count(*) from notes.a_note").fetchone() == (9,)


@integration
def test_an_older_schema_is_brought_back_and_then_brought_further(
    backup: tuple[Path, DatabasePart], server: TestServer, notes: MigrationSet
) -> None:
    folder, part = backup
    (notes.directory / "0002_more.sql").write_text("alter table a_note add column extra int default 7")
    try:
        with server.database() as elsewhere:
            load(elsewhere, folder, part, [notes], tell=quiet)
            assert Database(elsewhere).migrate([notes]) == 1
            with psycopg.connect(elsewhere) as conn:
                assert conn.execute("select distinct extra from notes.a_note").fetchall() == [(7,)]
    finally:
        (notes.directory / "0002_more.sql").unlink()


def _one_row_more(table: DumpedTable) -> DumpedTable:
    return msgspec.structs.replace(table, rows=table.rows + 1)
