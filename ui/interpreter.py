"""How the interpreter is set for a hall: the pages, the writer and the recorder share one."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_INTERVAL_S = 0.001
"""Short time slices: nobody waits long for whoever computes."""
GARBAGE = (20_000, 50, 20)
"""New objects before the young, young rounds before the middle-aged, middle-aged before all are looked through for
cycles. What the twin keeps lives long and what passes through is freed by its count: with Python's 700, 10, 10 a third
of the time at 25,000 messages a second goes into looking at readings on their way to the database.
"""


def tune_interpreter() -> None:
    """Once the hall stands: what is there now stays, and is not looked through again."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


@contextmanager
def tuned_interpreter() -> Iterator[None]:
    """The same for a while, in a process that is no hall's."""
    interval_s, garbage = sys.getswitchinterval(), gc.get_threshold()
    tune_interpreter()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*garbage)
        sys.setswitchinterval(interval_s)
