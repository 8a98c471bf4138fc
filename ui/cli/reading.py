"""How commands read a building file: safely, from the cache when it was read before, with a bar on a terminal."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from building.formats.progress import Listener, Progress
from building.model import Building
from building.texts import text
from ui.reading import Reading, cache_folder, read_measured

BAR = 30


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-cache", action="store_true", help="read the file again, whatever was kept of it")


def read_building(file: str, args: argparse.Namespace) -> Building:
    return measure_reading(file, args).building


def measure_reading(file: str, args: argparse.Namespace) -> Reading:
    with progress_bar(lang=getattr(args, "lang", None)) as listener:
        return read_measured(file, cache=cache_of(args), on_progress=listener)


def cache_of(args: argparse.Namespace) -> Path | None:
    return None if args.no_cache else cache_folder()


@contextmanager
def progress_bar(*, lang: str | None = None) -> Iterator[Listener | None]:
    """One line on stderr that grows and is wiped at the end; nothing unless a person looks at a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    begun_s = time.monotonic()

    def show(progress: Progress) -> None:
        full = round(progress.fraction * BAR)
        bar = "█" * full + "░" * (BAR - full)
        line = f"{bar} {progress.fraction:4.0%} {time.monotonic() - begun_s:4.0f} s  {text(progress.stage, lang)}"
        sys.stderr.write("\r\x1b[K" + line[: shutil.get_terminal_size().columns - 1])
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
