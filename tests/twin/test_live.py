"""The live feed: the newest value wins, the lane loses nothing, whoever is slow."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from twin.errors import UnknownView
from twin.live import LiveHub, Sources, Subscription
from twin.state import PointValue
from twin.views import parse_view

ENTITIES = ("s:device:A", "s:device:B", "s:window:A07")


def hub(*, lane_max: int = 100) -> LiveHub:
    return LiveHub(site="s", epoch="e", now_ms=lambda: 0, lane_max=lane_max)


def value(number: int) -> dict[str, PointValue]:
    return {"n": PointValue(value=number, ts_ms=number, source="device", received_ms=0)}


class Client:
    """What a page does with the messages."""

    def __init__(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self.values: dict[str, Any] = {}
        self.alarms: dict[str, str] = {}
        self.heard: list[str] = []
        self.seq = 0
        self.snaps = 0

    def take(self, *, first: int | None = None) -> None:
        for message in self.subscription.take()[:first]:
            match message["type"]:
                case "snap":
                    self.snaps += 1
                    self.values = {e: points["n"][0] for e, points in message["entities"].items()}
                    self.alarms = {a["id"]: a["state"] for a in message["alarms"]}
                case "delta":
                    self.values.update({e: points["n"][0] for e, points in message["entities"].items()})
                case "alarm":
                    self.alarms[message["alarm"]["id"]] = message["alarm"]["state"]
                case "call":
                    self.heard.append(message["call"]["id"])
            self.seq = max(self.seq, message.get("seq", 0))


class Feed(RuleBasedStateMachine):
    """Publishing, announcing, taking and resuming in any order, with a lane so short that it overflows."""

    @initialize()
    def begin(self) -> None:
        self.number = 0
        self.state: dict[str, int] = {}
        self.alarms: dict[str, str] = {}
        self.hub = hub(lane_max=4)
        self.hub.sources = Sources(alarms=lambda: [{"id": i, "state": s} for i, s in self.alarms.items()])
        self.clients = [Client(self.hub.subscribe("ops", wake=lambda: None)) for _ in range(2)]

    @rule(entity=st.sampled_from(ENTITIES))
    def publish(self, entity: str) -> None:
        self.number += 1
        self.state[entity] = self.number
        self.hub.publish({entity: value(self.number)})

    @rule(alarm=st.sampled_from("xyz"), state=st.sampled_from(["active", "acknowledged", "closed"]))
    def announce(self, alarm: str, state: str) -> None:
        self.alarms[alarm] = state
        self.hub.announce("alarm", {"id": alarm, "state": state})

    @rule(which=st.integers(0, 1))
    def take(self, which: int) -> None:
        self.clients[which].take()

    @rule(which=st.integers(0, 1))
    def reconnect(self, which: int) -> None:
        client = self.clients[which]
        client.subscription.close()
        client.subscription = self.hub.resume("ops", epoch="e", seq=client.seq, wake=lambda: None)

    @rule(which=st.integers(0, 1), heard=st.integers(0, 5))
    def lose_the_connection_amid_a_batch(self, which: int, heard: int) -> None:
        """Only the first messages arrive; the page resumes from the last place it saw."""
        client = self.clients[which]
        client.take(first=heard)
        client.subscription.close()
        client.subscription = self.hub.resume("ops", epoch="e", seq=client.seq, wake=lambda: None)

    @precondition(lambda self: hasattr(self, "clients"))
    @invariant()
    def whoever_takes_now_knows_all(self) -> None:
        client = Client(self.hub.subscribe("ops", wake=lambda: None))
        client.take()
        assert client.values == self.state
        client.subscription.close()

    def teardown(self) -> None:
        for client in getattr(self, "clients", ()):
            client.take()
            assert client.values == self.state
            assert client.alarms == self.alarms


TestFeed = Feed.TestCase


@given(st.lists(st.booleans(), max_size=60))
def test_every_call_is_heard_once_and_in_order(takes: list[bool]) -> None:
    live = hub()
    client = Client(live.subscribe("hall", wake=lambda: None))
    client.take()
    for n, now in enumerate(takes):
        live.announce("call", {"id": str(n)})
        live.publish({"s:window:A07": value(n)})
        if now:
            client.take()
    client.take()
    assert client.heard == [str(n) for n in range(len(takes))]
    assert client.snaps == 1


def test_a_client_that_falls_behind_the_lane_gets_a_new_snapshot_which_is_counted() -> None:
    live = hub(lane_max=3)
    client = Client(live.subscribe("ops", wake=lambda: None))
    client.take()
    for n in range(4):
        live.announce("call", {"id": str(n)})
    client.take()
    assert client.snaps == 2
    assert live.counters.lane_overflows == 1


def test_a_client_comes_back_to_what_it_missed_and_no_more() -> None:
    live = hub()
    live.publish({"s:device:A": value(1), "s:device:B": value(2)})
    client = Client(live.subscribe("ops", wake=lambda: None))
    client.take()
    client.subscription.close()
    live.publish({"s:device:B": value(3)})
    live.announce("call", {"id": "7"})
    back = live.resume("ops", epoch="e", seq=client.seq, wake=lambda: None)
    messages = back.take()
    assert [m["type"] for m in messages] == ["hello", "delta", "call"]
    assert messages[1]["entities"] == {"s:device:B": {"n": [3, "good", 3]}}
    assert back.take() == []


@pytest.mark.parametrize(("epoch", "seq"), [("other", 0), ("e", 999), ("e", -1)])
def test_a_client_of_another_run_gets_a_snapshot(epoch: str, seq: int) -> None:
    live = hub()
    live.publish({"s:device:A": value(1)})
    assert [m["type"] for m in live.resume("ops", epoch=epoch, seq=seq, wake=lambda: None).take()] == ["hello", "snap"]
    assert live.counters.resumes_refused == 1


def test_the_public_sees_the_hall_and_nothing_else() -> None:
    live = hub()
    client = live.subscribe("hall", wake=lambda: None)
    client.take()
    live.publish({"s:device:A": value(1), "s:window:A07": value(2)})
    live.announce("alarm", {"id": "x"})
    live.announce("ticket", {"token": "T"}, scope="ticket:T")
    live.announce("call", {"id": "1"})
    messages = client.take()
    assert [m["type"] for m in messages] == ["delta", "call"]
    assert list(messages[0]["entities"]) == ["s:window:A07"]


def test_a_ticket_is_seen_by_its_holder_only_and_again_after_a_reload() -> None:
    live = hub()
    mine, other = (live.subscribe(f"ticket:{t}", wake=lambda: None) for t in ("T", "U"))
    mine.take()
    other.take()
    live.announce("ticket", {"token": "T"}, scope="ticket:T")
    assert [m["ticket"] for m in mine.take()] == [{"token": "T"}]
    assert other.take() == []
    (_, snap) = live.subscribe("ticket:T", wake=lambda: None).take()
    assert snap["tickets"] == [{"token": "T"}]


def test_a_sleeping_client_is_woken_once_for_all_that_comes() -> None:
    live, woken = hub(), []
    client = live.subscribe("ops", wake=lambda: woken.append(1))
    client.take()
    for n in range(5):
        live.publish({"s:device:A": value(n)})
    assert woken == [1]
    client.take()
    live.publish({"s:device:A": value(9)})
    assert woken == [1, 1]
    client.take()
    client.close()
    live.publish({"s:device:A": value(10)})
    assert woken == [1, 1]


def test_threads_that_publish_and_clients_that_take_end_in_agreement() -> None:
    live = hub(lane_max=100_000)
    clients = [Client(live.subscribe("ops", wake=lambda: None)) for _ in range(3)]
    begun = threading.Barrier(5)

    def publish(entity: str) -> None:
        begun.wait()
        for n in range(300):
            live.publish({entity: value(n)})
            live.announce("call", {"id": f"{entity}{n}"})

    def take(client: Client) -> None:
        begun.wait()
        while len(client.heard) < 600:
            client.take()

    for client in clients:
        client.take()
    threads = [threading.Thread(target=publish, args=(e,)) for e in ENTITIES[:2]]
    threads += [threading.Thread(target=take, args=(c,)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.take()
        assert client.values == {ENTITIES[0]: 299, ENTITIES[1]: 299}
        assert len(client.heard) == len(set(client.heard)) == 600


@pytest.mark.parametrize("name", ["", "nonsense", "desk", "ops:1", "ticket:", "ticket:" + "x" * 300])
def test_a_view_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownView):
        parse_view(name, site="s")


def test_a_message_for_many_is_made_once() -> None:
    live = hub()
    clients = [live.subscribe(name, wake=lambda: None) for name in ("ticket:T", "ticket:U", "hall")]
    for client in clients:
        client.take()
    live.publish({"s:window:A07": value(1)})
    live.announce("call", {"id": "1"})
    batches = [client.take() for client in clients]
    assert [[m["type"] for m in batch] for batch in batches] == [["delta", "call"]] * 3
    assert all(batch[k] is batches[0][k] for batch in batches for k in (0, 1))
    assert batches[0][1].text == '{"type":"call","seq":2,"n":1,"call":{"id":"1"}}'


def test_only_those_who_hear_it_are_hurried() -> None:
    live, woken = hub(), []
    mine = live.subscribe("ticket:T", wake=lambda: woken.append("mine"))
    hall = live.subscribe("hall", wake=lambda: woken.append("hall"))
    for client in (mine, hall):
        client.take()
    live.announce("ticket", {"token": "T"}, scope="ticket:T")
    assert woken == ["mine"]
    assert (mine.urgent, hall.urgent) == (True, False)
    live.publish({"s:window:A07": value(1)})
    assert woken == ["mine", "hall"]
    live.announce("call", {"id": "1"})
    assert woken == ["mine", "hall", "hall"]
    mine.take()
    assert not mine.urgent
