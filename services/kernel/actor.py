"""Who acts: a person, a paired browser, a program, the hall itself, or a visitor nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

ActorKind = Literal["user", "device", "program", "system", "visitor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """``place`` is what a paired browser stands for (``A07``); ``session`` names the login, never its secret."""

    id: str
    name: str
    roles: frozenset[str]
    permissions: frozenset[str]
    site: str
    kind: ActorKind = "user"
    place: str | None = None
    session: str | None = None
    must_change_password: bool = False
    """Came in with a password somebody else made: may do nothing before it is changed, save looking after the login."""
    must_show_factor: bool = False
    """The role, or the person, asks for a second factor and none was shown: may do nothing but show or add one."""
    bound_to: str | None = None
    """The paired browser that this login belongs to: at any other one it is nobody's."""

    def can(self, permission: str) -> bool:
        return permission in self.permissions


def make_visitor(site: str) -> Actor:
    """Anybody: what is public is all they may do."""
    return Actor(id="visitor", name="visitor", roles=frozenset(), permissions=frozenset(), site=site, kind="visitor")


def make_system(site: str, part: str, *, permissions: frozenset[str] = frozenset()) -> Actor:
    """A part of the hall that acts by itself (``queue``, ``rules``), so that the audit can name it."""
    return Actor(id=f"system:{part}", name=part, roles=frozenset(), permissions=permissions, site=site, kind="system")


class Identity(Protocol):
    """Tells who stands behind a token; ``services/accounts`` implements it."""

    def resolve_session(self, token: str) -> Actor | None:
        """The person logged in with this token. Using it keeps it from idling out."""
        ...

    def resolve_device(self, token: str) -> Actor | None:
        """The paired browser that holds this token."""
        ...

    def resolve_token(self, token: str) -> Actor | None:
        """The program that holds this token."""
        ...
