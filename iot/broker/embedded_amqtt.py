"""amqtt's broker, its holes closed: nothing is heard, kept or repeated without the right to it.

By itself amqtt 0.12.1 hands every retained message to whoever connects, publishes last wills unasked, loses what was
on its way when a connection breaks, and repeats queued messages as retained ones. Its plugins see none of that; so the
methods below take the place of its own. They use private names: the dependency is pinned to one version, and
``tests/iot/broker`` holds the behaviour.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from amqtt.broker import Broker
from amqtt.contexts import Action, BrokerConfig, ListenerConfig, ListenerType
from amqtt.session import ApplicationMessage

from iot.broker.embedded_access import Access
from iot.broker.embedded_link import Link
from iot.broker.rights import covers, of_subscription

LISTENER = "default"
SESSION_S = 7 * 86_400
IN_FLIGHT_MAX = 1_000
"""Sent to one client and not acknowledged yet; what comes then waits."""
QUEUED_MAX = 50_000
"""Waiting for one client; the oldest gives way, and is counted."""
WAITING_MAX = 5_000
"""Waiting for one client that is here, or not looked at yet: above, those who publish wait too."""
REACH_KEPT_MAX = 50_000
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"
DROPPED_EVERY_S = 5.0
_FAILED = 0x80

_Coming = Coroutine[Any, Any, Any]
_log = logging.getLogger(__name__)


class HallBroker(Broker):  # type: ignore[misc]  # amqtt is published without types
    """Sessions, subscriptions, retained messages. ``say`` writes a line of its log, ``links`` are those who are here.

    They come through ``external_connected``, from whoever has already looked at name and password.
    """

    def __init__(self, access: Access, *, say: Callable[[str], None], links: Mapping[str, Link]) -> None:
        listener = ListenerConfig(type=ListenerType.EXTERNAL)
        super().__init__(
            BrokerConfig(listeners={LISTENER: listener}, plugins={}, session_expiry_interval=SESSION_S),
            loop=asyncio.get_running_loop(),
        )
        self._access, self._say, self._links = access, say, links
        self._reach: dict[str, list[str]] = {}
        self._on_way: dict[str, dict[asyncio.Task[None], ApplicationMessage]] = {}
        """By client, in the order they were sent."""
        self._behind: set[str] = set()
        self._dropped = 0

    def must_wait(self, user: str) -> bool:
        """Whether there is no room for a message of this user. Who owes us answers never waits: they come behind it."""
        crowded = self._behind or self._broadcast_queue.qsize() > WAITING_MAX
        return bool(crowded) and not self._on_way.get(user)

    async def forget(self, client: str) -> None:
        """Nothing of this session is kept."""
        await self._cleanup_session(client)

    async def tell_dropped(self) -> None:
        """For ever: how many messages were dropped, whenever that has changed."""
        told = -1
        while True:
            if told != self._dropped:
                told = self._dropped
                await super().retain_message(None, DROPPED_TOPIC, str(told).encode(), 0)
                await super()._broadcast_message(None, DROPPED_TOPIC, str(told).encode())
            await asyncio.sleep(DROPPED_EVERY_S)

    # In amqtt's place, from here on.

    async def _authenticate(self, session: Any, _listener: Any) -> bool:
        return self._access.knows(session.username, session.password)

    async def _topic_filtering(self, session: Any, topic: str, action: Action) -> bool:
        """Every subscription is granted, as mosquitto does it, and what may be read is delivered."""
        match action:
            case Action.RECEIVE:
                return self._access.may_read(session.client_id, topic)
            case Action.PUBLISH:
                return self._access.may_write(session.client_id, topic)
        return True

    async def _client_message_loop(self, session: Any, handler: Any) -> None:
        """By itself it loses the last messages of a client that leaves, and tells the will before them."""
        gone = asyncio.ensure_future(handler.wait_disconnect())
        workers = [
            asyncio.ensure_future(self._take_messages(session)),
            asyncio.ensure_future(_each(handler.get_next_pending_subscription, self._subscribe(session, handler))),
            asyncio.ensure_future(_each(handler.get_next_pending_unsubscription, self._unsubscribe(session, handler))),
        ]
        done, _ = await asyncio.wait({gone, *workers}, return_when=asyncio.FIRST_COMPLETED)
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        for failed in done - {gone}:
            _log.error("client_failed", extra={"client": session.client_id}, exc_info=failed.exception())
        queue = session.delivered_message_queue
        while not queue.empty():
            await self._take(session, queue.get_nowait())
        self._leave(session)
        if self._links[session.client_id].goodbye:  # amqtt forgets it when it comes too early
            session.will_flag = False
        if not gone.done():
            gone.cancel()
            gone = asyncio.get_running_loop().create_future()
            gone.set_result(None)
        await self._handle_disconnect(session, handler, gone)

    async def _take_messages(self, session: Any) -> None:
        while True:
            await self._take(session, await session.delivered_message_queue.get())

    async def _take(self, session: Any, message: Any) -> None:
        topic, user = message.topic, session.client_id
        if not topic or "#" in topic or "+" in topic or "\0" in topic:
            self._links[user].end(" due to malformed packet.")
        elif not self._access.may_write(user, topic):
            self._say(f"Denied PUBLISH from {user} (d0, q{message.qos}, r0, m0, '{topic}', ... ())")
        else:
            await super()._broadcast_message(session, topic, message.data)
            if message.retain:
                await super().retain_message(session, topic, message.data, message.qos)

    def _subscribe(self, session: Any, handler: Any) -> Callable[[Any], _Coming]:
        async def go(asked: Any) -> None:
            codes = [await self.add_subscription(one, session) for one in asked.topics]
            await handler.mqtt_acknowledge_subscription(asked.packet_id, codes)
            for (wanted, qos), code in zip(asked.topics, codes, strict=True):
                if not self._access.may_read(session.client_id, of_subscription(wanted)):
                    self._say(f"{session.client_id} {qos} {wanted}")
                if code != _FAILED:
                    self._tell_retained(session, wanted, qos)

        return go

    def _unsubscribe(self, session: Any, handler: Any) -> Callable[[Any], _Coming]:
        async def go(asked: Any) -> None:
            for wanted in asked.topics:
                self._del_subscription(wanted, session)
            await handler.mqtt_acknowledge_unsubscription(asked.packet_id)

        return go

    async def add_subscription(self, subscription: tuple[str, int], session: Any) -> int:
        """The one before of the same filter is replaced."""
        self._reach.clear()
        super()._del_subscription(subscription[0], session)
        return int(await super().add_subscription(subscription, session))

    def _del_subscription(self, a_filter: str, session: Any) -> int:
        self._reach.clear()
        return int(super()._del_subscription(a_filter, session))

    async def _broadcast_message(self, session: Any, topic: Any, data: Any, force_qos: int | None = None) -> None:
        """Called with last wills; the right to one is asked when it is told."""
        if self._access.may_write(session.client_id, topic):
            await super()._broadcast_message(session, topic, data, force_qos)

    async def retain_message(self, session: Any, topic: Any, data: Any, qos: int | None = None) -> None:
        if self._access.may_write(session.client_id, topic):
            await super().retain_message(session, topic, data, qos)

    async def _run_broadcast(self, _running: Any) -> None:
        """Once to each client, however many of its filters match."""
        said = await self._broadcast_queue.get()
        topic, data = said["topic"], said["data"]
        reached: dict[str, tuple[Any, int]] = {}
        for wanted in self._find_filters(topic):
            for session, qos in self._subscriptions.get(wanted, ()):
                before = reached.get(session.client_id)
                reached[session.client_id] = (session, max(qos, before[1] if before else 0))
        for client, (session, granted) in reached.items():
            qos = min(granted, said["qos"]) if "qos" in said else granted
            if not self._access.may_read(client, topic):
                continue
            if session.transitions.state == "connected":
                self._hand_over(session, topic, data, qos=qos, retain=False)
            elif qos and not session.clean_session:
                self._keep(session, ApplicationMessage(None, topic, qos, data, retain=False))

    def _find_filters(self, topic: str) -> list[str]:
        found = self._reach.get(topic)
        if found is None:
            if len(self._reach) >= REACH_KEPT_MAX:
                self._reach.clear()
            found = self._reach[topic] = [wanted for wanted in self._subscriptions if covers(wanted, topic)]
        return found

    async def _publish_session_retained_messages(self, session: Any) -> None:
        """What waited while it was away."""
        self._catch_up(session)

    async def _publish_retained_messages_for_subscription(self, _subscription: Any, _session: Any) -> None:
        """Called at each connect for everybody's subscriptions: ``_tell_retained`` is for those who ask."""

    def _tell_retained(self, session: Any, wanted: str, qos: int) -> None:
        for topic, kept in self._retained_messages.items():
            if covers(wanted, topic) and self._access.may_read(session.client_id, topic):
                self._hand_over(session, topic, kept.data, qos=min(qos, kept.qos or 0), retain=True)

    # Sending.

    def _hand_over(self, session: Any, topic: str, data: bytes, *, qos: int, retain: bool) -> None:
        """Now or, while too much is on its way to it, later."""
        message = ApplicationMessage(None, topic, qos, data, retain)
        if not retain and (not session.retained_messages.empty() or not self._has_room(session)):
            self._keep(session, message)
        else:
            self._launch(session, message)

    def _has_room(self, session: Any) -> bool:
        return len(self._on_way.get(session.client_id, ())) < IN_FLIGHT_MAX

    def _launch(self, session: Any, message: Any) -> None:
        task = asyncio.ensure_future(self._send(session, message))
        self._on_way.setdefault(session.client_id, {})[task] = message

    async def _send(self, session: Any, message: Any) -> None:
        handler, late = self._get_handler(session), False
        try:
            await handler.mqtt_publish(message.topic, message.data, message.qos, retain=message.retain)
        except asyncio.CancelledError:
            return  # the connection is lost: ``_leave`` comes next
        except Exception:  # noqa: BLE001 - no answer in amqtt's time, or whatever else: it is sent again
            late = True
        task = asyncio.current_task()
        if task is None or self._on_way.get(session.client_id, {}).pop(task, None) is None:
            return
        if late and message.qos and not message.retain:
            self._keep(session, message)
        self._catch_up(session)

    def _catch_up(self, session: Any) -> None:
        """As much as has room of what waits; the right may be gone since."""
        waiting = session.retained_messages
        while not waiting.empty() and self._has_room(session):
            message = waiting.get_nowait()
            if self._access.may_read(session.client_id, message.topic):
                self._launch(session, message)
        if waiting.qsize() <= WAITING_MAX:
            self._behind.discard(session.client_id)

    def _leave(self, session: Any) -> None:
        """What was on its way waits, before all that came later."""
        waiting, later = session.retained_messages, []
        while not waiting.empty():
            later.append(waiting.get_nowait())
        on_way = self._on_way.pop(session.client_id, {})
        for task in on_way:
            task.cancel()
        session.inflight_out.clear()  # what amqtt would send again before it listens
        self._behind.discard(session.client_id)
        session.transitions.disconnect()  # from now on what comes for it waits
        if not session.clean_session:
            for message in [*on_way.values(), *later]:
                if message.qos and not message.retain:
                    waiting.put_nowait(message)

    def _keep(self, session: Any, message: Any) -> None:
        waiting = session.retained_messages
        if waiting.qsize() >= QUEUED_MAX:
            waiting.get_nowait()
            self._dropped += 1
        waiting.put_nowait(message)
        if waiting.qsize() > WAITING_MAX and session.transitions.state == "connected":
            self._behind.add(session.client_id)


async def _each(get: Callable[[], _Coming], handle: Callable[[Any], _Coming]) -> None:
    while True:
        await handle(await get())
