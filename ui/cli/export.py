"""``halltwin export``: recorded history as CSV or Parquet, whether the hall runs or not."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from iot.catalogue import load_kinds
from twin.export.parquet import parquet_chunks
from twin.export.rows import Exported, RecordedPoints, Span
from twin.export.tables import csv_chunks, iso
from twin.registry import Registry
from twin.selection import Directory, Selection
from twin.store.backup.manifest import room
from twin.store.database import Database
from twin.versions import Versions
from ui.launcher.reach import reach_database
from ui.problems import WrongUsage
from ui.run_settings import RunSettings

DAY_MS = 86_400_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="ends with .csv or .parquet; - is CSV on stdout")
    for name, what in (
        ("entity", "ids or keys"), ("point", "names of points"), ("kind", "kinds of devices, or of entities (window)"),
        ("space", "floors, rooms, zones by id, number or name"), ("brick", "Brick classes of devices or points"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", nargs="+", default=[], metavar=name.upper(), help=what)
    parser.add_argument(
        "--since", metavar="TIME", help="2026-11-22, 2026-11-22T09:00+08:00 or ms; a day before --until"
    )
    parser.add_argument("--until", metavar="TIME", help="the same; now")
    parser.add_argument("--bom", action="store_true", help="CSV: tell Excel that it is UTF-8")
    parser.add_argument("--data", type=Path, default=Path(".run/demo"), metavar="DIR", help="the hall's directory")
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    until_ms = millis(args.until) if args.until else time.time_ns() // 1_000_000
    since_ms = millis(args.since) if args.since else until_ms - DAY_MS
    if since_ms >= until_ms:
        raise WrongUsage("--since must be before --until")
    selection = Selection(
        entities=args.entity, points=args.point, kinds=args.kind, spaces=args.space, bricks=args.brick
    )
    with reach_database(args.data, tell=_tell) as settings:
        database = Database(settings.database)
        try:
            recorded, directory = _open(database, settings)
            batches = recorded.rows(directory.chooser(selection), Span(since_ms=since_ms, until_ms=until_ms))
            written = _write(args.file, batches, bom=args.bom)
        finally:
            database.close()
    if recorded.kept_since_ms is not None and recorded.kept_since_ms > since_ms:
        _tell(f"readings before {iso(recorded.kept_since_ms)} were let go by the hall's retention")
    if str(args.file) != "-":
        document = {"file": str(args.file), "bytes": written, "since_ms": since_ms, "until_ms": until_ms}
        print(json.dumps({**document, "kept_since_ms": recorded.kept_since_ms}, ensure_ascii=False))
    return 0


def _open(database: Database, settings: RunSettings) -> tuple[RecordedPoints, Directory]:
    registry = Registry(site=settings.site, database=database, now_ms=lambda: 0)
    registry.load()
    versions = Versions(site=settings.site, database=database, registry=registry, now_ms=lambda: 0)
    recorded = RecordedPoints(database, site=settings.site)
    kinds = load_kinds(Path(settings.kinds) if settings.kinds else None)
    return recorded, Directory(
        versions.current()[1], registry.list_devices(), kinds, entities=recorded.entities
    )  # fmt: skip


def _write(path: Path, batches: Iterable[list[Exported]], *, bom: bool) -> int:
    if path.suffix not in {".csv", ".parquet"} and str(path) != "-":
        raise WrongUsage(f"{path}: a file ends with .csv or .parquet")
    chunks = parquet_chunks(batches) if path.suffix == ".parquet" else csv_chunks(batches, bom=bom)
    if str(path) == "-":
        return sum(sys.stdout.buffer.write(chunk) for chunk in chunks)
    partial = path.with_name(f"{path.name}.partial")
    try:
        with room(path), partial.open("wb") as file:
            written = sum(file.write(chunk) for chunk in chunks)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return written


def millis(word: str) -> int:
    """A time as a person writes it on the command line."""
    if word.isdigit():
        return int(word)
    try:
        at = datetime.fromisoformat(word)
    except ValueError as error:
        raise WrongUsage(f"{word!r} is no time; write it like 2026-11-22T09:00+08:00") from error
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
