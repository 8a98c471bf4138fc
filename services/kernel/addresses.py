"""How often one address may do what anybody may: so many at once, and so many a minute after that.

Many people may share an address (a hall's own Wi-Fi, a company), so a limit is set by how many of them there may be,
never by what one person does. Kept in memory: forgetting at a restart costs no more than one flood let through.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address, ip_network

from services.kernel.errors import ServiceError

KEPT_MAX = 10_000
"""Addresses remembered; the one that asked longest ago goes first, and had the most back."""
IPV6_PREFIX = 64
"""One subscriber has all of it."""


class AddressLimit:
    """``at_once`` that come back at ``per_minute``."""

    def __init__(self, *, at_once: int, per_minute: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._at_once, self._per_s, self._now_s = float(at_once), per_minute / 60, now_s
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """What each had left, and when that was."""

    def take(self, address: str, count: int = 1) -> int:
        """0, and it is counted, as ``count`` where it costs so many times the usual; or in how many seconds it may
        ask again.

        Programs of this machine are the hall's own. What comes by a proxy on it counts by whom it came from.
        """
        if _is_loopback(address):
            return 0
        network = network_of(address)
        with self._lock:
            left = self._left_now(network)
            if left < count:
                return max(1, round((count - left) / self._per_s + 0.5))
            self._keep(network, left - count)
        return 0

    @contextmanager
    def one(self, address: str, refuse: Callable[[int], ServiceError]) -> Iterator[None]:
        """Counts what comes of it: whoever was refused by the service itself has taken nothing."""
        if wait_s := self.take(address):
            raise refuse(wait_s)
        try:
            yield
        except ServiceError:
            network = network_of(address)
            with self._lock:
                self._keep(network, min(self._left_now(network) + 1, self._at_once))
            raise

    def _left_now(self, network: str) -> float:
        now_s = self._now_s()
        left, at_s = self._left.get(network, (self._at_once, now_s))
        return min(left + (now_s - at_s) * self._per_s, self._at_once)

    def _keep(self, network: str, left: float) -> None:
        self._left[network] = left, self._now_s()
        self._left.move_to_end(network)
        while len(self._left) > KEPT_MAX:
            self._left.popitem(last=False)


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # a name
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (mapped or found).is_loopback


def network_of(address: str) -> str:
    """What is counted as one: an IPv4 address, the network of an IPv6 one, or a name as it is."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), IPV6_PREFIX), strict=False))
