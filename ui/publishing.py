"""Makes a building the current one: everything slow first, one transaction, then every part of the hall at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from building import places
from building.differences import Difference, difference
from building.model import Building
from building.versions import content_hash
from services.kernel.buildings import Follower, TakeOver
from services.kernel.errors import Invalid
from twin.twin import Twin

_log = logging.getLogger(__name__)


class CannotServe(Invalid):
    """Some part of the hall cannot work on it."""

    code = "building.cannot_serve"

    def __init__(self) -> None:
        super().__init__(
            zh="新版本无法投入使用：路线或画面算不出来。现行版本不变。",
            en="The hall cannot work on this version: its routes or its scene cannot be made. Nothing was changed.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    version: str
    before: Building
    after: Building
    difference: Difference


class Places:
    """A ``Follower``: what people search is indexed before the first of them asks."""

    def prepare(self, version: str, building: Building) -> TakeOver:
        del version
        places.search(building, "a", limit=1)
        return lambda: None


class Publishing:
    """One publication after another; the version before serves until all that follows it is ready."""

    def __init__(self, *, twin: Twin, followers: Sequence[Follower], credentials_changed: Callable[[], None]) -> None:
        self._twin, self._followers, self._credentials_changed = twin, tuple(followers), credentials_changed
        self._lock = threading.Lock()

    def publish(self, building: Building, *, actor: str, why: str, base: str | None = None) -> Published:
        """``base``: the version this replaces; raises StaleBase when it is another's turn by now."""
        twin = self._twin
        with self._lock:
            twin.versions.check_base(base)
            before_version, before = twin.versions.current()
            version, changes = content_hash(building), difference(before, building)
            if version != before_version:
                take_overs = self._prepare(version, building)
                twin.versions.publish(building, actor=actor, why=why, base=base)
                for take_over in take_overs:
                    _do(take_over)
                self._tell(before, building, version, changes, actor)
        return Published(version=version, before=before, after=building, difference=changes)

    def _prepare(self, version: str, building: Building) -> list[TakeOver]:
        try:
            return [f.prepare(version, building) for f in self._followers]
        except Exception as error:
            _log.exception("publication_refused version=%s", version)
            raise CannotServe from error

    def _tell(self, before: Building, after: Building, version: str, changes: Difference, actor: str) -> None:
        gone = {e.id for e in before.entities()} - {e.id for e in after.entities()}
        self._twin.forget(gone, actor=actor)
        counts = {name: len(getattr(changes, name)) for name in ("added", "removed", "moved", "changed")}
        self._twin.announce("building", {"version": version, "diff": counts})
        if any(d.id in gone for d in before.devices):
            self._credentials_changed()


def _do(take_over: TakeOver) -> None:
    """It is published: one part that fails must not keep the others on the version before."""
    try:
        take_over()
    except Exception:  # noqa: BLE001 - see above
        _log.exception("take_over_failed")
