"""What holds of the live feed wherever it is taken from: the hall's own hub, or a mirror of it behind a real broker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from iot.broker.configuration import BrokerSettings
from iot.broker.credentials import LIVE_USER, hash_password
from iot.broker.mosquitto import MosquittoBroker, find_mosquitto
from iot.connectors.settings import MqttSettings
from iot.errors import BrokerUnavailable
from iot.testing import eventually
from tests.twin.live_client import ENTITIES, NOW_MS, SITE, Client, Hall
from twin.live_broker import LiveFollower, LivePublisher
from twin.live_port import LiveSource
from twin.live_wire import LANE_TAIL
from twin.views import parse_view

WEBS = ("hall.web-1", "hall.web-2")
PASSWORD = "pw"
LANE_MAX = 200


def now_ms() -> int:
    return NOW_MS


class Site:
    """A broker, a hall that tells its feed over it, and web processes that follow."""

    def __init__(self, folder: Path) -> None:
        self.broker = MosquittoBroker(folder / "broker", BrokerSettings(site=SITE, port=0))
        self.broker.set_users(dict.fromkeys((LIVE_USER, *WEBS), hash_password(PASSWORD, b"0123456789ab")))
        self.broker.start()
        self._talkers: list[LivePublisher | LiveFollower] = []

    def settings(self, user: str) -> MqttSettings:
        return MqttSettings(site=SITE, user=user, password=PASSWORD, socket_path=self.broker.socket_path)

    def tell(self, hall: Hall) -> LivePublisher:
        publisher = LivePublisher(hall.hub, self.settings(LIVE_USER), now_ms=now_ms)
        return self._started(publisher)

    def follow(self, user: str = WEBS[0], **options: Any) -> LiveFollower:
        return self._started(LiveFollower(self.settings(user), now_ms=now_ms, **options))

    def _started(self, talker: Any) -> Any:
        talker.start()
        self._talkers.append(talker)
        return talker

    def end(self, talker: LivePublisher | LiveFollower) -> None:
        self._talkers.remove(talker)
        talker.stop()

    def end_all(self) -> None:
        for talker in self._talkers.copy():
            self.end(talker)


def caught_up(follower: LiveFollower, hall: Hall) -> None:
    """It stands where the hall stands."""
    eventually(lambda: follower.hub.stand == hall.hub.changes(follower.hub.stand).until, what="the mirror catching up")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    try:
        find_mosquitto()
    except BrokerUnavailable as absent:
        pytest.skip(str(absent))
    made = Site(tmp_path_factory.mktemp("live"))
    yield made
    made.broker.stop()


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    yield running
    running.end_all()


class Feed:
    """A hall, and where clients join. ``settle``: what was published until now has come there."""

    def __init__(self, hall: Hall, source: LiveSource, settle: Callable[[], None]) -> None:
        self.hall, self.source, self.settle = hall, source, settle

    def client(self, view: str = "ops", wake: Callable[[], None] = lambda: None) -> Client:
        return Client(self.source.subscribe(view, wake=wake))

    def resume(self, at: tuple[str, int], view: str = "ops") -> Client:
        return Client(self.source.resume(view, epoch=at[0], seq=at[1], wake=lambda: None))


@pytest.fixture(params=["own", "mirror"])
def feed(request: pytest.FixtureRequest) -> Feed:
    hall = Hall(lane_max=LANE_MAX)
    if request.param == "own":
        return Feed(hall, hall.hub, lambda: None)
    site: Site = request.getfixturevalue("site")
    site.tell(hall)
    follower = site.follow(lane_max=LANE_MAX)
    assert follower.await_picture(10)
    return Feed(hall, follower.hub, lambda: caught_up(follower, hall))


class TestContract:
    def test_first_comes_hello_then_the_whole_picture(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        client = feed.client()
        hello, snap = client.take()
        assert (hello["type"], hello["epoch"], hello["seq"], hello["proto"]) == ("hello", "e", 0, 1)
        assert snap["type"] == "snap"
        assert client.values == {ENTITIES[0]: 1, ENTITIES[1]: 2.5, ENTITIES[2]: "开放"}
        assert snap["entities"][ENTITIES[1]] == {"n": [2.5, "good", 7]}
        assert [a["id"] for a in snap["alarms"]] == ["y"]
        assert [c["state"] for c in snap["commands"]] == ["accepted"]
        assert [d["value"] for d in snap["desired"]] == [True]
        assert [c["id"] for c in snap["calls"]] == ["7"]
        assert snap["building"] == "v1"
        assert client.take() == []

    def test_everybody_sees_what_is_theirs(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        ticket = feed.client("ticket:T").take()[1]
        assert ticket["tickets"] == [{"token": "T", "ahead": 3}]
        assert (list(ticket["entities"]), ticket["alarms"], ticket["commands"]) == ([ENTITIES[2]], [], [])
        hall, mine = feed.client("hall"), feed.client("ticket:T")
        hall.take()
        mine.take()
        feed.hall.alarm("z", "active")
        feed.hall.ticket("T", 2)
        feed.hall.call("8")
        feed.settle()
        assert [m["type"] for m in hall.take()] == ["call"]
        assert [m["type"] for m in mine.take()] == ["ticket", "call"]

    def test_the_newest_value_wins(self, feed: Feed) -> None:
        client = feed.client()
        client.take()
        for n in range(500):
            feed.hall.publish(ENTITIES[n % 2], n)
        feed.settle()
        (delta,) = client.take()
        assert delta["type"] == "delta"
        assert client.values == {ENTITIES[0]: 498, ENTITIES[1]: 499}

    def test_items_of_the_lane_come_all_once_and_in_order(self, feed: Feed) -> None:
        """While they are taken, many more than the lane holds."""
        woken = threading.Event()
        client = feed.client("hall", woken.set)
        client.take()
        wanted = [str(n) for n in range(3 * LANE_MAX)]

        def publish() -> None:
            for n, ident in enumerate(wanted):
                feed.hall.call(ident)
                feed.hall.publish(ENTITIES[2], ident)
                if n % 100 == 99:
                    eventually(lambda n=n: len(client.heard) > n, what="the client")  # type: ignore[misc]

        publisher = threading.Thread(target=publish)
        publisher.start()
        while len(client.heard) < len(wanted):
            assert woken.wait(10)
            woken.clear()
            client.take()
        publisher.join()
        assert (client.heard, client.snaps) == (wanted, 1)
        feed.settle()
        client.take()
        assert client.values == {ENTITIES[2]: wanted[-1]}

    def test_who_comes_back_gets_what_was_missed_and_no_more(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        client = feed.client()
        client.take()
        at = client.drop()
        feed.hall.publish(ENTITIES[1], 3)
        feed.hall.call("8")
        feed.settle()
        back = feed.resume(at)
        hello, delta, call = back.take()
        assert (hello["seq"], delta["entities"]) == (at[1], {ENTITIES[1]: {"n": [3, "good", 7]}})
        assert (call["type"], call["call"]) == ("call", {"id": "8"})
        assert back.take() == []

    def test_from_any_place_it_is_told_the_same(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        last = feed.client()
        last.take()
        for seq in range(1, last.seq + 1):
            place = feed.hall.hub.resume("ops", epoch="e", seq=seq, wake=lambda: None)
            assert feed.resume(("e", seq)).take() == place.take()

    @pytest.mark.parametrize("at", [("another", 1), ("e", 10_000), ("e", -1), ("", 0)])
    def test_who_was_never_here_gets_a_new_picture(self, feed: Feed, at: tuple[str, int]) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        assert [m["type"] for m in feed.resume(at).take()] == ["hello", "snap"]

    def test_who_is_too_slow_gets_a_new_picture_and_delays_nobody(self, feed: Feed) -> None:
        slow, quick = feed.client("hall"), feed.client("hall")
        slow.take()
        quick.take()
        wanted = [str(n) for n in range(LANE_MAX + 1)]
        for n in range(0, len(wanted), 100):
            for ident in wanted[n : n + 100]:
                feed.hall.call(ident)
            feed.settle()
            quick.take()
        assert (quick.heard, quick.snaps) == (wanted, 1)
        slow.take()
        assert (slow.heard, slow.snaps) == ([], 2)
        feed.hall.call("after")
        feed.settle()
        slow.take()
        assert slow.heard == ["after"]

    def test_who_left_is_woken_no_more(self, feed: Feed) -> None:
        woken: list[int] = []
        client = feed.client("ops", lambda: woken.append(1))
        client.take()
        feed.hall.publish(ENTITIES[0], 1)
        feed.hall.publish(ENTITIES[0], 2)
        feed.settle()
        assert woken == [1]
        client.drop()
        feed.hall.publish(ENTITIES[0], 3)
        feed.settle()
        assert woken == [1]

    def test_what_is_no_more_is_told_to_nobody_who_comes(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        feed.hall.hub.forget([ENTITIES[0]])
        feed.settle()
        client = feed.client()
        client.take()
        assert ENTITIES[0] not in client.values
        assert ENTITIES[1] in client.values

    def test_one_message_serves_all_who_see_the_same(self, feed: Feed) -> None:
        clients = [feed.client(view) for view in ("hall", "ticket:T", "hall")]
        for client in clients:
            client.take()
        feed.hall.publish(ENTITIES[2], 1)
        feed.hall.call("1")
        feed.settle()
        batches = [client.place.take() for client in clients]
        assert all(batch[k] is batches[0][k] for batch in batches for k in (0, 1))
        assert batches[0][1].text == '{"type":"call","seq":2,"n":1,"call":{"id":"1"}}'

    def test_a_view_may_be_given_as_one(self, feed: Feed) -> None:
        feed.hall.something_of_everything()
        feed.settle()
        place = feed.source.subscribe(parse_view("window:A07", site=SITE), wake=lambda: None)
        assert list(place.take()[1]["entities"]) == [ENTITIES[2]]


# --- what only a mirror can have happen to it --------------------------------------------------------------


def test_who_was_at_one_mirror_resumes_at_another(site: Site) -> None:
    hall = Hall()
    hall.something_of_everything()
    site.tell(hall)
    first, second = site.follow(WEBS[0]), site.follow(WEBS[1])
    caught_up(first, hall)
    caught_up(second, hall)
    client = Client(first.hub.subscribe("ops", wake=lambda: None))
    client.take()
    at = client.drop()
    for n in range(300):
        hall.call(f"c{n}")
        hall.publish(ENTITIES[0], n)
    caught_up(first, hall)
    caught_up(second, hall)
    here, there = (f.hub.resume("ops", epoch=at[0], seq=at[1], wake=lambda: None).take() for f in (first, second))
    assert [m.text for m in here] == [m.text for m in there]
    assert [m["call"]["id"] for m in here if m["type"] == "call"] == [f"c{n}" for n in range(300)]


def test_a_mirror_that_comes_late_knows_the_end_of_the_lane(site: Site) -> None:
    hall = Hall()
    for n in range(LANE_TAIL + 5):
        hall.call(f"c{n}")
    site.tell(hall)
    late = site.follow()
    caught_up(late, hall)
    end = hall.hub.changes(late.hub.stand).until.seq
    within = late.hub.resume("hall", epoch="e", seq=end - LANE_TAIL, wake=lambda: None).take()
    beyond = late.hub.resume("hall", epoch="e", seq=end - LANE_TAIL - 1, wake=lambda: None).take()
    assert len(within) == 1 + LANE_TAIL
    assert [m["type"] for m in beyond] == ["hello", "snap"]


def test_a_large_hall_reaches_a_mirror_in_parts(site: Site) -> None:
    hall = Hall()
    for n in range(3_000):
        hall.publish(f"{SITE}:device:D{n}", f"{n}" * 20)
    publisher = site.tell(hall)
    follower = site.follow()
    caught_up(follower, hall)
    client = Client(follower.hub.subscribe("ops", wake=lambda: None))
    client.take()
    assert len(client.values) == 3_000
    assert publisher.counters.parts > publisher.counters.messages
    assert publisher.counters.too_large == 0


def test_a_hall_started_anew_gives_its_clients_a_new_picture(site: Site) -> None:
    before, after = Hall(), Hall(epoch="f")
    before.publish(ENTITIES[0], 1)
    publisher = site.tell(before)
    follower = site.follow()
    caught_up(follower, before)
    client = Client(follower.hub.subscribe("ops", wake=lambda: None))
    client.take()
    site.end(publisher)
    after.publish(ENTITIES[1], 2)
    site.tell(after)
    caught_up(follower, after)
    client.take()
    assert (client.epochs, client.types) == (["e", "f"], ["hello", "snap", "hello", "snap"])
    assert client.values == {ENTITIES[1]: 2}


def test_a_silent_hall_is_said_to_be_and_to_be_back(site: Site) -> None:
    hall = Hall()
    publisher = site.tell(hall)
    follower = site.follow(silent_s=0.8)
    caught_up(follower, hall)
    client = Client(follower.hub.subscribe("hall", wake=lambda: None))

    def last_told() -> list[int | None]:
        client.take()
        return client.stale[-1:]

    site.end(publisher)
    eventually(lambda: last_told() == [now_ms()], what="its silence")
    site.tell(hall)
    eventually(lambda: last_told() == [None], what="its return")
    assert follower.counters.silences > 0
    assert client.snaps == 1


def test_after_the_broker_was_away_nothing_of_the_lane_is_missing(site: Site) -> None:
    hall = Hall()
    site.tell(hall)
    followers = [site.follow(user) for user in WEBS]
    clients = []
    for follower in followers:
        caught_up(follower, hall)
        clients.append(Client(follower.hub.subscribe("ops", wake=lambda: None)))
        clients[-1].take()
    hall.call("before")
    site.broker.stop()
    for n in range(50):
        hall.call(f"away{n}")
    hall.publish(ENTITIES[0], 7)
    site.broker.start()
    hall.call("back")
    for follower, client in zip(followers, clients, strict=True):
        caught_up(follower, hall)
        client.take()
        assert client.heard == hall.calls
        assert (client.values, client.snaps) == ({ENTITIES[0]: 7}, 1)


class Lossy(LiveFollower):
    """Of what arrives, every third packet is lost on the way and every fifth comes twice."""

    count = 0

    def _hear(self, payload: bytes) -> None:
        self.count += 1
        for _ in range((self.count % 3 != 0) + (self.count % 5 == 0)):
            super()._hear(payload)


def test_a_mirror_that_loses_packets_asks_and_its_clients_miss_nothing(site: Site) -> None:
    hall = Hall()
    site.tell(hall)
    follower: Lossy = site._started(Lossy(site.settings(WEBS[0]), now_ms=now_ms))
    eventually(lambda: follower.await_picture(0.1), what="the picture")
    client = Client(follower.hub.subscribe("ops", wake=lambda: None))
    client.take()
    for n in range(3):
        hall.call(f"c{n}")
        hall.publish(ENTITIES[0], n)
        caught_up(follower, hall)
        client.take()
    assert (client.heard, client.values, client.snaps) == (hall.calls, {ENTITIES[0]: 2}, 1)
    assert follower.counters.gaps > 0
    assert follower.counters.asks > 1
