"""A mirror of the feed is what it mirrors, whatever was lost, repeated or torn on the way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from iot.broker.configuration import PACKET_BYTES
from iot.errors import CodecError
from tests.twin.live_client import ENTITIES, NOW_MS, SITE, Client, Hall
from twin.live_mirror import MirrorHub
from twin.live_wire import (
    NOWHERE,
    PART_BYTES,
    PARTS_MAX,
    Changes,
    Joiner,
    Stand,
    earliest,
    encode_ask,
    parse_ask,
    split_changes,
)

VIEWS = ("ops", "hall", "alert", "data", "desk:A07", "window:A07", "ticket:T")
STATES = st.sampled_from(["active", "acknowledged", "closed"])


def mirror_of(hall: Hall, *, lane_max: int = 100) -> MirrorHub:
    made = MirrorHub(site=SITE, now_ms=lambda: NOW_MS, lane_max=lane_max)
    assert made.adopt(hall.hub.changes(made.stand))
    return made


def pictures(source: Any) -> dict[str, Any]:
    """What new clients see, by view."""
    found = {}
    for view in VIEWS:
        place = source.subscribe(view, wake=lambda: None)
        found[view] = [message.text for message in place.take()]
        place.close()
    return found


def resumed(source: Any, epoch: str, seq: int) -> list[dict[str, Any]]:
    place = source.resume("ops", epoch=epoch, seq=seq, wake=lambda: None)
    messages = list(place.take())
    place.close()
    return messages


class Mirroring(RuleBasedStateMachine):
    """Everything a hall does, and a way to its mirror that loses, repeats and delays messages."""

    @initialize(lane_max=st.integers(1, 12))
    def begin(self, lane_max: int) -> None:
        self.number = 0
        self.hall = Hall(lane_max=12)
        self.mirror = MirrorHub(site=SITE, now_ms=lambda: NOW_MS, lane_max=lane_max)
        self.stand = NOWHERE
        self.sent: list[Changes] = []
        self.client = Client(self.mirror.subscribe("ops", wake=lambda: None))

    @rule(entity=st.sampled_from(ENTITIES))
    def publish(self, entity: str) -> None:
        self.number += 1
        self.hall.publish(entity, self.number)

    @rule(ident=st.sampled_from("xyz"), state=STATES)
    def alarm(self, ident: str, state: str) -> None:
        self.hall.alarm(ident, state)

    @rule()
    def call(self) -> None:
        self.number += 1
        self.hall.call(str(self.number))

    @rule(entity=st.sampled_from(ENTITIES), wanted=st.sampled_from([True, False, None]))
    def want(self, entity: str, wanted: bool | None) -> None:
        self.hall.want(entity, wanted)

    @rule()
    def others(self) -> None:
        self.number += 1
        self.hall.command("c", f"s{self.number}")
        self.hall.ticket("T", self.number)
        self.hall.open_version(f"v{self.number}")

    @rule(entity=st.sampled_from(ENTITIES))
    def forget(self, entity: str) -> None:
        self.hall.hub.forget([entity])

    @precondition(lambda self: self.number > 20)
    @rule()
    def start_anew(self) -> None:
        """The hall was started again: another run, of which nothing before is known."""
        self.number += 1
        before, self.hall = self.hall, Hall(epoch=f"e{self.number}", lane_max=12)
        self.hall.calls = before.calls
        self.stand = NOWHERE

    @rule()
    def tell(self) -> None:
        changes = self.hall.hub.changes(self.stand)
        self.stand = changes.until
        self.sent.append(changes)

    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        """Any of what was told in this run, once more or for the first time."""
        here = [each for each in self.sent if each.until.epoch == self.hall.hub.epoch]
        if here:
            self.mirror.adopt(data.draw(st.sampled_from(here)))

    @rule()
    def answer(self) -> None:
        asked = self.mirror.stand
        assert self.mirror.adopt(self.hall.hub.changes(earliest([asked], epoch=asked.epoch, shape=asked.shape)))
        assert pictures(self.mirror) == pictures(self.hall.hub)

    @rule()
    def take(self) -> None:
        self.client.take()
        heard = self.client.since_snap
        if heard:  # nothing is missing between what was heard since the last picture
            first = self.hall.calls.index(heard[0])
            assert heard == self.hall.calls[first : first + len(heard)]

    @rule(back=st.integers(0, 15))
    def resume(self, back: int) -> None:
        """From wherever a client stood: as at the hall itself, or a new picture where the mirror knows less."""
        self.mirror.adopt(self.hall.hub.changes(self.mirror.stand))
        epoch, seq = self.hall.hub.epoch, max(0, self.mirror.stand.seq - back)
        here, there = resumed(self.mirror, epoch, seq), resumed(self.hall.hub, epoch, seq)
        assert here == there or [m["type"] for m in here] == ["hello", "snap"]

    @invariant()
    def nothing_is_heard_twice(self) -> None:
        if hasattr(self, "client"):
            assert len(self.client.heard) == len(set(self.client.heard))

    def _truth(self) -> dict[str, Any]:
        client = Client(self.hall.hub.subscribe("ops", wake=lambda: None))
        client.take()
        return client.values

    def teardown(self) -> None:
        if hasattr(self, "client"):
            self.mirror.adopt(self.hall.hub.changes(self.mirror.stand))
            self.client.take()
            assert self._truth().items() <= self.client.values.items(), "what was forgotten may still be shown"


TestMirroring = Mirroring.TestCase
TestMirroring.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_clients_of_a_mirror_that_misses_lane_items_get_a_new_picture_which_is_counted() -> None:
    hall = Hall(lane_max=3)
    mirror = mirror_of(hall)
    client = Client(mirror.subscribe("ops", wake=lambda: None))
    client.take()
    for n in range(5):
        hall.call(str(n))
    assert mirror.adopt(hall.hub.changes(mirror.stand))
    client.take()
    assert (client.types, mirror.lane_breaks, mirror.counters.lane_overflows) == (["hello", "snap", "snap"], 1, 1)


def test_an_answer_to_others_repeats_nothing_to_who_was_further() -> None:
    hall = Hall()
    ahead, behind = mirror_of(hall), mirror_of(hall)
    client = Client(ahead.subscribe("ops", wake=lambda: None))
    client.take()
    for n in range(3):
        hall.call(str(n))
        hall.publish(ENTITIES[n % 2], n)
    assert ahead.adopt(hall.hub.changes(ahead.stand))
    client.take()
    hall.call("3")
    hall.publish(ENTITIES[0], 9)
    answer = hall.hub.changes(behind.stand)
    for mirror in (ahead, behind, ahead):
        assert mirror.adopt(answer)
    client.take()
    assert (client.heard, client.values) == (["0", "1", "2", "3"], {ENTITIES[0]: 9, ENTITIES[1]: 1})
    assert pictures(ahead) == pictures(behind) == pictures(hall.hub)
    assert [resumed(ahead, "e", seq) for seq in range(1, 9)] == [resumed(behind, "e", seq) for seq in range(1, 9)]


def test_a_client_that_comes_before_the_picture_waits_for_its_hello() -> None:
    woken: list[int] = []
    hall, mirror = Hall(), MirrorHub(site=SITE, now_ms=lambda: NOW_MS)
    client = Client(mirror.subscribe("hall", wake=lambda: woken.append(1)))
    assert client.take() == []
    hall.something_of_everything()
    assert mirror.adopt(hall.hub.changes(mirror.stand))
    client.take()
    assert (woken, client.types) == ([1], ["hello", "snap"])


def test_a_hall_started_anew_is_a_new_hello_to_those_who_stay() -> None:
    hall = Hall()
    hall.something_of_everything()
    mirror = mirror_of(hall)
    client = Client(mirror.subscribe("ops", wake=lambda: None))
    client.take()
    after = Hall(epoch="f")
    after.publish(ENTITIES[0], 9)
    assert mirror.adopt(after.hub.changes(mirror.stand))
    client.take()
    assert (client.epochs, client.types[2:], client.values) == (["e", "f"], ["hello", "snap"], {ENTITIES[0]: 9})


def test_a_mirror_that_hears_nothing_says_so_once_and_again_when_it_does() -> None:
    hall = Hall()
    mirror = mirror_of(hall)
    client = Client(mirror.subscribe("hall", wake=lambda: None))
    client.take()
    for since_ms in (5, 6, None, None):
        mirror.note_stale(since_ms)
        client.take()
    assert client.stale == [5, None]
    mirror.note_stale(9)
    late = Client(mirror.subscribe("hall", wake=lambda: None))
    late.take()
    assert (late.types, late.stale) == (["hello", "snap", "stale"], [9])


# --- on the wire -------------------------------------------------------------------------------------------


def many_changes() -> Changes:
    hall = Hall()
    for n in range(400):
        hall.publish(f"{SITE}:device:D{n}", "长" * 200)
    return hall.hub.changes(NOWHERE)


def test_a_large_message_travels_in_parts_that_fit_into_packets() -> None:
    changes = many_changes()
    parts = split_changes(changes, number=1)
    assert len(parts) > 4
    assert all(len(part) < PACKET_BYTES - 500 for part in parts)
    joiner = Joiner()
    joined = [joiner.join(part) for part in parts for _ in (1, 2)]
    assert joined[-2] == changes
    assert [each for each in joined if each is not None] == [changes]
    assert joiner.torn == 0


@pytest.mark.parametrize("lost", [0, 2, -1])
def test_a_message_of_which_a_part_is_missing_is_none_and_counted(lost: int) -> None:
    first, second = (split_changes(many_changes(), number=n) for n in (1, 2))
    del first[lost]
    joiner = Joiner()
    found = [changes for part in (*first, *second) if (changes := joiner.join(part)) is not None]
    assert (len(found), joiner.torn) == (1, 1)


def test_what_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.live_wire.PARTS_MAX", 3)
    assert split_changes(many_changes(), number=1) == []


@pytest.mark.parametrize(
    "part",
    [b"", b"\n", b"e 1 0 1", b"e 1 1 1\n{}", b"e x 0 1\n{}", b"e 1 0 1\n{}", b"e 1 0 1\n[", b"e 1 -1 1\n", b"x" * 300,
     b"e 1 0 %d\n" % (PARTS_MAX + 1), b"e 1 0 1\n" + b"x" * (PART_BYTES + 1), b"e 1 0 1\n\xff"],
)  # fmt: skip
def test_what_is_no_part_is_refused(part: bytes) -> None:
    with pytest.raises(CodecError):
        Joiner().join(part)


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", b"x" * 2000, b'{"epoch":1}'])
def test_what_is_no_ask_is_refused(payload: bytes) -> None:
    with pytest.raises(CodecError):
        parse_ask(payload)


def test_one_answer_serves_all_who_ask() -> None:
    stands = [Stand(epoch="e", seq=s, n=n, shape=0) for s, n in ((9, 4), (7, 3), (8, 3))]
    assert earliest(stands, epoch="e", shape=0) == stands[1]
    assert earliest([*stands, Stand(epoch="d", seq=9, n=9, shape=0)], epoch="e", shape=0) == NOWHERE
    assert parse_ask(encode_ask(stands[0])) == stands[0]
