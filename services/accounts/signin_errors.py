"""What is refused to those who sign in, and to those who change how they do.

ServiceError
├── Unauthenticated ├── SecondFactorNeeded  the password was right; ``ways`` says what else may be shown
│                   ├── WrongSecondFactor   wrong, expired or used before: which one is never said
│                   ├── WrongPasskey
│                   └── OutsideLoginFailed  the identity provider's answer does not hold
├── Forbidden       ├── ShowAgain           this needs a factor shown within the last minutes
│                   ├── OutsideWaiting      known elsewhere, not let in here yet
│                   └── NotAtAKiosk         everybody walks past there
├── Conflict        ├── LastFactor          the role asks for one
│                   ├── TooManyFactors
│                   └── IdentityTaken       somebody else signs in with it
├── NotFound        ├── UnknownFactor
│                   ├── UnknownSession
│                   ├── UnknownRequest      of a QR code: wrong, used or expired
│                   ├── NoOutsideLogin      no identity provider is configured
│                   └── NotLinked           nobody signs in with an outside identity here
├── Invalid         ├── NoPasskeysHere      the page's address is no name that passkeys can be bound to
│                   └── UnknownScope        programs cannot be let do this
└── Unavailable     └── LineFull            too many passwords are being checked
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable

LINE_RETRY_AFTER_S = 2


class SecondFactorNeeded(Unauthenticated):
    """``passkey`` holds what a browser asks the passkey with, where the person has one for this address."""

    code = "accounts.second_factor_needed"

    def __init__(self, *, ways: Sequence[str], passkey: Any = None) -> None:
        super().__init__(
            zh="请再输入动态码，或使用通行密钥。",
            en="Enter a one-time code as well, or use a passkey.",
            ways=list(ways),
            passkey=passkey,
        )


class WrongSecondFactor(Unauthenticated):
    code = "accounts.wrong_second_factor"

    def __init__(self) -> None:
        super().__init__(
            zh="动态码不正确，或已经用过：每个动态码只能用一次，请等下一个。",
            en="This code is wrong or was used already: each works once, wait for the next one.",
        )


class WrongPasskey(Unauthenticated):
    code = "accounts.wrong_passkey"

    def __init__(self) -> None:
        super().__init__(
            zh="通行密钥未能通过验证，请重试或改用密码。",
            en="This passkey was not accepted: try again, or use your password.",
        )


class OutsideLoginFailed(Unauthenticated):
    code = "accounts.outside_login_failed"

    def __init__(self) -> None:
        super().__init__(
            zh="统一身份认证未能完成，请重新登录或改用密码。",
            en="The identity provider's answer does not hold: sign in again, or use your password.",
        )


class ShowAgain(Forbidden):
    code = "accounts.show_again"

    def __init__(self, *, ways: Sequence[str], passkey: Any = None) -> None:
        super().__init__(
            zh="请先再次验证身份，然后重试。",
            en="Show once more who you are, then try again.",
            ways=list(ways),
            passkey=passkey,
        )


class OutsideWaiting(Forbidden):
    code = "accounts.outside_waiting"

    def __init__(self) -> None:
        super().__init__(
            zh="您的身份已确认，但本大厅的账号尚待管理员审核启用。",
            en="Who you are is known, but your account here waits for the hall's administrator.",
        )


class NotAtAKiosk(Forbidden):
    code = "accounts.not_at_a_kiosk"

    def __init__(self) -> None:
        super().__init__(
            zh="请用自己的手机或电脑办理，不要在自助终端上操作。", en="Do this on a device of your own, not at a kiosk."
        )


class LastFactor(Conflict):
    code = "accounts.last_factor"

    def __init__(self) -> None:
        super().__init__(
            zh="您的角色必须有第二重验证，请先添加另一个，再删除这一个。",
            en="Your role needs a second factor: add another one before you remove this one.",
        )


class TooManyFactors(Conflict):
    code = "accounts.too_many_factors"

    def __init__(self, *, most: int) -> None:
        super().__init__(
            zh=f"最多可以有{most}个验证方式，请先删除不用的。",
            en=f"There may be {most} ways of signing in: remove some first.",
        )


class IdentityTaken(Conflict):
    code = "accounts.identity_taken"

    def __init__(self) -> None:
        super().__init__(
            zh="这个外部身份已经属于另一个账号。", en="Somebody else signs in with this outside identity already."
        )


class UnknownFactor(NotFound):
    code = "accounts.unknown_factor"

    def __init__(self) -> None:
        super().__init__(zh="没有这个验证方式。", en="There is no such way of signing in.")


class UnknownSession(NotFound):
    code = "accounts.unknown_session"

    def __init__(self) -> None:
        super().__init__(zh="没有这个登录。", en="There is no such login.")


class UnknownRequest(NotFound):
    code = "accounts.unknown_request"

    def __init__(self) -> None:
        super().__init__(
            zh="这个码不正确、已用过或已过期，请刷新后重试。",
            en="This code is wrong, used or has expired: ask for a new one.",
        )


class NoOutsideLogin(NotFound):
    code = "accounts.no_outside_login"

    def __init__(self) -> None:
        super().__init__(zh="未配置统一身份认证。", en="No identity provider is configured.")


class NotLinked(NotFound):
    code = "accounts.not_linked"

    def __init__(self) -> None:
        super().__init__(
            zh="您的账号没有关联统一身份认证。", en="Your account is linked to no identity of this provider."
        )


class NoPasskeysHere(Invalid):
    code = "accounts.no_passkeys_here"

    def __init__(self) -> None:
        super().__init__(
            zh="通行密钥只能用于有域名的HTTPS地址（本机可用 localhost），请改用这样的地址打开本页。",
            en="Passkeys need an address with a name, over HTTPS (or localhost): open this page by such an address.",
        )


class UnknownScope(Invalid):
    code = "accounts.unknown_scope"

    def __init__(self, *, known: Sequence[str]) -> None:
        super().__init__(
            zh=f"令牌的权限只能从这些中选：{'、'.join(known)}。",
            en=f"A token's scopes are some of these: {', '.join(known)}.",
            known=list(known),
        )


class LineFull(Unavailable):
    code = "accounts.line_full"

    def __init__(self) -> None:
        super().__init__(
            zh="登录人数过多，请稍候再试。",
            en="Too many are logging in: try again in a moment.",
            retry_after_s=LINE_RETRY_AFTER_S,
        )
