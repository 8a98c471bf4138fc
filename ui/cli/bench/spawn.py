"""Processes of a bench, each at the other end of a pipe."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

CHILD_TIMEOUT_S = 90.0


@contextmanager
def spawned(function: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    """Our end of the pipe; the function is given the other one last."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=function, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(10)
        if process.is_alive():
            process.kill()
            process.join()


def receive(pipe: Connection, *, within_s: float = CHILD_TIMEOUT_S) -> Any:
    if not pipe.poll(within_s):
        raise TimeoutError("a process of this bench does not answer")
    return pipe.recv()
