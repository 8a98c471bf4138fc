"""What this module refuses.

Conflict: AlreadyAsked, AlreadyDecided, OwnRequest · NotFound: UnknownRequest, NotHeld · Forbidden: ConsentWithdrawn
Invalid: UnknownField, UnknownPurpose, OtherVersion, GuardianNeeded, ReasonNeeded, NotCorrectable
TooMany: LookedTooOften
"""

from __future__ import annotations

from services.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class UnknownRequest(NotFound):
    code = "privacy.request_unknown"

    def __init__(self) -> None:
        super().__init__(zh="没有这项申请。", en="There is no such request.")


class AlreadyAsked(Conflict):
    code = "privacy.already_asked"

    def __init__(self) -> None:
        super().__init__(
            zh="同类申请正在办理，请等待结果。", en="The same was asked for already and is being dealt with."
        )


class AlreadyDecided(Conflict):
    code = "privacy.already_decided"

    def __init__(self) -> None:
        super().__init__(zh="该申请已办结。", en="This request has been decided already.")


class OwnRequest(Conflict):
    code = "privacy.own_request"

    def __init__(self) -> None:
        super().__init__(zh="不能办理自己的申请，请由他人办理。", en="Somebody else must decide your own request.")


class NotHeld(NotFound):
    code = "privacy.not_held"

    def __init__(self) -> None:
        super().__init__(zh="没有保存这项信息。", en="Nothing of this kind is kept.")


class UnknownField(Invalid):
    code = "privacy.field_unknown"

    def __init__(self, field: str) -> None:
        super().__init__(
            zh="没有登记这个字段，请从清单中选择。",
            en="No such field is declared: choose one of the inventory.",
            field=field,
        )


class NotCorrectable(Invalid):
    code = "privacy.not_correctable"

    def __init__(self, field: str) -> None:
        super().__init__(
            zh="这项信息不能更正，可以申请删除。",
            en="This cannot be corrected; ask for its erasure instead.",
            field=field,
        )


class UnknownPurpose(Invalid):
    code = "privacy.purpose_unknown"

    def __init__(self, purpose: str) -> None:
        super().__init__(zh="没有这个用途。", en="There is no such purpose.", purpose=purpose)


class OtherVersion(Conflict):
    code = "privacy.other_version"

    def __init__(self, version: int) -> None:
        super().__init__(
            zh="说明已更新，请阅读后重新选择。", en="The text has changed: read it and choose again.", version=version
        )


class GuardianNeeded(Invalid):
    code = "privacy.guardian_needed"

    def __init__(self) -> None:
        super().__init__(
            zh="不满十四周岁须由监护人同意，请填写监护人姓名和关系。",
            en="Under 14 a guardian consents: give the guardian's name and relation.",
        )


class ReasonNeeded(Invalid):
    code = "privacy.reason_needed"

    def __init__(self) -> None:
        super().__init__(zh="请说明理由。", en="Say why.")


class ConsentWithdrawn(Forbidden):
    code = "privacy.consent_withdrawn"

    def __init__(self) -> None:
        super().__init__(
            zh="本人已撤回同意，不能查看。", en="The person has withdrawn their consent: it cannot be shown."
        )


class LookedTooOften(TooMany):
    code = "privacy.looked_too_often"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            zh="查看次数过多，请稍后再试。", en="You have looked at too many: try later.", retry_after_s=retry_after_s
        )
