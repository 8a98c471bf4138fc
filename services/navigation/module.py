"""What the navigation module declares: its routes are for everybody, it holds nothing of anybody."""

from __future__ import annotations

from services.kernel.modules import Module

MODULE = Module(name="navigation", label={"zh": "导航", "en": "Wayfinding"})
