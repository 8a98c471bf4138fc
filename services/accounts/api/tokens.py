"""Routes of programs' tokens."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.accounts.api.common import Name, time
from services.accounts.commands import Accounts
from services.accounts.model import Token
from services.accounts.tokens import READ
from services.kernel.http import CurrentActor, permitted


class TokenIn(BaseModel):
    """``days``: how long it works. Renew it by making another and revoking this one."""

    name: Name
    scopes: list[str] = Field(default=[READ], min_length=1, max_length=50)
    days: int = Field(default=365, ge=1, le=1826)


class TokenOut(BaseModel):
    id: str
    name: str
    scopes: list[str]
    created_by: str
    created: datetime
    expires: datetime
    last_used: datetime | None


class NewTokenOut(TokenOut):
    """``token`` is shown this once: programs send it as ``Authorization: Bearer ...``."""

    token: str


def add_tokens(routes: APIRouter, service: Accounts) -> None:
    @routes.post("/tokens", status_code=201, **permitted("tokens.manage"))
    def create_token(token: TokenIn, actor: CurrentActor) -> NewTokenOut:
        """For a third party's program: it may do what its scopes say, and nothing else."""
        made = service.tokens.create(actor, name=token.name, days=token.days, scopes=token.scopes)
        return NewTokenOut(**_token(made.token).model_dump(), token=made.secret)

    @routes.get("/tokens", **permitted("tokens.manage"))
    def list_tokens(actor: CurrentActor) -> list[TokenOut]:
        return [_token(t) for t in service.tokens.list_all(actor)]

    @routes.get("/tokens/scopes", **permitted("tokens.manage"))
    def list_scopes() -> dict[str, dict[str, str]]:
        """What a program may be let do, in words."""
        return {name: dict(label) for name, label in service.tokens.scopes().items()}

    @routes.delete("/tokens/{token_id}", status_code=204, **permitted("tokens.manage"))
    def revoke_token(token_id: str, actor: CurrentActor) -> None:
        service.tokens.revoke(actor, token_id)


def _token(token: Token) -> TokenOut:
    return TokenOut(
        id=token.id,
        name=token.name,
        scopes=list(token.scopes),
        created_by=token.created_by,
        created=time(token.created_ms),
        expires=time(token.expires_ms),
        last_used=time(token.last_used_ms) if token.last_used_ms is not None else None,
    )
