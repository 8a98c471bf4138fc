"""Drafts of the building from upload to publication, as the routes ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from services.navigation.service import Answer


class Drafting:
    """One for the hall."""

    def limits(self) -> dict[str, Any]:
        raise NotImplementedError

    def list_all(self) -> list[dict[str, Any]]:
        raise NotImplementedError

    async def upload(self, body: AsyncIterator[bytes], *, name: str, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def copy_current(self, *, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def get(self, draft: str) -> dict[str, Any]:
        raise NotImplementedError

    def delete(self, draft: str, *, actor: str) -> None:
        raise NotImplementedError

    def edit(self, draft: str, edit: Mapping[str, Any], *, revision: int, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def undo(self, draft: str, *, revision: int, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def redo(self, draft: str, *, revision: int, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def rebase(self, draft: str, *, revision: int, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def publish(self, draft: str, *, revision: int, why: str, actor: str) -> dict[str, Any]:
        raise NotImplementedError

    def scene(self, draft: str) -> tuple[str, bytes]:
        raise NotImplementedError

    def report(self, draft: str) -> dict[str, Any]:
        raise NotImplementedError

    def find_route(self, draft: str, *, start: str, goal: str, profile: str) -> Answer:
        raise NotImplementedError

    def diff(self, draft: str) -> dict[str, Any]:
        raise NotImplementedError

    def list_versions(self, limit: int) -> list[dict[str, Any]]:
        raise NotImplementedError

    def version_scene(self, version: str) -> tuple[str, bytes]:
        raise NotImplementedError

    def version_diff(self, before: str, after: str) -> dict[str, Any]:
        raise NotImplementedError

    def roll_back(self, version: str, *, why: str, actor: str) -> dict[str, Any]:
        raise NotImplementedError
