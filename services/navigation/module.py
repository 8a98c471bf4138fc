"""What the navigation module declares: ways are for everybody, but those of staff; it holds nothing of anybody."""

from __future__ import annotations

from services.kernel.modules import Module
from services.navigation.staff_ways import PERMISSION

MODULE = Module(name="navigation", label={"zh": "导航", "en": "Wayfinding"}, permissions=(PERMISSION,))
