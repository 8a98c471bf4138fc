"""Whatever the moment of a crash, the spool holds exactly what it said it holds."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.spool import Spool, SpoolFull, encode, scan

MB = 1 << 20
payloads = st.lists(st.binary(max_size=60) | st.just(b"htS1" * 9), min_size=1, max_size=12)


def all_of(spool: Spool, bytes_max: int = 64) -> list[tuple[int, bytes]]:
    """Read and drop until nothing is left."""
    found = []
    while records := spool.read(bytes_max):
        found += [(r.number, r.payload) for r in records]
        spool.drop(records)
    return found


def test_what_was_put_in_comes_out_in_order_and_leaves_no_file(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes_max=MB, segment_bytes=100)
    for number in range(1, 30):
        spool.append(number, b"x" * number, weight=number)
    assert spool.waiting == sum(range(1, 30))
    assert len(list(tmp_path.iterdir())) > 5
    assert all_of(spool) == [(number, b"x" * number) for number in range(1, 30)]
    assert (spool.is_empty, spool.waiting, spool.bytes, list(tmp_path.iterdir())) == (True, 0, 0, [])


def test_what_is_not_dropped_comes_again_also_to_the_next_run(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes_max=MB)
    for number in (1, 2, 3):
        spool.append(number, b"%d" % number)
    assert [r.number for r in spool.read()] == [1, 2, 3]
    spool.drop(spool.read()[:1])
    assert [r.number for r in spool.read()] == [2, 3]
    spool.close()
    later = Spool(tmp_path, bytes_max=MB)
    later.append(4, b"4")
    assert later.last == 4
    assert all_of(later) == [(1, b"1"), (2, b"2"), (3, b"3"), (4, b"4")]


@given(payloads=payloads, data=st.data())
@settings(max_examples=60, deadline=None)
def test_cut_at_any_byte_the_whole_records_before_it_are_there(payloads: list[bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = Spool(folder, bytes_max=MB)
        ends = []
        for number, payload in enumerate(payloads, 1):
            spool.append(number, payload)
            ends.append(spool.bytes)
        spool.close()
        (path,) = folder.iterdir()
        cut = data.draw(st.integers(0, path.stat().st_size))
        os.truncate(path, cut)
        whole = sum(end <= cut for end in ends)
        later = Spool(folder, bytes_max=MB)
        assert later.torn == (cut not in {0, *ends})
        later.append(99, b"after")
        assert all_of(later) == [*enumerate(payloads[:whole], 1), (99, b"after")]
        assert later.damaged == 0


@given(payloads=payloads, data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_record_damaged_later_is_passed_over_and_counted_and_no_other_is_lost(
    payloads: list[bytes], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = Spool(folder, bytes_max=MB)
        starts = []
        for number, payload in enumerate([*payloads, b"last"], 1):
            starts.append(spool.bytes)
            spool.append(number, payload)
        spool.close()
        (path,) = folder.iterdir()
        hurt = data.draw(st.integers(0, len(payloads) - 1))
        at = data.draw(st.integers(starts[hurt], starts[hurt + 1] - 1))
        raw = bytearray(path.read_bytes())
        raw[at] ^= data.draw(st.integers(1, 255))
        path.write_bytes(raw)
        later = Spool(folder, bytes_max=MB)
        expected = [(n, p) for n, p in enumerate([*payloads, b"last"], 1) if n != hurt + 1]
        assert all_of(later) == expected
        assert (later.damaged, later.waiting, later.is_empty) == (1, 0, True)


def test_a_full_spool_says_so_and_has_room_again_when_files_went(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes_max=4096)
    number = 0
    while spool.room >= len(encode(1, 1, bytes(100))):
        number += 1
        spool.append(number, bytes(100))
    with pytest.raises(SpoolFull):
        spool.append(number + 1, bytes(100))
    assert spool.bytes <= 4096
    read = 0
    while spool.room < 200:
        records = spool.read(200)
        read += len(records)
        spool.drop(records)
    assert read < number
    spool.append(number + 1, bytes(100))
    assert len(all_of(spool)) == number + 1 - read


def test_a_disk_that_is_full_costs_nothing_that_was_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    spool = Spool(tmp_path, bytes_max=MB)
    spool.append(1, b"kept")
    write = os.write

    def half(out: int, raw: bytes) -> int:
        write(out, bytes(raw)[: len(raw) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="No space left"):
        spool.append(2, b"lost to the caller")
    monkeypatch.setattr(os, "write", write)
    spool.append(2, b"said again")
    assert all_of(spool) == [(1, b"kept"), (2, b"said again")]
    assert spool.damaged == 0


def test_a_flush_that_fails_ends_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path, bytes_max=MB)
    spool.append(1, b"kept")
    flush = os.fdatasync

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    with pytest.raises(OSError, match="Input/output"):
        spool.append(2, b"maybe")
    monkeypatch.setattr(os, "fdatasync", flush)
    spool.append(3, b"elsewhere")
    assert len(list(tmp_path.iterdir())) == 2
    assert all_of(spool) == [(1, b"kept"), (3, b"elsewhere")]


@given(st.binary(max_size=200), payloads)
@settings(deadline=None)
def test_records_are_found_in_any_rubbish(rubbish: bytes, payloads: list[bytes]) -> None:
    raw = rubbish + b"".join(encode(n, 1, p) for n, p in enumerate(payloads, 1))
    assert [r.payload for r in scan(raw)][-len(payloads) :] == payloads


def put_in(spool: Spool, numbers: Sequence[int]) -> None:
    """Beside each file stands which were put in before it."""
    known = numbers_of(spool)
    for number in numbers:
        spool.append(number, b"%d" % number * 9, weight=number, before=lambda: json.dumps(known).encode())
        known.append(number)


def numbers_of(spool: Spool) -> list[int]:
    comes_to, records = spool.recall()
    return [*json.loads(comes_to or b"[]"), *(record.number for record in records)]


def in_the_files(folder: Path) -> list[int]:
    return [record.number for path in sorted(folder.glob("*.spool")) for record in scan(path.read_bytes())]


@given(
    runs=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 30)), min_size=1, max_size=4),
    lost=st.sets(st.integers(-3, 3)), damaged=st.integers(-3, 3), cut=st.integers(0, 120),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_later_run_knows_what_waits_and_what_it_all_comes_to(
    runs: list[tuple[int, int]], lost: set[int], damaged: int, cut: int
) -> None:
    """Also where some of what stands beside the files is gone or damaged, and a crash tore the newest."""
    with tempfile.TemporaryDirectory() as name:
        folder, number = Path(name), 1
        for puts, drops in runs:
            left = in_the_files(folder)
            spool = Spool(folder, bytes_max=MB, segment_bytes=200)
            assert (spool.waiting, spool.last) == (sum(left), max(left, default=0))
            assert numbers_of(spool) == sorted(numbers_of(spool))
            assert set(numbers_of(spool)) >= set(left)
            put_in(spool, range(number, number + puts))
            number += puts
            for _ in range(drops):
                spool.drop(spool.read()[:1])
            spool.close()
            beside, files = sorted(folder.glob("*.before")), sorted(folder.glob("*.spool"))
            assert spool.bytes == sum(path.stat().st_size for path in (*beside, *files))
            if -len(beside) <= damaged < len(beside):
                beside[damaged].write_bytes(beside[damaged].read_bytes()[:-1])
            for path in {beside[at] for at in lost if -len(beside) <= at < len(beside)}:
                path.unlink()
            if files:
                os.truncate(files[-1], max(0, files[-1].stat().st_size - cut))


def test_a_later_run_reads_the_newest_file_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path, bytes_max=MB, segment_bytes=200)
    put_in(spool, range(1, 40))
    spool.close()
    *earlier, newest = sorted(tmp_path.glob("*.spool"))
    assert len(earlier) > 5
    in_newest = [record.number for record in scan(newest.read_bytes())]
    for path in earlier:
        path.write_bytes(bytes(path.stat().st_size))
    later = Spool(tmp_path, bytes_max=MB)
    assert (later.waiting, later.last) == (sum(range(1, 40)), 39)
    assert numbers_of(later) == list(range(1, 40))
    assert all_of(later) == [(n, b"%d" % n * 9) for n in in_newest]
