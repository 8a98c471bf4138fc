"""What the privacy module declares."""

from __future__ import annotations

from pathlib import Path

from services.kernel.access import USER_ROLES, Permission
from services.kernel.modules import Module, PersonalField, erase_by_key
from services.privacy.personal import read_subject

OWN, VIEW, DECIDE, REVEAL = "privacy.own", "privacy.view", "privacy.decide", "privacy.reveal"
_ANSWER = {"zh": "办理个人信息申请并留存依据", "en": "To answer a request about one's data, and to show why"}

MODULE = Module(
    name="privacy",
    label={"zh": "个人信息保护", "en": "Personal data"},
    permissions=(
        Permission(
            name=OWN,
            label={"zh": "查看和处理自己的个人信息", "en": "See one's own data and decide on it"},
            roles=frozenset(USER_ROLES),
        ),
        Permission(
            name=VIEW,
            label={"zh": "查看个人信息清单", "en": "See what personal data is kept"},
            roles=frozenset({"leader", "security_admin", "audit_admin"}),
        ),
        Permission(
            name=DECIDE,
            label={"zh": "办理个人信息申请", "en": "Decide requests about personal data"},
            roles=frozenset({"security_admin"}),
        ),
        Permission(
            name=REVEAL,
            label={"zh": "说明理由后查看明文", "en": "See personal data in clear, for a stated reason"},
            roles=frozenset({"security_admin", "manager"}),
        ),
    ),
    personal_data=(
        PersonalField(
            column="privacy.request.text_sealed",
            label={"zh": "申请更正的内容", "en": "What is to be corrected"},
            purpose=_ANSWER,
            retention_days=1095,
            category="personal",
            level=3,
            mask="all",
            since="decided_ms",
        ),
        PersonalField(
            column="privacy.request.reason_sealed",
            label={"zh": "办理说明", "en": "What was answered"},
            purpose=_ANSWER,
            retention_days=1095,
            category="personal",
            level=2,
            mask="text",
            since="decided_ms",
        ),
        PersonalField(
            column="privacy.consent.guardian_sealed",
            label={"zh": "监护人姓名", "en": "Guardian's name"},
            purpose={"zh": "证明监护人同意", "en": "To show that a guardian consented"},
            retention_days=1095,
            category="sensitive",
            level=3,
            mask="name",
        ),
    ),
    eraser=erase_by_key,
    reader=read_subject,
    migrations=Path(__file__).parent / "migrations",
)
