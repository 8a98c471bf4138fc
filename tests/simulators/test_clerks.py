"""What a simulated clerk does next, moment by moment."""

from typing import Any

import pytest

from simulators.clerks import Desk, Step, decide

OPEN: dict[str, Any] = {"number": "A01", "online": True, "state": "open", "current": None, "waiting": 0}
CALLED = {"number": "S001", "state": "called", "calls": 1}
SERVING = {"number": "S001", "state": "serving", "calls": 1}


@pytest.mark.parametrize(
    ("window", "desk", "first", "here", "step"),
    [
        ({"state": "closed"}, Desk(), True, None, "open"),
        ({"state": "closed"}, Desk(closed_s=990.0), False, None, None),
        ({"state": "closed"}, Desk(closed_s=100.0), False, None, "open"),
        ({"state": "closed", "online": False}, Desk(), True, None, None),
        ({"state": "break", "waiting": 3}, Desk(), False, None, None),
        ({"waiting": 0}, Desk(), False, None, None),
        ({"waiting": 2}, Desk(), False, None, "call-next"),
        ({"waiting": 2}, Desk(ready_s=1010.0), False, None, None),
        ({"waiting": 2, "online": False}, Desk(), False, None, None),
        ({"current": CALLED}, Desk(called_s=999.0), False, True, "start"),
        ({"current": CALLED}, Desk(called_s=990.0), False, False, None),
        ({"current": CALLED}, Desk(called_s=800.0), False, False, "recall"),
        ({"current": {**CALLED, "calls": 3}}, Desk(called_s=800.0), False, False, "no-show"),
        ({"current": CALLED}, Desk(called_s=990.0), False, None, None),
        ({"current": CALLED}, Desk(called_s=950.0), False, None, "start"),
        ({"current": SERVING}, Desk(serving="S001", ends_s=1001.0), False, True, None),
        ({"current": SERVING}, Desk(serving="S001", ends_s=1000.0), False, True, "finish"),
        ({"current": SERVING}, Desk(serving="S000", ends_s=1.0), False, True, None),
    ],
)
def test_a_clerk_decides(window: dict[str, Any], desk: Desk, first: bool, here: bool | None, step: Step | None) -> None:
    assert decide({**OPEN, **window}, desk, now_s=1000.0, first=first, here=here) == step
