"""Scenes as they travel: made once a version, kept compressed, so that fifty pages that ask at once cost one."""

from __future__ import annotations

import gzip
import json
import threading
from collections import OrderedDict
from collections.abc import Callable

from building.model import Building
from building.scene import scene

KEPT_MAX = 8
COMPRESSION = 6


class Scenes:
    """From any thread; two that ask for the same new scene wait for one making."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, version: str, building: Building, *, devices: bool) -> tuple[str, bytes]:
        """(tag, gzipped JSON). Without ``devices`` it holds nothing that strangers may not see."""
        tag = f"{version}-{'devices' if devices else 'public'}"
        with self._lock:
            body = self._kept.get(tag)
            if body is None:
                body = self._kept[tag] = _pack(building, devices=devices)
                while len(self._kept) > KEPT_MAX:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end(tag)
        return tag, body

    def prepare(self, version: str, building: Building) -> Callable[[], None]:
        """Both scenes of a version that is about to be published."""
        for devices in (False, True):
            self.get(version, building, devices=devices)
        return lambda: None


def _pack(building: Building, *, devices: bool) -> bytes:
    text = json.dumps(scene(building, devices=devices), ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), COMPRESSION)
