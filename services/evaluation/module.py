"""What the evaluation module declares."""

from __future__ import annotations

from pathlib import Path

from services.evaluation.commands import VIEW
from services.evaluation.contacts import CONTACT, PURPOSE
from services.evaluation.personal import read_rater
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
        PersonalField(
            column=CONTACT,
            label={"zh": "回访电话", "en": "Number to call about a rating"},
            purpose={"zh": "就差评回访本人", "en": "To call back about a low rating"},
            retention_days=90,
            category="personal",
            level=3,
            mask="phone",
            since="asked_ms",
            consent=PURPOSE,
        ),
    ),
    eraser=erase_by_key,
    reader=read_rater,
    migrations=Path(__file__).parent / "migrations",
)
