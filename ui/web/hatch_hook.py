"""Puts the built web pages into the wheel: the output only, and a loud failure when they are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = ("ops", "alert", "go", "kiosk", "desk", "wall", "admin")


class WebPagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fails the build of a wheel unless every page was built before."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        built = Path(self.root) / "ui" / "web" / "dist"
        missing = [p for p in PAGES if not any(built.glob(f"**/{p}/index.html"))]
        if missing:
            raise RuntimeError(f"web pages not built: {', '.join(missing)}. Run `make setup` first.")
        build_data["force_include"][str(built)] = "ui/web/dist"
