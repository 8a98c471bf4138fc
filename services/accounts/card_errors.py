"""What signing in by ID card refuses; each says the way on, and that one need not sign in at all.

ServiceError
├── Forbidden ├── CardNotHere      no kiosk
│             └── PhoneFirst       this account asks for more than a card
├── NotFound  ├── UnknownCard      no account has this number
│             └── NoCardRead       nothing was asked, nothing was laid on, or it took longer than a minute
├── Conflict  └── NoReader         this kiosk has none, or it is off
└── Invalid   └── UnreadableCard   what the reader said does not open with this asking's key, or is no ID number
"""

from __future__ import annotations

from services.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class CardNotHere(Forbidden):
    code = "accounts.card_not_here"

    def __init__(self) -> None:
        super().__init__(
            zh="刷身份证登录只能在大厅的自助终端上进行。", en="Signing in by ID card works at the hall's kiosks."
        )


class PhoneFirst(Forbidden):
    code = "accounts.phone_first"

    def __init__(self) -> None:
        super().__init__(
            zh="您的账号还要第二重验证：请在自己的手机上登录，再用手机上的登录码。不登录也可以办事。",
            en="Your account asks for more than a card: sign in on your phone and use its code. Or go on without.",
        )


class UnknownCard(NotFound):
    code = "accounts.unknown_card"

    def __init__(self) -> None:
        super().__init__(
            zh="这张身份证还没有在本大厅注册账号。不登录也可以取号、办事；要注册，请用手机或到窗口。",
            en="No account here has this card. You can take a ticket and be served without one; register by phone or"
            " at a window.",
        )


class NoCardRead(NotFound):
    code = "accounts.no_card_read"

    def __init__(self) -> None:
        super().__init__(
            zh="没有读到身份证，请点“再试一次”，再把身份证放到感应区。",
            en="No card was read: touch “Try again”, then lay the card on the reader.",
        )


class NoReader(Conflict):
    code = "accounts.no_reader"

    def __init__(self) -> None:
        super().__init__(
            zh="这台终端的身份证阅读器现在不能用。请用手机登录码，或者不登录直接办事。",
            en="The card reader of this kiosk does not work now: use a code of your phone, or go on without.",
        )


class UnreadableCard(Invalid):
    code = "accounts.unreadable_card"

    def __init__(self) -> None:
        super().__init__(
            zh="没有读清这张身份证，请再放一次；还是不行，请用手机登录码。",
            en="The card was not read clearly: lay it down again, or use a code of your phone.",
        )
