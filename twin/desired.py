"""What is wanted of a point, and whether it is so: the newest act decides, and drift is a difference that lasts. Pure.

Something becomes wanted when its command is recorded as handed to the device, in the same transaction - not when it is
only armed, nor when it expires or cannot be sent before it ever left the hall. What the device makes of it changes
nothing: a door that should be locked and refuses to is exactly what drift tells. It stays wanted until a newer act on
the same point replaces it, a command ends it, or a person withdraws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from iot.kind import Value
from twin.command import Command
from twin.state import PointValue, says

Standing = Literal["none", "as_wanted", "waiting", "differs", "unknown"]
"""none: nothing is wanted; waiting: not so yet, or no longer, for less than the grace; differs: another value is
reported; unknown: nothing is, or what is reported is bad or older than its time to live.
"""
DRIFT: frozenset[Standing] = frozenset({"differs", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """``value`` None: nothing is wanted (any more), by the same right as a value: an older act does not come back.

    ``grace_ms``: how long the device may take, as its command had it; a difference is drift when it has lasted longer.
    ``away_ms``: since when the point has not been reported as wanted; None while it is.
    """

    entity: str
    point: str
    value: Value | None
    since_ms: int
    by: str
    command: str
    grace_ms: int
    away_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """``begun_ms``: since when it is not as wanted, whether or not that counts as drift yet."""

    standing: Standing
    begun_ms: int | None = None

    @property
    def is_drift(self) -> bool:
        return self.standing in DRIFT


def desired_by(before: Command | None, after: Command) -> Desired | None:
    """What a command makes wanted by this step of its life; None for every step but the one that hands it over."""
    aim = after.awaits
    if aim is None or after.lasting == "no" or _was_handed_over(before) or not _was_handed_over(after):
        return None
    return Desired(
        entity=aim.entity, point=aim.point, value=aim.value if after.lasting == "sets" else None,
        since_ms=after.began_ms, by=after.fired_by or after.issuer, command=after.id,
        grace_ms=after.due_ms - after.began_ms,
    )  # fmt: skip


def newest(old: Desired | None, new: Desired) -> Desired:
    """The newer act; of two in one millisecond the one that was recorded later."""
    return new if old is None or new.since_ms >= old.since_ms else old


def withdrawn(desired: Desired, *, by: str, now_ms: int) -> Desired:
    """No longer wanted: newer than what it ends, whatever the clock says."""
    return replace(desired, value=None, by=by, since_ms=max(now_ms, desired.since_ms + 1), away_ms=None)


def after_reading(desired: Desired, reported: PointValue | None, *, ttl_s: float) -> Desired:
    """``desired``, knowing what is reported now. Every reading passes here, so that no moment as wanted is missed.

    What was old already when it came shows nothing to be as wanted.
    """
    if desired.value is None:
        return desired
    if reported is not None and says(reported, desired.value) and reported.received_ms <= _old_ms(reported, ttl_s):
        return desired if desired.away_ms is None else replace(desired, away_ms=None)
    if desired.away_ms is not None:
        return desired
    since_ms = desired.since_ms
    return replace(desired, away_ms=since_ms if reported is None else max(reported.received_ms, since_ms))


def judge(desired: Desired, reported: PointValue | None, *, ttl_s: float, now_ms: int) -> Judged:
    """How it stands at this moment; ``reported`` has passed ``after_reading``."""
    if desired.value is None:
        return Judged(standing="none")
    old_ms = desired.since_ms if reported is None else _old_ms(reported, ttl_s)
    is_told = reported is not None and reported.quality != "bad" and now_ms <= old_ms
    if is_told and desired.away_ms is None:
        return Judged(standing="as_wanted")
    begun_ms = max(old_ms if desired.away_ms is None else desired.away_ms, desired.since_ms)
    if now_ms < begun_ms + desired.grace_ms:
        return Judged(standing="waiting", begun_ms=begun_ms)
    return Judged(standing="differs" if is_told else "unknown", begun_ms=begun_ms)


def told(desired: Desired, judged: Judged) -> dict[str, Any]:
    """As it goes to pages: what is wanted and how it stands; ``away_ms`` also where the value is right, but old."""
    body = asdict(desired)
    del body["grace_ms"]
    return body | {"away_ms": judged.begun_ms, "standing": judged.standing}


def taken_away(before: Desired) -> Mapping[str, Any]:
    """What an audit line says of something that was wanted."""
    return {"point": before.point, "value": before.value, "command": before.command, "since_ms": before.since_ms}


def _old_ms(reported: PointValue, ttl_s: float) -> int:
    """Until then it is shown as it is, later as old."""
    return reported.ts_ms + round(ttl_s * 1000)


def _was_handed_over(command: Command | None) -> bool:
    """Whether its record says that the device may have got it."""
    if command is None or command.state in {"armed", "queued", "disarmed"}:
        return False
    return command.why not in {"offline", "unsent"}
