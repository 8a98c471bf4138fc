"""What this module refuses.

ServiceError
├── Unauthenticated └── WrongLogin      user or password is wrong: which one is never said
├── TooMany         └── TooManyAttempts too many failures for this login from here
├── Unavailable     └── NobodyLogsIn    the database is away: attempts can be neither counted nor put on record
├── Conflict        ├── TooManyPairings the house is full of paired browsers: revoke some
│                   ├── TooManyTokens
│                   ├── LoginTaken
│                   └── OwnAccount      one cannot remove oneself
├── NotFound        ├── UnknownPerson
│                   ├── UnknownPairing
│                   ├── UnknownToken
│                   └── UnknownCode     wrong, used or expired: which one is never said
└── Invalid         ├── WeakPassword
                    ├── UnknownRole
                    └── PlaceMissing    a window screen stands for a window
"""

from __future__ import annotations

from services.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated, Unavailable

RETRY_AFTER_S = 5


class WrongLogin(Unauthenticated):
    code = "accounts.wrong_login"

    def __init__(self) -> None:
        super().__init__(zh="用户名或密码不正确。", en="User or password is wrong.")


class TooManyAttempts(TooMany):
    code = "accounts.too_many_attempts"

    def __init__(self, *, retry_after_s: int) -> None:
        minutes = -(-retry_after_s // 60)
        super().__init__(
            zh=f"尝试次数过多，请{minutes}分钟后再试。",
            en=f"Too many attempts: try again in {minutes} min.",
            retry_after_s=retry_after_s,
        )


class NobodyLogsIn(Unavailable):
    code = "accounts.nobody_logs_in"

    def __init__(self) -> None:
        super().__init__(
            zh="数据库暂时不可用，现在不能登录。已经登录的页面照常可用，告警和指令也照常：请到已登录的工作台处理，或稍后再试。",
            en="The database is away: nobody can log in now. Pages that are logged in go on, alarms and commands too: "
            "use one of those, or try again in a moment.",
            retry_after_s=RETRY_AFTER_S,
        )


class UnknownPerson(NotFound):
    code = "accounts.unknown_person"

    def __init__(self) -> None:
        super().__init__(zh="没有这个用户。", en="There is no such user.")


class UnknownPairing(NotFound):
    code = "accounts.unknown_pairing"

    def __init__(self) -> None:
        super().__init__(zh="没有这台配对设备。", en="There is no such paired browser.")


class UnknownToken(NotFound):
    code = "accounts.unknown_token"

    def __init__(self) -> None:
        super().__init__(zh="没有这个访问令牌。", en="There is no such token.")


class UnknownCode(NotFound):
    code = "accounts.unknown_code"

    def __init__(self) -> None:
        super().__init__(
            zh="配对码不正确或已过期，请向工作人员索取新的配对码。",
            en="This code is wrong or has expired: ask a member of staff for a new one.",
        )


class LoginTaken(Conflict):
    code = "accounts.login_taken"

    def __init__(self, login: str) -> None:
        super().__init__(zh=f"用户名{login}已被使用。", en=f"The user name {login} is taken.")


class OwnAccount(Conflict):
    code = "accounts.own_account"

    def __init__(self) -> None:
        super().__init__(zh="不能删除自己的账号。", en="You cannot remove your own account.")


class TooManyPairings(Conflict):
    code = "accounts.too_many_pairings"

    def __init__(self, *, most: int) -> None:
        super().__init__(
            zh=f"配对设备已达上限{most}台，请先撤销不用的设备。",
            en=f"There are {most} paired browsers, the most there may be: revoke some first.",
        )


class TooManyTokens(Conflict):
    code = "accounts.too_many_tokens"

    def __init__(self, *, most: int) -> None:
        super().__init__(
            zh=f"访问令牌已达上限{most}个，请先撤销不用的令牌。",
            en=f"There are {most} tokens, the most there may be: revoke some first.",
        )


class WeakPassword(Invalid):
    code = "accounts.weak_password"

    def __init__(self, *, shortest: int, longest: int) -> None:
        super().__init__(
            zh=f"密码长度应为{shortest}至{longest}个字符。", en=f"A password has {shortest} to {longest} characters."
        )


class UnknownRole(Invalid):
    code = "accounts.unknown_role"

    def __init__(self, roles: list[str]) -> None:
        super().__init__(zh=f"没有这些角色：{'、'.join(roles)}。", en=f"There are no such roles: {', '.join(roles)}.")


class PlaceMissing(Invalid):
    code = "accounts.place_missing"

    def __init__(self) -> None:
        super().__init__(zh="窗口屏需要指定窗口号。", en="A window screen needs the number of its window.")
