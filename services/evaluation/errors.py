"""Errors of the evaluation.

NotFound
└── UnknownVisit        no ticket has that token                             404
Conflict
├── NotServed           the service has not ended: there is nothing to rate  409
└── AlreadyRated        one visit, one rating, never changed                 409
Forbidden
└── ContactNotAgreed    nobody agreed to be called                           403
Invalid
├── ContactNotNeeded    a number with a rating that nobody calls about       422
└── UnknownTag          a tag that does not belong to that level             422
TooMany
└── TooManyRatings      more from one address than a crowd behind it gives   429
"""

from __future__ import annotations

from services.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class UnknownVisit(NotFound):
    code = "evaluation.visit_unknown"

    def __init__(self) -> None:
        super().__init__(zh="没有找到这次办事。", en="That visit is not known.")


class NotServed(Conflict):
    code = "evaluation.not_served"

    def __init__(self) -> None:
        super().__init__(zh="办完以后才能评价。", en="It can be rated once the service has been given.")


class AlreadyRated(Conflict):
    code = "evaluation.already_rated"

    def __init__(self) -> None:
        super().__init__(
            zh="这次办事已经评价过，评价不能修改。", en="This visit has been rated; a rating is never changed."
        )


class ContactNotAgreed(Forbidden):
    code = "evaluation.contact_not_agreed"

    def __init__(self) -> None:
        super().__init__(
            zh="回访须本人登录并同意“评价回访”，请先在“我的同意”中同意，或不留电话提交。",
            en="Sign in and agree to a call about your rating first (My consents), or send it without a number.",
        )


class ContactNotNeeded(Invalid):
    code = "evaluation.contact_not_needed"

    def __init__(self) -> None:
        super().__init__(
            zh="只有不满意的评价才回访，请不要留电话。", en="Only low ratings are called about: leave no number."
        )


class UnknownTag(Invalid):
    code = "evaluation.tag_unknown"

    def __init__(self, tag: str) -> None:
        super().__init__(zh="没有这个选项。", en="There is no such choice.", tag=tag[:40])


class TooManyRatings(TooMany):
    code = "evaluation.too_many"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            zh=f"这个网络刚才的评价太多，请 {retry_after_s} 秒后再试，或在大厅自助机上评价。",
            en=f"Too many ratings came from this network: try again in {retry_after_s} s, or rate at a kiosk.",
            retry_after_s=retry_after_s,
        )
