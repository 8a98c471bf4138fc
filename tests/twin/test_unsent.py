"""What a device says it lost before it was sent is a counted loss, told as often as it likes and counted once."""

from __future__ import annotations

import json

import pytest

from iot.codecs.native import encode, parse
from iot.errors import CodecError
from iot.messages import Presence
from iot.ports import Inbound
from twin.store.database import Database
from twin.testing import RunningHall


def test_the_codec_carries_it_and_a_state_without_it_lost_nothing() -> None:
    said = Presence(device="D-1", online=True, boot=3, ts_ms=5, dropped=12)
    assert parse(*encode(said, site="s"), site="s") == said
    plain = parse("ht/v1/s/D-1/state", b'{"online":true,"boot":3,"ts":5}', site="s")
    assert isinstance(plain, Presence)
    assert plain.dropped == 0


@pytest.mark.parametrize("dropped", [-1, 1.5, "3", 2**60])
def test_a_loss_that_is_no_count_is_refused(dropped: object) -> None:
    body = json.dumps({"online": True, "boot": 3, "ts": 5, "dropped": dropped}).encode()
    with pytest.raises(CodecError, match="dropped"):
        parse("ht/v1/s/D-1/state", body, site="s")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("told", "lost"),
    [
        ([(1, 0), (1, 7)], 7),
        ([(1, 7), (1, 7), (1, 7)], 7),  # said again, kept by the broker
        ([(1, 7), (2, 9)], 9),  # it counts over restarts
        ([(1, 7), (2, 3), (2, 4)], 11),  # it counts from its restart
        ([(2, 9), (1, 7), (2, 9)], 9),  # an older word comes late
    ],
)
def test_each_loss_is_counted_once(database: Database, told: list[tuple[int, int]], lost: int) -> None:
    hall = RunningHall(database)
    try:
        for boot, dropped in told:
            presence = Presence(device="T-1", online=True, boot=boot, ts_ms=hall.clock(), dropped=dropped)
            hall.twin.apply([Inbound(presence, hall.clock(), 0)])
            hall.twin.registry.load()  # whoever is at hand is forgotten now and then
        assert hall.twin.registry.counters("T-1").unsent == lost
        assert hall.twin.counters()["devices"]["unsent"] == lost
    finally:
        hall.twin.stop()
