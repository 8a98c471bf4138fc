"""What the broker refused and who fell silent, as typed events: its log is read line by line, wherever it is written.

Mosquitto 2.0.11 never tells whose name a wrong password came with, only from where; and a client that borrows another's
client id is silently called by its own name. Everything else is told with the user.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from iot.broker.credentials import HALL_USER, LIVE_USER, LOBBY_USER
from iot.broker.rights import Rights, of_subscription
from iot.codecs.native import is_device_key

LOOK_EVERY_S = 0.1
LINES_A_LOOK = 5_000
DETAIL_CHARS_MAX = 200
KNOWN_MAX = 20_000
FIGHT_MS = 10_000
"""Two connections of one name that push each other off within this time are two devices."""

_log = logging.getLogger(__name__)

What = Literal["publish", "subscribe", "will", "login", "stolen", "oversized", "malformed"]
"""publish, subscribe, will: of or to a topic that is not its own. login: name or password is wrong. stolen: its
credential is used from two places. oversized: a packet above the limit. malformed: no MQTT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """``user`` is None where the broker did not learn who it was, ``address`` where it does not tell."""

    what: What
    user: str | None
    address: str | None
    detail: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A client said nothing for 1.5 keepalives, though its line stands; or was silent and is ``over`` it."""

    user: str
    over: bool
    at_ms: int


_UNKNOWN = "<unknown>"
_OWN_USERS = frozenset({HALL_USER, LIVE_USER, LOBBY_USER})


class Reader:
    """Makes refusals and silences of lines; pure but for what it remembers of the lines before."""

    def __init__(self, rights: Callable[[], Rights]) -> None:
        self._rights = rights
        self._last: str | None = None
        self._leaves_will = False
        self._addresses: OrderedDict[str, str] = OrderedDict()
        self._taken: OrderedDict[str, int] = OrderedDict()
        self._pushed_off: str | None = None
        self._named = False
        self._lines: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], int], Refusal | Silence | None]], ...] = (
            (re.compile(r"New client connected from (.+):\d+ as (\S+) \(p"), self._connected),
            (re.compile(r"Will message specified"), self._will_follows),
            (re.compile(r"\t(.+)"), self._will),
            (re.compile(r"Client (\S+) already connected, closing old connection"), self._taken_over),
            (re.compile(r"Denied PUBLISH from (\S+) \(.*?, '(.*)', \.\.\. \("), self._denied),
            (re.compile(r"Client (\S+) disconnected due to oversize"), self._oversized),
            (re.compile(r"Client (\S+) disconnected due to (malformed packet|protocol error)"), self._malformed),
            (re.compile(r"Sending CONNACK to (\S+) \(\d+, (?:4|5|134|135)\)"), self._login),
            (re.compile(r"Client <unknown> disconnected, not authorised"), self._unauthorised),
            (re.compile(r"Client (\S+) is (silent|heard again)"), self._silence),
            (re.compile(r"(\S+) [012] (.+)$"), self._subscribed),
        )

    def read(self, line: str, now_ms: int) -> Refusal | Silence | None:
        """``line`` is without the time."""
        for pattern, handle in self._lines:
            if found := pattern.match(line):
                return handle(found, now_ms)
        return None

    def _connected(self, found: re.Match[str], now_ms: int) -> Refusal | None:
        """Pushed off from elsewhere, or twice in a row: somebody else has its credential."""
        address, user = found[1], found[2]
        before = self._addresses.get(user)
        _remember(self._addresses, user, address)
        self._last = user
        pushed, self._pushed_off = self._pushed_off == user, None
        if not pushed:
            return None
        fought_ms = self._taken.get(user)
        _remember(self._taken, user, now_ms)
        if before != address:
            return self._refusal("stolen", user, f"{before}, {address}", now_ms)
        if fought_ms is not None and now_ms - fought_ms <= FIGHT_MS:
            return self._refusal("stolen", user, address, now_ms)
        return None

    def _taken_over(self, found: re.Match[str], _now_ms: int) -> None:
        self._pushed_off = found[1]

    def _will_follows(self, _found: re.Match[str], _now_ms: int) -> None:
        self._leaves_will = True

    def _will(self, found: re.Match[str], now_ms: int) -> Refusal | None:
        """The line after one that tells of a will names its topic."""
        user, leaves, self._leaves_will = self._last, self._leaves_will, False
        if not leaves or user is None or user in _OWN_USERS or self._rights().may_write(user, found[1]):
            return None
        return self._refusal("will", user, found[1], now_ms)

    def _subscribed(self, found: re.Match[str], now_ms: int) -> Refusal | None:
        """Every subscription is granted, and only what may be read is delivered; asking for more is told."""
        user, asked = found[1], found[2]
        wanted, rights = of_subscription(asked), self._rights()
        if user in _OWN_USERS or not is_device_key(user) or rights.may_read(user, wanted):
            return None
        if wanted.endswith("/cmd/#") and rights.may_read(user, f"{wanted[:-1]}+"):
            return None
        return self._refusal("subscribe", user, asked, now_ms)

    def _denied(self, found: re.Match[str], now_ms: int) -> Refusal:
        return self._refusal("publish", found[1], found[2], now_ms)

    def _oversized(self, found: re.Match[str], now_ms: int) -> Refusal:
        return self._refusal("oversized", found[1], "", now_ms)

    def _malformed(self, found: re.Match[str], now_ms: int) -> Refusal:
        return self._refusal("malformed", found[1], found[2], now_ms)

    def _login(self, found: re.Match[str], now_ms: int) -> Refusal:
        self._named = True
        return Refusal(what="login", user=None, address=found[1], detail="", at_ms=now_ms)

    def _unauthorised(self, _found: re.Match[str], now_ms: int) -> Refusal | None:
        """While it is quiet this line stands alone; else the one before named the address."""
        named, self._named = self._named, False
        return None if named else Refusal(what="login", user=None, address=None, detail="", at_ms=now_ms)

    def _silence(self, found: re.Match[str], now_ms: int) -> Silence:
        return Silence(user=found[1], over=found[2] != "silent", at_ms=now_ms)

    def _refusal(self, what: What, user: str, detail: str, now_ms: int) -> Refusal:
        known = None if user == _UNKNOWN else user
        address = self._addresses.get(user)
        return Refusal(what=what, user=known, address=address, detail=detail[:DETAIL_CHARS_MAX], at_ms=now_ms)


class Watch:
    """Follows a broker's log from where it is now, in a thread of its own, until ``stop``."""

    def __init__(
        self, log: Path, *, rights: Callable[[], Rights], tell: Callable[[Refusal], None],
        hush: Callable[[Silence], None], now_ms: Callable[[], int],
    ) -> None:  # fmt: skip
        self._path, self._tell, self._hush, self._now_ms = log, tell, hush, now_ms
        self._reader = Reader(rights)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._file: IO[str] | None = None
        self._half = ""

    def start(self) -> None:
        self._open(at_end=True)
        self._thread = threading.Thread(target=self._run, name="broker-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self._look()

    def _look(self) -> None:
        if self._file is None:
            self._open(at_end=False)
        file = self._file
        if file is None:
            return
        for _ in range(LINES_A_LOOK):
            put_aside = self._is_put_aside(file)  # asked before: nothing is written to it after that
            line = self._half + file.readline()
            if not line.endswith("\n"):
                self._half = line
                if put_aside:
                    file.close()
                    self._half = ""
                    self._open(at_end=False)
                return
            self._half = ""
            self._take(line[:-1].partition(": ")[2])

    def _take(self, line: str) -> None:
        """A bug above must not end the watch."""
        try:
            match self._reader.read(line, self._now_ms()):
                case Refusal() as refusal:
                    self._tell(refusal)
                case Silence() as silence:
                    self._hush(silence)
        except Exception:  # noqa: BLE001 - whatever it was, the next line is read
            _log.exception("watch_failed")

    def _is_put_aside(self, file: IO[str]) -> bool:
        """The next one is read from its beginning once this one is read to its end."""
        try:
            return os.fstat(file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return False

    def _open(self, *, at_end: bool) -> None:
        try:
            self._file = self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            self._file = None
            return
        if at_end:
            self._file.seek(0, os.SEEK_END)


def _remember(book: OrderedDict[str, str] | OrderedDict[str, int], key: str, value: str | int) -> None:
    book[key] = value  # type: ignore[assignment]
    book.move_to_end(key)
    if len(book) > KNOWN_MAX:
        book.popitem(last=False)
