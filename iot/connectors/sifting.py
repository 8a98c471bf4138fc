"""While the hall is overloaded: looks at telemetry before a message is made of it, and lets go what can be spared.

Its sequence numbers go to the twin as ranges (``LetGo``), in the order of the messages around them, so that nothing of
it is ever taken for lost.
"""

from __future__ import annotations

from collections.abc import Callable

from iot.codecs.native import glance, parse_topic
from iot.codecs.wire import TelePayload
from iot.errors import CodecError
from iot.messages import LetGo
from iot.ports import Sieve

FLUSH_MS = 200
"""What was let go is told no later."""
_TOPICS_MAX = 16_384
_TELE = "tele"


class Sifter:
    """One connector's, on its thread. ``tell`` takes each range that has ended."""

    def __init__(self, *, site: str, tell: Callable[[LetGo], None], now_ms: Callable[[], int]) -> None:
        self._site, self._tell, self._now_ms = site, tell, now_ms
        self.sieve: Sieve | None = None
        self.newer = True
        """The packets are of MQTT 5."""
        self.acknowledgeable: list[int] = []
        """Packets that are done with."""
        self._devices: dict[bytes, str] = {}
        self._runs: dict[str, list[int]] = {}
        """By device: boot, first, last, readings."""
        self._flushed_ms = 0
        self.count = 0
        """Messages let go."""

    def sift(self, data: bytes, flags: int, start: int, end: int) -> bool:
        """``ReadAheadClient.sift``. Whatever is not plainly telemetry of a device is left to the usual way."""
        topic_end = start + 2 + (data[start] << 8 | data[start + 1])
        topic = data[start + 2 : topic_end]
        device = self._devices.get(topic)
        if device is None:
            device = self._learn(topic)
        body = topic_end + 2 if flags & 6 else topic_end
        if not device or body >= end or self.sieve is None:
            return False
        if self.newer:
            if data[body]:  # properties: rare, and to be judged
                return False
            body += 1
        tele = glance(data[body:end])
        if tele is None:
            return False
        run = self._runs.get(device)
        if not self.sieve.lets_go(device, tele.v):
            if run is not None:
                self._end(device, run)
            return False
        self._note(device, run, tele)
        self.count += 1
        if flags & 6:
            self.acknowledgeable.append(data[topic_end] << 8 | data[topic_end + 1])
        return True

    def _note(self, device: str, run: list[int] | None, tele: TelePayload) -> None:
        if run is not None and tele.seq == run[2] + 1 and tele.boot == run[0]:
            run[2] = tele.seq
            run[3] += len(tele.v)
            return
        if run is not None:
            self._end(device, run)
        self._runs[device] = [tele.boot, tele.seq, tele.seq, len(tele.v)]

    def flush(self) -> None:
        """Tell what was let go until now, if it is time."""
        if not self._runs:
            return
        now_ms = self._now_ms()
        if self.sieve is None or not 0 <= now_ms - self._flushed_ms < FLUSH_MS:
            self._flushed_ms = now_ms
            for device, run in list(self._runs.items()):
                self._end(device, run)

    def _end(self, device: str, run: list[int]) -> None:
        del self._runs[device]
        boot, first, last, readings = run
        self._tell(LetGo(device=device, boot=boot, first=first, last=last, readings=readings))

    def _learn(self, topic: bytes) -> str:
        """Whose telemetry this topic carries; nothing where it carries none."""
        device = ""
        try:
            parsed = parse_topic(topic.decode(), self._site)
        except (CodecError, UnicodeDecodeError):
            pass
        else:
            device = parsed.device if parsed.what == _TELE else ""
        if len(self._devices) < _TOPICS_MAX:
            self._devices[topic] = device
        return device
