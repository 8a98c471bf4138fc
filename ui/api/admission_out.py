"""What the routes of admission take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from twin.enrolment import WISHES_MAX
from twin.lobby import VALID_S_MAX

Key = Annotated[str, Field(min_length=1, max_length=64)]


class WishIn(BaseModel):
    """``kind`` may be left out for a device that the building places. ``via``: it speaks through this gateway only."""

    key: Key
    kind: str | None = Field(default=None, max_length=40)
    name: dict[str, str] | None = None
    via: Key | None = None


class EnrolIn(BaseModel):
    """``again``: one that has a credential already gets a new one."""

    devices: list[WishIn] = Field(min_length=1, max_length=WISHES_MAX)
    why: str = Field(default="", max_length=200)
    again: bool = False


class KeysIn(BaseModel):
    keys: list[Key] = Field(min_length=1, max_length=WISHES_MAX)
    why: str = Field(default="", max_length=200)


class GrantIn(BaseModel):
    gateway: Key
    devices: list[Key] = Field(min_length=1, max_length=1000)
    why: str = Field(default="", max_length=200)


class BindingIn(BaseModel):
    """``points``: foreign name -> our point."""

    device: Key
    convention: Literal["onvif", "sparkplug"]
    address: str = Field(min_length=1, max_length=200)
    points: dict[str, str] = Field(default_factory=dict, max_length=256)
    why: str = Field(default="", max_length=200)


class InviteIn(BaseModel):
    count: int = Field(default=1, ge=1, le=100)
    valid_s: int = Field(default=3600, ge=60, le=VALID_S_MAX)
    note: str = Field(default="", max_length=200)


class ApproveIn(BaseModel):
    key: Key
    kind: str | None = Field(default=None, max_length=40)
    name: dict[str, str] | None = None
    why: str = Field(default="", max_length=200)


class ApproveUnaskedIn(BaseModel):
    """``key``: which device a foreign address is. ``kind`` of one that is new, where it did not say it itself."""

    key: Key | None = None
    kind: str | None = Field(default=None, max_length=40)
    name: dict[str, str] | None = None
    points: dict[str, str] = Field(default_factory=dict, max_length=256)
    why: str = Field(default="", max_length=200)


class CredentialOut(BaseModel):
    """``password`` and ``qr`` (an SVG) are shown here and never again; both null for a device behind a gateway.

    ``line`` stands in the broker's password file: for the owner of a broker that is not ours.
    """

    client_id: str
    user: str
    kind: str
    password: str | None
    broker: str
    qr: str | None
    line: str | None
    via: str | None


class DefectOut(BaseModel):
    row: int
    key: str
    what: dict[str, str]


class TableOut(BaseModel):
    """``devices``: what the file says. ``enrolled`` is empty where it was only looked at."""

    devices: list[WishIn]
    defects: list[DefectOut]
    enrolled: list[CredentialOut]


class GrantOut(BaseModel):
    gateway: str
    device: str


class BindingOut(BaseModel):
    device: str
    convention: str
    address: str
    points: dict[str, str]


class AdmissionOut(BaseModel):
    """``ca_sha256`` and ``ca`` (PEM) are what devices must trust, null where they connect in clear.

    ``own_broker`` False: its owner lets devices in, we only make the credentials. ``lobby``: where a device without a
    credential may knock, null where it may not.
    """

    broker: str
    lobby: str | None
    own_broker: bool
    ca_sha256: str | None
    ca: str | None
    enrolled: list[str]
    grants: list[GrantOut]
    bindings: list[BindingOut]


class GuestOut(BaseModel):
    """``said`` is what it says of itself. ``device``: let in as this one, its credential not fetched yet.

    ``unasked``: it came to the open lobby without a code, first at ``created_ms``, from ``address`` (null while the
    broker has not told), ``knocks`` times. ``alike``: so many others say they have its serial number.
    """

    user: str
    note: str
    created_ms: int
    created_by: str
    expires_ms: int
    said: dict[str, str] | None
    knocked_ms: int | None
    device: str | None
    unasked: bool
    address: str | None
    knocks: int
    alike: int


class WaitingOut(BaseModel):
    """Somebody appeared unasked and could be let in; ``what`` says how.

    device: nobody registered it. binding: nobody bound this foreign address (``name``) of a ``convention``. grant: its
    gateway (``via``) may not speak for it. kind: it says that it is of another kind. ``said``: what it told of itself.
    """

    id: str
    what: Literal["device", "binding", "grant", "kind"]
    name: str
    convention: str
    via: str | None
    said: dict[str, str]
    first_ms: int
    last_ms: int
    times: int


class StrangerOut(BaseModel):
    """``todo``: what a person can do about it, null where nothing is to be done."""

    device: str | None
    address: str | None
    reason: str
    count: int
    first_ms: int
    last_ms: int
    detail: str
    todo: dict[str, str] | None


class LobbyOut(BaseModel):
    """``guests`` wait at a lobby for a credential, ``waiting`` to be known for what they are; ``strangers`` were heard
    of and led nowhere.
    """

    guests: list[GuestOut]
    waiting: list[WaitingOut]
    strangers: list[StrangerOut]


class InvitationOut(BaseModel):
    user: str
    password: str
    expires_ms: int
    qr: str
