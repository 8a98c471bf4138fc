"""Serves the built web pages: hashed assets for ever, pages fresh each time."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGES = ("ops", "alert", "go", "kiosk", "desk", "wall", "admin", "login", "me", "register")


class _HashedFiles(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_pages(app: FastAPI, folder: Path) -> None:
    """``/ops/`` and its sisters, their assets, and the front door."""

    def page(name: str) -> None:
        found = next(
            (p for p in (folder / name / "index.html", folder / "pages" / name / "index.html") if p.exists()), None
        )
        if found is None:
            return

        async def serve() -> FileResponse:
            return FileResponse(found, headers={"Cache-Control": "no-cache"})

        async def slash() -> RedirectResponse:
            return RedirectResponse(f"/{name}/")

        app.add_api_route(f"/{name}/", serve, include_in_schema=False)
        app.add_api_route(f"/{name}", slash, include_in_schema=False)

    for name in PAGES:
        page(name)
    if (folder / "assets").is_dir():
        app.mount("/assets", _HashedFiles(directory=folder / "assets"), name="assets")

    async def front_door() -> RedirectResponse:
        return RedirectResponse("/ops/")

    async def icon() -> FileResponse:
        return FileResponse(folder / "favicon.svg", headers={"Cache-Control": "max-age=86400"})

    app.add_api_route("/", front_door, include_in_schema=False)
    if (folder / "favicon.svg").exists():
        app.add_api_route("/favicon.svg", icon, include_in_schema=False)
        app.add_api_route("/favicon.ico", icon, include_in_schema=False)
