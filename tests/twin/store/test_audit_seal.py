"""What is sealed is told when it is touched: any bit of any line, in the database and in an export of it."""

# ruff: noqa: S608 - it is somebody who may do everything who speaks here

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from twin.errors import AuditUnusable
from twin.store import audit, audit_rows
from twin.store.audit_export import export, verify_export
from twin.store.audit_heads import KEY, HeadFiles, load_key, read_key
from twin.store.audit_seal import Sealer
from twin.store.audit_tree import public_of, sign
from twin.store.audit_verify import Verdict, verify_database
from twin.store.database import Database
from twin.store.migrations import OWN, migrate
from twin.testing import ManualClock, TestServer

pytestmark = pytest.mark.integration

LINES = 300
"""More than one kept hash covers."""
COLUMNS = ("id", "at_ms", "site", "actor", "action", "target", "before", "after", "why")
AGAIN = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(database: Database, some: range, *, at_ms: int = 1_763_000_000_000) -> None:
    with database.transaction() as conn:
        for n in some:
            audit.append(
                conn,
                site="test",
                actor=f"user:{n % 7}",
                action="ticket.call",
                target=f"test:ticket:{n}",
                before=None if n % 3 else {"state": "waiting", "n": n},
                after={"state": "called", "window": "A07", "at": 1.50, "名": "叫号"},
                why="" if n % 2 else "改签",
                at_ms=at_ms + n,
            )


@dataclass(frozen=True)
class Sealed:
    """A database of its own with sealed lines, whom its server obeys, and where its key is."""

    database: Database
    superuser: str
    home: Path
    sealer: Sealer

    def verify(self, *, files: bool = True) -> Verdict:
        verdict = verify_database(
            self.database,
            files=HeadFiles(self.home) if files else None,
            trusted=public_of(read_key(self.home)),
            now_ms=lambda: 1,
        )
        assert verdict is not None
        return verdict

    def tampered(self, *statements: str, files: bool = True) -> Verdict:
        """What is found after somebody who may do everything did this; it is undone again."""
        with psycopg.connect(self.superuser) as conn:
            for statement in statements:
                conn.execute(statement.encode())
            conn.commit()
            try:
                return self.verify(files=files)
            finally:
                for table in ("line", "leaf", "node", "head", "waiting"):
                    conn.execute(f"delete from audit.{table}".encode())
                    conn.execute(f"insert into audit.{table} table kept.{table}".encode())
                conn.execute("update audit.keeping set first = 0")
                conn.commit()


@pytest.fixture(scope="module")
def sealed(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    with server.database() as url:
        database = Database(url)
        database.migrate()
        home = tmp_path_factory.mktemp("audit")
        sealer = Sealer(database, home=home, site="test", now_ms=ManualClock())
        sealer.start()
        for first in range(0, LINES, 50):
            write(database, range(first, first + 50))
            sealer.seal()
        superuser = make_conninfo(server.url, dbname=conninfo_to_dict(url)["dbname"])
        with psycopg.connect(superuser, autocommit=True) as conn:
            conn.execute("create schema kept")
            # Such a person is not held up by these either.
            conn.execute("alter table audit.line alter id drop identity, drop constraint line_pkey")
            for table in ("line", "leaf", "node", "head", "waiting"):
                conn.execute(f"create table kept.{table} as table audit.{table}".encode())
                conn.execute(f"alter table audit.{table} disable trigger user".encode())
        yield Sealed(database, superuser, home, sealer)
        database.close()


def told(verdict: Verdict) -> str:
    return "; ".join(defect.what for defect in verdict.defects)


def number(n: int) -> int:
    """The line's number of the n-th that was written: the database counts from one."""
    return n + 1


def test_what_nobody_touched_is_whole(sealed: Sealed) -> None:
    verdict = sealed.verify()
    assert (verdict.ok, verdict.lines, verdict.waiting, told(verdict)) == (True, LINES, 0, "")
    assert verdict.head is not None
    assert verdict.head.size == LINES


def flipped(column: str, bit: int) -> str:
    """SQL of the same value with one bit of it turned; text stays text, JSON stays JSON."""
    if column in {"id", "at_ms"}:
        return f"({column} # (1::bigint << {bit % 62}))"
    if column in {"before", "after"}:
        return f"coalesce({column}, '{{}}') || jsonb_build_object('bit', {bit})"
    at = f"(1 + {bit} % greatest(length({column}), 1))"
    other = f"chr(ascii(substr({column} || 'x', {at}, 1)) # 1)"
    return f"overlay({column} placing {other} from {at} for 1)"


@AGAIN
@given(n=st.integers(0, LINES - 1), column=st.sampled_from(COLUMNS), bit=st.integers(0, 400))
def test_one_bit_of_any_column_of_any_line_is_found_and_the_line_named(
    sealed: Sealed, n: int, column: str, bit: int
) -> None:
    verdict = sealed.tampered(f"update audit.line set {column} = {flipped(column, bit)} where id = {number(n)}")
    assert not verdict.ok
    assert number(n) in {defect.line for defect in verdict.defects}


@settings(AGAIN, max_examples=10)
@given(n=st.integers(0, LINES - 1), bit=st.integers(0, 255))
def test_a_line_rewritten_together_with_its_hash_is_found_by_the_head(sealed: Sealed, n: int, bit: int) -> None:
    verdict = sealed.tampered(
        f"update audit.line set why = 'x{bit}' where id = {number(n)}",
        "update audit.leaf l set hash = audit.line_hash(x.id, x.at_ms, x.site, x.actor, x.action, x.target, x.before,"
        f" x.after, x.why) from audit.line x where x.id = l.line and x.id = {number(n)}",
    )
    begin = n // 50 * 50
    assert f"the lines at places {begin} to {begin + 49} are not those" in told(verdict)


@settings(AGAIN, max_examples=15)
@given(n=st.integers(0, LINES - 1), m=st.integers(0, LINES - 1))
def test_lines_taken_out_or_swapped_are_found(sealed: Sealed, n: int, m: int) -> None:
    gone = sealed.tampered(f"delete from audit.line where id = {number(n)}")
    assert [defect.line for defect in gone.defects] == [number(n)]
    traceless = sealed.tampered(
        f"delete from audit.line where id = {number(n)}", f"delete from audit.leaf where line = {number(n)}"
    )
    assert f"{n} " in told(traceless)
    assert "gone" in told(traceless)
    if n == m:
        return
    swapped = sealed.tampered(
        f"update audit.line set id = {-number(n)} where id = {number(n)}",
        f"update audit.line set id = {number(n)} where id = {number(m)}",
        f"update audit.line set id = {number(m)} where id = {-number(n)}",
    )
    assert {defect.line for defect in swapped.defects} >= {number(n), number(m)}
    moved = sealed.tampered(
        f"update audit.leaf set place = {-1 - n} where place = {n}",
        f"update audit.leaf set place = {n} where place = {m}",
        f"update audit.leaf set place = {m} where place = {-1 - n}",
    )
    assert "are not those that the head of" in told(moved)


@settings(AGAIN, max_examples=10)
@given(n=st.integers(1, LINES - 1))
def test_a_tail_that_was_cut_off_is_found(sealed: Sealed, n: int) -> None:
    lines = f"delete from audit.line where id > {number(n - 1)}"
    leaves = f"delete from audit.leaf where place >= {n}"
    nodes = f"delete from audit.node where (place + 1) << level > {n}"
    assert not sealed.tampered(lines, files=False).ok
    assert f"places {n} to {LINES - 1} are gone" in told(sealed.tampered(lines, leaves, nodes, files=False))
    heads = f"delete from audit.head where size > {n}"
    assert f"to {LINES - 1} are gone" in told(sealed.tampered(lines, leaves, nodes, heads))


@pytest.mark.parametrize("column", ["at_ms", "origin", "root", "key", "signature", "size"])
def test_a_forged_head_is_found(sealed: Sealed, column: str) -> None:
    change = {
        "at_ms": "at_ms + 1",
        "origin": "origin || 'x'",
        "size": "size - 1",
    }.get(column, f"set_byte({column}, 3, get_byte({column}, 3) # 1)")
    forged = sealed.tampered(f"update audit.head set {column} = {change} where size = 150", files=False)
    assert "head of" in told(forged)


def test_a_head_with_somebody_elses_key_is_found_though_it_is_well_signed(sealed: Sealed, tmp_path: Path) -> None:
    other = Sealer(sealed.database, home=tmp_path, site="test", now_ms=ManualClock())
    other.start()
    with sealed.database.transaction() as conn:
        head = audit_rows.find_newest_head(conn)
    assert head is not None
    mine = sign(other.key, size=head.size, at_ms=head.at_ms, origin=head.origin, root=head.root)
    forged = f"update audit.head set key = '\\x{mine.key.hex()}', signature = '\\x{mine.signature.hex()}'"
    assert "key of nobody" in told(sealed.tampered(f"{forged} where size = {LINES}"))
    assert "no head is signed by the key" in told(sealed.tampered(forged, files=False))


def test_a_line_put_in_behind_the_audits_back_is_found(sealed: Sealed) -> None:
    verdict = sealed.tampered("insert into audit.line values (9999, 1, 'test', 'a', 'b', 'c', null, null, '')")
    assert [(d.line, "never appended" in d.what) for d in verdict.defects] == [(9999, True)]


def test_a_beginning_taken_out_as_if_it_were_old_is_found(sealed: Sealed) -> None:
    verdict = sealed.tampered("delete from audit.line where id <= 20", "update audit.keeping set first = 20")
    assert "no line says that they were let go" in told(verdict)


@settings(AGAIN, max_examples=5)
@given(bit=st.integers(0, 255))
def test_a_kept_hash_that_is_not_of_its_leaves_is_found(sealed: Sealed, bit: int) -> None:
    verdict = sealed.tampered(f"update audit.node set hash = set_bit(hash, {bit}, 1 - get_bit(hash, {bit}))")
    assert told(verdict) == "the hash kept of places 0 to 255 is not theirs"


# --- exports


@pytest.fixture(scope="module")
def exported(sealed: Sealed, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Sixty lines in the middle, with a head amid them and that of all."""
    path, at = tmp_path_factory.mktemp("export") / "audit.jsonl", 1_763_000_000_000
    assert export(sealed.database, path, since_ms=at + 130, until_ms=at + 190).lines == 60
    return path.read_bytes()


def verified(content: bytes, folder: Path, *, trusted: bytes | None = None) -> Verdict:
    path = folder / "tried.jsonl"
    path.write_bytes(content)
    return verify_export(path, trusted=trusted, now_ms=lambda: 1)


def test_an_export_is_whole_and_true_to_the_hall(sealed: Sealed, exported: bytes, tmp_path: Path) -> None:
    verdict = verified(exported, tmp_path, trusted=sealed.sealer.public_key)
    assert (verdict.ok, verdict.lines, told(verdict)) == (True, 60, "")
    stranger = verified(exported, tmp_path, trusted=bytes(31) + b"\x01")
    assert "no head is signed by the key" in told(stranger)


@settings(AGAIN, max_examples=200)
@given(at=st.integers(0, 1 << 30), bit=st.integers(0, 7))
def test_any_bit_of_an_export_is_found(exported: bytes, tmp_path: Path, at: int, bit: int) -> None:
    at %= len(exported)
    forged = exported[:at] + bytes([exported[at] ^ (1 << bit)]) + exported[at + 1 :]
    assert not verified(forged, tmp_path).ok


ROWS = 1 + 2 + 60
ROW = st.integers(0, ROWS - 1)


@AGAIN
@given(places=st.tuples(ROW, ROW, ROW, ROW))
def test_rows_of_an_export_taken_out_swapped_or_cut_are_found(
    exported: bytes, tmp_path: Path, places: tuple[int, int, int, int]
) -> None:
    out, one, two, cut = places
    rows = exported.splitlines(keepends=True)
    assert len(rows) == ROWS
    lines = [json.loads(text) for text in rows]
    if lines[out]["type"] != "head" or lines[out]["size"] == LINES:  # the others are not all there in any case
        assert not verified(b"".join(rows[:out] + rows[out + 1 :]), tmp_path).ok
    heads = {lines[one]["type"], lines[two]["type"]} == {"head"}  # they stand in no order
    if one != two and not heads:
        swapped = list(rows)
        swapped[one], swapped[two] = rows[two], rows[one]
        assert not verified(b"".join(swapped), tmp_path).ok
    assert not verified(b"".join(rows[:cut]), tmp_path).ok


def test_all_or_a_piece_of_time_can_be_exported_and_verified_alone(sealed: Sealed, tmp_path: Path) -> None:
    path, at = tmp_path / "piece.jsonl", 1_763_000_000_000
    assert export(sealed.database, path).lines == LINES
    assert verify_export(path, trusted=sealed.sealer.public_key, now_ms=lambda: 1).ok
    assert export(sealed.database, path, since_ms=at + 70, until_ms=at + 90).lines == 20
    assert verify_export(path, trusted=sealed.sealer.public_key, now_ms=lambda: 1).ok
    found = [json.loads(row) for row in path.read_text().splitlines()]
    assert [row["target"] for row in found if row["type"] == "line"] == [f"test:ticket:{n}" for n in range(70, 90)]
    assert export(sealed.database, path, since_ms=1, until_ms=2).lines == 0
    assert verify_export(path, trusted=sealed.sealer.public_key, now_ms=lambda: 1).ok


# --- sealing


def test_lines_of_many_writers_all_get_a_place_without_a_gap(plain: Database, tmp_path: Path) -> None:
    sealer = Sealer(plain, home=tmp_path, site="test", now_ms=ManualClock())
    sealer.start()
    done = threading.Event()

    def seal() -> None:
        while not done.is_set():
            sealer.seal()

    def work(first: int) -> None:
        for n in range(first, first + 40):
            with suppress(ZeroDivisionError), plain.transaction() as conn:
                audit.append(
                    conn, site="t", actor="a", action="x", target=str(n), before=None, after=None, why="", at_ms=n
                )  # fmt: skip
                1 / (n % 4)  # every fourth number stays without a line

    sealing, writers = threading.Thread(target=seal), [threading.Thread(target=work, args=(n * 40,)) for n in range(8)]
    for thread in (sealing, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    sealing.join()
    sealer.seal()
    with plain.transaction() as conn:
        places = [row[0] for row in conn.execute("select place from audit.leaf order by place")]
    assert places == list(range(240))
    verdict = verify_database(plain, files=sealer.files, trusted=sealer.public_key, now_ms=lambda: 1)
    assert verdict is not None
    assert (verdict.ok, verdict.lines, verdict.waiting) == (True, 240, 0)


@pytest.mark.oldest
def test_a_sealer_goes_on_where_another_ended(database: Database, tmp_path: Path) -> None:
    for n in (1, 300, 600):
        write(database, range(n))
        sealer = Sealer(database, home=tmp_path, site="test", now_ms=ManualClock())
        sealer.start()
        sealer.seal()
        assert sealer.broken is None
    verdict = verify_database(database, files=sealer.files, trusted=sealer.public_key, now_ms=lambda: 1)
    assert verdict is not None
    assert (verdict.ok, verdict.lines) == (True, 901)


def test_a_sealer_that_finds_other_lines_than_were_signed_says_so_on_record(plain: Database, tmp_path: Path) -> None:
    first = Sealer(plain, home=tmp_path, site="test", now_ms=ManualClock())
    first.start()
    write(plain, range(5))
    first.seal()
    with psycopg.connect(plain.url) as conn:
        conn.execute("alter table audit.leaf disable trigger all")
        conn.execute("update audit.leaf set hash = sha256('x') where place = 2")
    second = Sealer(plain, home=tmp_path, site="test", now_ms=ManualClock())
    second.start()
    second.seal()
    assert second.broken is not None
    with plain.transaction() as conn:
        (line,) = audit.list_lines(conn, limit=1)
        assert (line["action"], line["actor"]) == ("audit.broken", "system:audit")
        assert not audit_rows.is_waiting(conn)


def test_lines_from_before_the_tree_are_brought_into_it(server: TestServer, tmp_path: Path) -> None:
    with server.database(plain=True) as url:
        before = Database(url)
        with psycopg.connect(url, autocommit=True) as conn:
            migrate(conn, [each if each.schema == "twin" else replace(each, upto=1) for each in OWN])
        write(before, range(30))
        before.migrate()
        write(before, range(30, 40))
        sealer = Sealer(before, home=tmp_path, site="test", now_ms=ManualClock())
        sealer.start()
        sealer.seal()
        verdict = verify_database(before, files=sealer.files, trusted=sealer.public_key, now_ms=lambda: 1)
        before.close()
    assert verdict is not None
    assert (verdict.ok, verdict.lines) == (True, 40)


def test_old_lines_go_as_a_whole_beginning_on_record_and_the_rest_is_still_verified(
    plain: Database, tmp_path: Path
) -> None:
    clock = ManualClock()
    sealer = Sealer(plain, home=tmp_path, site="test", now_ms=clock)
    sealer.start()
    write(plain, range(20), at_ms=1_000)
    write(plain, range(5), at_ms=4_000_000_000_000)  # kept; what is older and stands after it stays with it
    write(plain, range(5), at_ms=1_000)
    sealer.seal()
    sealer.tidy()
    meanwhile = verify_database(plain, files=sealer.files, trusted=sealer.public_key, now_ms=lambda: 1)
    assert meanwhile is not None
    assert (meanwhile.ok, meanwhile.waiting, told(meanwhile)) == (True, 1, "")
    sealer.seal()
    with plain.transaction() as conn:
        lines = audit.list_lines(conn)
        assert audit_rows.find_first(conn) == 20
    assert (lines[0]["action"], lines[0]["after"], len(lines)) == ("audit.retire", {"first": 20}, 11)
    verdict = verify_database(plain, files=sealer.files, trusted=sealer.public_key, now_ms=lambda: 1)
    assert verdict is not None
    assert (verdict.ok, verdict.lines, told(verdict)) == (True, 11, "")
    written = export(plain, tmp_path / "rest.jsonl")
    assert written.lines == 11
    assert verify_export(tmp_path / "rest.jsonl", trusted=sealer.public_key, now_ms=lambda: 1).ok


def test_heads_of_days_before_are_thinned_to_the_last_of_each_hour(plain: Database, tmp_path: Path) -> None:
    clock = ManualClock()
    clock.now_ms -= clock.now_ms % 3_600_000
    sealer = Sealer(plain, home=tmp_path, site="test", now_ms=clock)
    sealer.start()
    for n in range(6):
        write(plain, range(n, n + 1))
        sealer.seal()
        clock.advance(1200)  # three an hour
    clock.advance(3 * 86_400)
    sealer.tidy()
    assert sealer.counters.retirements == 0
    with plain.transaction() as conn:
        assert [head.size for head in audit_rows.list_heads(conn)] == [3, 6]
    assert [head.size for head in sealer.files.list_all()[0]] == [3, 6]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit.leaf values (0, 1, sha256('x'))",
        "insert into audit.waiting values (77, sha256('x'))",
        "delete from audit.waiting",
        "update audit.leaf set place = 7",
        "delete from audit.head",
        "update audit.keeping set keep_days = 183",
    ],
)
def test_the_application_changes_the_tree_only_by_the_functions_that_may(sealed: Sealed, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), sealed.database.transaction() as conn:
        conn.execute(statement.encode())


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_key(tmp_path, bytes)
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    (tmp_path / KEY).chmod(0o640)
    with pytest.raises(AuditUnusable, match="others may read it"):
        load_key(tmp_path, bytes)
    (tmp_path / KEY).chmod(0o600)
    (tmp_path / KEY).write_bytes(b"short")
    with pytest.raises(AuditUnusable, match="32 bytes"):
        read_key(tmp_path)
