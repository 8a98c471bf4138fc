"""Files with random damage, read as any other: each must become a building or a refusal, and nothing may get out.

Many are read in one child, because loading its libraries takes longer than reading a small file; where a child dies
or hangs, the next one goes on behind the file that did it.
"""

from __future__ import annotations

import io
import json
import random
import re
import shutil
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from building.errors import UnreadableFile
from building.formats import read
from building.formats.format import Format
from building.formats.hall import dumps, loads
from building.formats.progress import Progress, listening, report
from building.model import Building, Floor
from ui.reading import Limits, ReaderCrashed, ReaderTimedOut, ReaderTooLarge, list_parts, read_measured

LIMITS = Limits(memory_bytes=2 * 1024**3, cpu_s=120, wall_s=240.0)
BATCH, BATCH_OF_LARGE, LARGE_BYTES = 50, 10, 256 * 1024
"""Files a child: few enough that progress tells which one it was at, and that a child's limits are for one of them."""
SIGN = b"halltwin-fuzz\n"
STAGE = {"zh": "损坏的文件", "en": "Damaged files"}
PLACES_SHOWN = 20
ARCHIVED = 0.9

NUMBERS = (b"0", b"-1", b"3", b"1e15", b"-1e308", b"1e-320", b"4294967296", b"22.50001")
NO_NUMBERS = (b"NaN", b"Infinity", b"9" * 5_000, b"0.1.2")
AWKWARD_PIECES = (
    b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"[" * 2_000, b"<a>" * 500, b"<!DOCTYPE a [", b"&a;", b"]]>", b"$", b"*",
    b"()", b"''", b'""', b"{}", b"null", b"\\u0000", b"\\ud800", b";", b"\n" * 1_000, b"x" * 20_000,
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(\.\d*)?([eE][+-]?\d+)?")
_QUOTED = re.compile(rb'"[^"<>{}]*"|\'[^\'<>{}]*\'')
_STEP_REFERENCE = re.compile(rb"#\d+")
_WORD_IN_XML = re.compile(rb">[^<>]+<")
_STEP_LINE = re.compile(rb"\n#\d+=[^\n]*;")
_XML_EMPTY = re.compile(rb"<[\w:]+[^<>]*/>")
_JSON_LIST, _JSON_OBJECT = re.compile(rb"\[[^][{}]*\]"), re.compile(rb"\{[^{}]*\}")


def mutate(data: bytes, draw: random.Random) -> bytes:
    """The bytes with one to four accidents; half the time such that the text stays well formed.

    In an archive it happens to one of its files, now and then to the archive itself.
    """
    if data.startswith(b"PK") and draw.random() < ARCHIVED:
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as packed:
            texts = {name: packed.read(name) for name in packed.namelist()}
            victim = draw.choice(sorted(texts))
            return _packed({**texts, victim: mutate(texts[victim], draw)})
    accidents = draw.choice((_GENTLE, _GENTLE + _ROUGH))
    for _ in range(draw.randint(1, 4)):
        data = draw.choice(accidents)(data, draw)
    return data


def _packed(texts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in texts.items():
            packed.writestr(name, text)
    return out.getvalue()


def _span(data: bytes, draw: random.Random, longest: int = 2_000) -> tuple[int, int]:
    start = draw.randint(0, max(len(data) - 1, 0))
    return start, min(len(data), start + draw.randint(1, longest))


def _truncated(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randint(0, len(data))]


def _without_a_piece(data: bytes, draw: random.Random) -> bytes:
    start, end = _span(data, draw)
    return data[:start] + data[end:]


def _with_a_piece_twice(data: bytes, draw: random.Random) -> bytes:
    start, end = _span(data, draw)
    return data[:end] + data[start:end] * draw.randint(1, 3) + data[end:]


def _with_other_bytes(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.randint(1, 8)):
        if out:
            out[draw.randrange(len(out))] = draw.randrange(256)
    return bytes(out)


def _with_something_put_in(data: bytes, draw: random.Random) -> bytes:
    start, _ = _span(data, draw)
    return data[:start] + draw.choice(AWKWARD_PIECES) + data[start:]


def _with_another_number(data: bytes, draw: random.Random) -> bytes:
    return _replaced(data, _NUMBER, draw, draw.choice(NUMBERS))


def _with_no_number(data: bytes, draw: random.Random) -> bytes:
    return _replaced(data, _NUMBER, draw, draw.choice(NO_NUMBERS))


def _with_a_text_for_another(data: bytes, draw: random.Random) -> bytes:
    """A reference that leads elsewhere, perhaps back to where it stands; a name for a kind."""
    pattern = draw.choice((_QUOTED, _STEP_REFERENCE, _WORD_IN_XML))
    other = _find(data, pattern, draw)
    return _replaced(data, pattern, draw, other[0]) if other else data


def _without_an_element(data: bytes, draw: random.Random) -> bytes:
    """A line of STEP, an empty element of XML, an innermost list or object of JSON."""
    pattern, left = draw.choice(((_STEP_LINE, b""), (_XML_EMPTY, b""), (_JSON_LIST, b"[]"), (_JSON_OBJECT, b"{}")))
    return _replaced(data, pattern, draw, left)


def _find(data: bytes, pattern: re.Pattern[bytes], draw: random.Random) -> re.Match[bytes] | None:
    start, _ = _span(data, draw)
    return pattern.search(data, start) or pattern.search(data)


def _replaced(data: bytes, pattern: re.Pattern[bytes], draw: random.Random, by: bytes) -> bytes:
    found = _find(data, pattern, draw)
    return data[: found.start()] + by + data[found.end() :] if found else data


_Accident = Callable[[bytes, random.Random], bytes]
_GENTLE: tuple[_Accident, ...] = (_with_another_number, _with_a_text_for_another, _without_an_element)
_ROUGH: tuple[_Accident, ...] = (
    _truncated, _without_a_piece, _with_a_piece_twice, _with_other_bytes, _with_something_put_in, _with_no_number,
)  # fmt: skip


# In the child ---------------------------------------------------------------------------------------------------------


def _read_damaged(path: Path) -> Building:
    """Not a building file but an order for many: what became of each is told among the answer's attributes."""
    order = json.loads(path.read_bytes().removeprefix(SIGN))
    outcomes: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for number in range(order["first"], order["end"]):
        report(STAGE, (number - order["first"]) / (order["end"] - order["first"]))
        with tempfile.TemporaryDirectory() as folder:
            file = damaged_copy(Path(order["file"]), Path(folder), random.Random(f"{order['seed']}:{number}"))  # noqa: S311
            try:
                with listening(lambda _: None):  # its own progress would drown which file it is
                    loads(dumps(read(file)))
                outcomes["read"] += 1
            except UnreadableFile:
                outcomes["refused"] += 1
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - what a reader may not throw is what is looked for
                outcomes["stumbled"] += 1
                frame = traceback.extract_tb(error.__traceback__)[-1]
                places[f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}, number {number}"] += 1
    floor = Floor(id="fuzz:floor:1", name={}, number="1", ordinal=0, elevation_m=0.0, height_m=3.0)
    attributes = {"outcomes": dict(outcomes), "places": list(places)[:PLACES_SHOWN]}
    return Building(site="fuzz", name={}, format="fuzz", schema="1", floors=(floor,), attributes=attributes)


def damaged_copy(file: Path, folder: Path, draw: random.Random) -> Path:
    """The file with damage, in that folder; of a format spread over several files one of them has it."""
    beside = [path for path in file.parent.iterdir() if path.is_file()] if file.name == "main.json" else [file]
    for path in beside:
        shutil.copyfile(path, folder / path.name)
    victim = folder / draw.choice(sorted(beside)).name
    victim.write_bytes(mutate(victim.read_bytes(), draw))
    return folder / file.name


FORMATS = (Format(name="fuzz", sniff=lambda head: head.startswith(SIGN), read=_read_damaged),)


# Outside --------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    outcomes: Counter[str]
    places: list[str]


def fuzz(file: Path, *, count: int, seed: int) -> dict[str, Any]:
    """What became of that many damaged copies. ``escaped`` is what must not be: an error that is none of ours."""
    tally, first = Tally(Counter(), []), 0
    batch = BATCH if sum(part.stat().st_size for part in list_parts(file)) < LARGE_BYTES else BATCH_OF_LARGE
    while first < count:
        first = _batch(file, seed, first, min(first + batch, count), tally)
    names = ("read", "refused", "stumbled", "crashed", "timed_out", "too_large", "untold", "escaped")
    return {"files": count, **{name: tally.outcomes[name] for name in names}, "places": tally.places[:PLACES_SHOWN]}


def _batch(file: Path, seed: int, first: int, end: int, tally: Tally) -> int:
    """One child's work; the number to go on with."""
    at = first

    def heard(progress: Progress) -> None:
        nonlocal at
        at = first + round(progress.fraction * (end - first))

    with tempfile.TemporaryDirectory(prefix="halltwin-fuzz-") as folder:
        order = Path(folder) / "order"
        order.write_bytes(
            SIGN + json.dumps({"file": str(file.absolute()), "seed": seed, "first": first, "end": end}).encode()
        )
        try:
            told = read_measured(order, limits=LIMITS, formats=f"{__name__}:FORMATS", on_progress=heard)
        except (ReaderCrashed, ReaderTimedOut, ReaderTooLarge) as error:
            kinds = {ReaderCrashed: "crashed", ReaderTimedOut: "timed_out", ReaderTooLarge: "too_large"}
            tally.outcomes[kinds[type(error)]] += 1
            tally.outcomes["untold"] += at - first  # they were survived, but the child took the telling with it
            tally.places.append(f"{error.what[:200]}, number {at}")
            return at + 1
        except Exception as error:  # noqa: BLE001 - the very thing that is looked for
            tally.outcomes["escaped"] += 1
            tally.places.append(f"{type(error).__name__}: {str(error)[:200]}, number {at}")
            return at + 1
    tally.outcomes.update(told.building.attributes["outcomes"])
    tally.places += told.building.attributes["places"]
    return end
