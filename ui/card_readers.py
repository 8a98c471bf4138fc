"""The hall's ID card readers as signing in asks for them: through the twin, as any device is asked."""

from __future__ import annotations

from twin.errors import TwinError
from twin.gateways import ONLINE
from twin.twin import Twin

READER_KIND, CARD_READ = "id_reader", "card_read"
ASKER = "system:accounts"


class TwinCardReaders:
    """Implements ``accounts.card_signin.CardReaders``."""

    def __init__(self, twin: Twin) -> None:
        self._twin = twin

    def find(self, reader: str) -> str | None:
        device = self._twin.registry.find_device(reader)
        if device is None or device.kind != READER_KIND:
            return None
        online, part = self._twin.value(device.id, ONLINE), self._twin.value(device.id, "reader")
        works = online is not None and online.value is True and (part is None or part.value == "ok")
        return device.id if works else None

    def ask(self, reader: str, key: str) -> None:
        self._twin.commands.send(reader, "read_card", {"key": key}, actor=ASKER)

    def stop(self, reader: str) -> None:
        try:
            self._twin.commands.send(reader, "stop_reading", {}, actor=ASKER)
        except TwinError:
            return  # it reads for a key that nobody has any more
