"""A server that takes what is said to it and answers nothing: its processes are stopped, not ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def suspended(pid: int | None) -> Iterator[None]:
    """This process and all below it; they go on afterwards."""
    assert pid is not None, "it does not run"
    head = psutil.Process(pid)
    everybody = [head, *head.children(recursive=True)]
    for process in everybody:
        process.suspend()
    try:
        yield
    finally:
        for process in everybody:
            if process.is_running():
                process.resume()
