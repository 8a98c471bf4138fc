"""What the guide module declares: it holds nothing of anybody and keeps no table."""

from __future__ import annotations

from services.kernel.modules import Module

MODULE = Module(name="guide", label={"zh": "办事指南", "en": "Service guide"})
