"""One command from its asking to its end: what it is, and what an answer, a sensor or time makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from iot.kind import Lasting, Text, Value
from iot.messages import AckStatus, CommandRequest

CommandState = Literal["armed", "queued", "sent", "accepted", "done", "failed", "refused", "expired", "disarmed"]
Why = Literal["", "not_fired", "disarmed", "offline", "unsent", "no_answer", "unfinished", "unconfirmed", "unanswered"]
"""Why the hall itself ended it so; pages say it in words."""
OPEN: tuple[CommandState, ...] = ("armed", "queued", "sent", "accepted")
EXPIRES_MAX_S = 5.0
"""A device that has not begun by then refuses: nobody expects a door to open a minute after the button."""
ANSWER_GRACE_S = 1.0
"""An answer that was given at the last moment is still on its way."""
_DETAILS: Mapping[Why, str] = {
    "not_fired": "not fired in time",
    "offline": "the device is offline",
    "no_answer": "the device did not answer",
    "unfinished": "the device accepted and did not finish",
    "unconfirmed": "not confirmed: the device says done, its sensor does not",
    "unanswered": "confirmed by the sensor; the device did not say that it finished",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """The value that, once reported, confirms a command: of the device itself or of another one."""

    entity: str
    point: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``issuer`` asked for it; a dangerous one was thereby armed, and ``fired_by`` may be somebody else.

    ``expires_ms``: an armed one is disarmed then, any other is no longer begun. ``due_ms``: its end is known by then.
    ``answered_ms``: when the device said how it ended; while it is still open, the sensor has yet to confirm that.
    ``lasting``: whether what is awaited stays wanted once this is handed over (``desired.py``).
    """

    id: str
    device: str
    name: str
    args: Mapping[str, Value]
    issuer: str
    reason: str
    state: CommandState
    effect: Text | None = None
    armed_by: str | None = None
    fired_by: str | None = None
    fired_ms: int | None = None
    awaits: Awaited | None = None
    lasting: Lasting = "no"
    confirmed: bool = False
    answered_ms: int | None = None
    why: Why = ""
    detail: str = ""
    created_ms: int
    expires_ms: int
    due_ms: int = 0
    ended_ms: int | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def deadline_ms(self) -> int:
        """When time ends it, unless something else did."""
        return self.expires_ms if self.state in {"armed", "queued"} else max(self.expires_ms, self.due_ms)

    @property
    def began_ms(self) -> int:
        """What was reported before tells nothing about it."""
        return self.fired_ms if self.fired_ms is not None else self.created_ms

    def to_request(self) -> CommandRequest:
        """As it goes on the wire, in the name of whoever let it go."""
        return CommandRequest(
            device=self.device.rpartition(":")[2], id=self.id, name=self.name, expires_ms=self.expires_ms,
            issuer=self.fired_by or self.issuer, arguments=self.args,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def parse_command(body: Mapping[str, Any]) -> Command:
    """As ``to_json`` wrote it."""
    awaits = body.get("awaits")
    return Command(**{**body, "awaits": None if awaits is None else Awaited(**awaits)})


def queued(command: Command, *, timeout_s: float, now_ms: int) -> Command:
    """It may be sent from now on."""
    expires_ms = now_ms + round(min(timeout_s, EXPIRES_MAX_S) * 1000)
    return replace(
        command, state="queued", expires_ms=expires_ms, due_ms=now_ms + round((timeout_s + ANSWER_GRACE_S) * 1000)
    )


def fired(command: Command, *, by: str, timeout_s: float, now_ms: int) -> Command:
    return replace(queued(command, timeout_s=timeout_s, now_ms=now_ms), fired_by=by, fired_ms=now_ms)


def after_answer(command: Command, status: AckStatus, detail: str, *, now_ms: int) -> Command | None:
    """What a device's word makes of it; None where it changes nothing.

    A device that has accepted cannot refuse any more: such a refusal is its answer to a repetition. A word that comes
    after the end does not change the end, but is kept with it.
    """
    if command.state == "expired" and status != "accepted" and command.answered_ms is None:
        late = f"{command.detail}; later it said {status}{f': {detail}' if detail else ''}"
        return replace(command, answered_ms=now_ms, detail=late)
    after: Command | None = None
    match command.state, status:
        case (("queued" | "sent"), "accepted"):
            after = replace(command, state="accepted", detail=detail)
        case (("queued" | "sent"), "refused") | (("queued" | "sent" | "accepted"), "failed"):
            after = _ended(command, status, now_ms, detail=detail)
        case (("queued" | "sent" | "accepted"), "done"):
            if command.awaits is None or command.confirmed:
                after = _ended(command, "done", now_ms, detail=detail)
            elif command.answered_ms is None:
                after = replace(command, state="accepted", answered_ms=now_ms, detail=detail)
    return after


def after_confirmation(command: Command, *, now_ms: int) -> Command | None:
    """The awaited value was reported; None where that means nothing (any more)."""
    if command.confirmed or command.state not in {"queued", "sent", "accepted"}:
        return None
    confirmed = replace(command, confirmed=True)
    return confirmed if command.answered_ms is None else _ended(confirmed, "done", now_ms, detail=command.detail)


def after_deadline(command: Command, *, now_ms: int) -> Command | None:
    """What time makes of it; None while there is time."""
    if not command.is_open or command.deadline_ms > now_ms:
        return None
    state, why = _end_by_time(command)
    return _ended(command, state, now_ms, why=why)


def disarmed(command: Command, *, now_ms: int) -> Command:
    return _ended(command, "disarmed", now_ms, why="disarmed")


def unsent(command: Command, detail: str, *, now_ms: int) -> Command:
    return _ended(command, "failed", now_ms, why="unsent", detail=detail)


def _end_by_time(command: Command) -> tuple[CommandState, Why]:
    match command.state:
        case "armed":
            return "disarmed", "not_fired"
        case "queued":
            return "expired", "offline"
        case "sent":  # even where the sensor shows what was asked: then something else brought it about
            return "expired", "no_answer"
    if command.confirmed:
        return "done", "unanswered"
    return ("failed", "unconfirmed") if command.answered_ms is not None else ("expired", "unfinished")


def _ended(command: Command, state: CommandState, now_ms: int, *, why: Why = "", detail: str = "") -> Command:
    return replace(command, state=state, ended_ms=now_ms, why=why, detail=detail or _DETAILS.get(why, ""))


def as_of(command: Command, at_ms: int) -> Command | None:
    """As it stood at that time, as far as its own times tell; None before it was asked for.

    Between its asking and its end nothing is known of it but what bears a time: whether it was fired, and answered.
    """
    if at_ms < command.created_ms:
        return None
    if command.ended_ms is not None and command.ended_ms <= at_ms:
        return command
    was_fired = command.fired_ms is not None and command.fired_ms <= at_ms
    answered_ms = command.answered_ms if command.answered_ms is not None and command.answered_ms <= at_ms else None
    state: CommandState = "accepted" if answered_ms is not None else "sent"
    return replace(
        command, state="armed" if command.armed_by is not None and not was_fired else state,
        fired_by=command.fired_by if was_fired else None, fired_ms=command.fired_ms if was_fired else None,
        answered_ms=answered_ms, confirmed=False, why="", detail="", ended_ms=None,
    )  # fmt: skip
