"""What the queue module declares."""

from __future__ import annotations

from pathlib import Path

from services.kernel.access import Permission
from services.kernel.modules import Module, PersonalField, erase_by_key
from services.queue.desks import CALL, MANAGE
from services.queue.personal import read_visitor

MODULE = Module(
    name="queue",
    label={"zh": "排队叫号", "en": "Queue"},
    permissions=(
        Permission(
            name=CALL,
            label={"zh": "窗口叫号", "en": "Call visitors to a window"},
            roles=frozenset({"clerk", "manager"}),
        ),
        Permission(
            name=MANAGE,
            label={"zh": "管理窗口", "en": "Close windows that others hold"},
            roles=frozenset({"manager"}),
        ),
    ),
    personal_data=(
        PersonalField(
            column="queue.ticket.phone_sealed",
            label={"zh": "手机号", "en": "Phone number"},
            purpose={"zh": "快轮到时提醒，当天有效", "en": "A notice before one's turn, for that day only"},
            retention_days=1,
            category="personal",
            level=3,
            mask="phone",
            since="issued_ms",
            ends="subject",
        ),
    ),
    eraser=erase_by_key,
    reader=read_visitor,
    migrations=Path(__file__).parent / "migrations",
)
