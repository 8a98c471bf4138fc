"""What the routes of drafts and versions take and give."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

TextOut = dict[str, str]
Spot = tuple[float, float]
STORABLE = "^[^\\x00]*$"
"""PostgreSQL keeps no NUL."""


class LimitsOut(BaseModel):
    """What a building file may cost; ``formats`` are the names of those that can be read."""

    upload_bytes: int
    entities: int
    memory_mb: int
    cpu_s: int
    wall_s: int
    formats: list[str]


class CountsOut(BaseModel):
    floors: int
    spaces: int
    walkable: int
    reached: int
    openings: int
    links: int
    devices: int
    windows: int


class RefusedOut(BaseModel):
    """What is wrong, and what the person can do."""

    what: TextOut
    todo: TextOut


class EditOut(BaseModel):
    """One step of the history: what was sent, and what it did in words."""

    n: int
    edit: dict[str, Any]
    text: TextOut
    by: str
    at_ms: int


class LeftOut(BaseModel):
    """Something of the hall that has no place in the new plan."""

    id: str
    kind: str
    name: TextOut
    reason: TextOut


class DraftOut(BaseModel):
    """``edits`` are those that count now; ``undone`` how many ``redo`` can bring back, until the next edit.

    ``file`` None: it began as a copy of what was published. ``base`` is the version it replaces (``stale``: another one
    is published by now, so ``rebase`` it first), ``version`` the hash it would have.
    ``kept`` counts what stands on the plan and was taken over from ``base``, ``left`` lists what was not, and why.
    """

    id: str
    state: Literal["reading", "ready", "failed"]
    stage: TextOut
    progress: float
    file: str | None
    bytes: int
    format: str | None
    base: str
    stale: bool
    created_ms: int
    by: str
    error: RefusedOut | None
    revision: int
    edits: list[EditOut]
    undone: int
    version: str | None
    counts: CountsOut | None
    kept: int
    left: list[LeftOut]


class EditIn(BaseModel):
    """``edit.op`` names the operation; see ``building/edits``."""

    revision: Annotated[int, Field(ge=0)]
    edit: Annotated[dict[str, Any], Field(max_length=20)]


class StepIn(BaseModel):
    revision: Annotated[int, Field(ge=0)]


class PublishIn(BaseModel):
    revision: Annotated[int, Field(ge=0)]
    why: Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)]


class RollbackIn(BaseModel):
    why: Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)]


class ProblemOut(BaseModel):
    """``must`` keeps the draft from being published; ``fixes`` are the operations that may mend it."""

    id: str
    rule: str
    severity: Literal["must", "should", "hint"]
    text: TextOut
    floor: str | None
    at: Spot | None
    entity: str
    fixes: list[str]


class LostOut(BaseModel):
    id: str
    what: TextOut


class OverlayOut(BaseModel):
    """What is live now and goes on because its id does (``kept``), and what ends with this version (``lost``)."""

    kept: int
    lost: list[LostOut]


class ReportOut(BaseModel):
    walkable: int
    reached: int
    problems: list[ProblemOut]
    warnings: list[str]
    overlay: OverlayOut


class EntityOut(BaseModel):
    id: str
    kind: str
    name: TextOut
    floor: str | None
    at: Spot | None


class MovedOut(EntityOut):
    from_at: Spot | None
    distance_m: float


class ChangedOut(EntityOut):
    fields: list[str]


class DiffOut(BaseModel):
    """``isomorphic``: the rooms are joined as before, None where that could not be decided in time.

    ``left_off``: how many entries beyond the longest list there may be are counted only.
    """

    added: list[EntityOut]
    removed: list[EntityOut]
    moved: list[MovedOut]
    changed: list[ChangedOut]
    isomorphic: bool | None
    left_off: int


class PublishedOut(BaseModel):
    version: str
    diff: DiffOut


class VersionOut(BaseModel):
    """A version that was published; ``published_ms``, ``by`` and ``why`` are of the last time it was."""

    hash: str
    published_ms: int
    by: str
    why: str
    current: bool
    name: TextOut
    counts: CountsOut | None
