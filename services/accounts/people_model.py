"""People, units, posts and roles as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.kernel.access import OUTSIDERS, USER_ROLES

STAFF_KIND = "staff"
KINDS: Mapping[str, Mapping[str, str]] = {
    STAFF_KIND: {"zh": "工作人员", "en": "Staff"},
    **{key: USER_ROLES[key] for key in OUTSIDERS},
}
"""What somebody is to the hall. Citizens and enterprises have the role of that name and no other."""
FIRST_ROLES = frozenset({"staff", "clerk", "editor"})
"""What an account of staff may begin with; whatever is more is given by the security administrator."""
PAGE_MAX = 200
UNITS_MAX = 20_000
POSTS_MAX = 200
"""Posts of one unit."""
HOUSE_ROLES_MAX = 100
ONETIME_S = 72 * 3600
"""How long a password works that an administrator made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """``children``, ``people``: living units right below, people in this very unit."""

    id: str
    parent_id: str | None
    name: Mapping[str, str]
    children: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    id: str
    unit_id: str
    name: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """That somebody holds a post; ``until_ms`` None: still."""

    person_id: str
    post_id: str
    post: Mapping[str, str]
    unit_id: str
    unit: Mapping[str, str]
    from_ms: int
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``name`` is None once the person was erased; names of those who are served, phones and ID numbers are masked."""

    id: str
    login: str
    kind: str
    name: str | None
    phone: str | None
    id_number: str | None
    roles: tuple[str, ...]
    created_ms: int
    disabled_ms: int | None
    must_change_password: bool
    posts: tuple[Holding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePage:
    """``next``: what to ask on from; None at the end."""

    people: tuple[Person, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFilter:
    """``text``: the beginning of a login, or a whole name, phone or ID number. ``unit``: that one and all below it."""

    text: str = ""
    unit: str | None = None
    role: str | None = None
    kind: str | None = None
    stopped: bool | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPassword:
    """A one-time password: the only moment it is known."""

    password: str = field(repr=False)
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDetail:
    """``above``: up to the top, as far as whoever asks may see. ``mine``: whether they may move, merge or retire it."""

    unit: Unit
    above: Sequence[Unit]
    posts: Sequence[Post]
    holders: Mapping[str, Sequence[Person]]
    managers: Sequence[Person]
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRole:
    """``shipped``: from the declarations; the others a house composed."""

    key: str
    name: Mapping[str, str]
    permissions: tuple[str, ...]
    shipped: bool
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """``taken``: an account has this login, or this ID number, already. Masked, but for the login."""

    id: str
    kind: str
    login: str
    name: str | None
    phone: str | None
    id_number: str | None
    asked_ms: int
    taken: bool
