"""The privacy service: its parts under one name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.kernel.access import require
from services.kernel.actor import Actor
from services.kernel.modules import Module, PersonalField
from services.privacy.consents import Consents
from services.privacy.house import House
from services.privacy.indexes import Indexes
from services.privacy.model import Purpose, Swept, load_purposes
from services.privacy.module import VIEW
from services.privacy.requests import Requests
from services.privacy.retention import Retention
from services.privacy.reveals import Reveals


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One line of the inventory."""

    module: Module
    field: PersonalField
    swept: Swept | None


class Privacy:
    """All methods block; none runs on an event loop. ``flush`` takes erasures over into the journal."""

    def __init__(
        self, house: House, *, flush: Callable[[], object], purposes: Mapping[str, Purpose] | None = None
    ) -> None:
        self._house, self._flush, self.now_ms = house, flush, house.now_ms
        self.consents = Consents(house, purposes or load_purposes())
        self.requests = Requests(house, erased=flush)
        self.reveals = Reveals(house, self.consents.book)
        self.retention, self.indexes = Retention(house), Indexes(house)

    def inventory(self, actor: Actor) -> Sequence[Declared]:
        """Every field of every module, and how far retention has come with it."""
        require(actor, VIEW)
        with self._house.database.transaction() as conn:
            swept = self.retention.swept(conn)
        return [
            Declared(module=module, field=field, swept=swept.get(field.column))
            for module in self._house.modules
            for field in module.personal_data
        ]

    def tick(self) -> None:
        """Now and then."""
        self.retention.tick()
        self.indexes.tick()
        self._flush()
