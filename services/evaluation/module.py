"""What the evaluation module declares."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.commands import VIEW
from services.kernel.access import Permission
from services.kernel.modules import Module, PersonalField, erase_by_key

MODULE = Module(
    name="evaluation",
    label={"zh": "好差评", "en": "Evaluation"},
    permissions=(
        Permission(
            name=VIEW,
            label={"zh": "查看评价", "en": "See ratings"},
            roles=frozenset({"leader", "manager", "admin"}),
        ),
    ),
    personal_data=(
        PersonalField(
            column="evaluation.rating.text_sealed",
            label={"zh": "评价留言", "en": "What a visitor wrote"},
            purpose={"zh": "核实并整改，改进服务", "en": "To check what went wrong and put it right"},
            retention_days=730,
            category="personal",
            level=3,
            mask="text",
            since="rated_ms",
            ends="subject",
        ),
    ),
    eraser=erase_by_key,
    migrations=Path(__file__).parent / "migrations",
)
