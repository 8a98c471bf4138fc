"""What the further questions refuse, besides what any way does.

ServiceError
├── NotFound   └── UnknownCategory    nothing here is of that kind
└── Invalid    ├── AllShut            there are some, and none is open now
               ├── Unanswered         wayfinding says what is wrong with the question
               └── WishesApart        two wishes that exclude each other
"""

from __future__ import annotations

from services.kernel.errors import Invalid, NotFound
from wayfinding.errors import Unanswerable


class UnknownCategory(NotFound):
    code = "navigation.category_unknown"

    def __init__(self, word: str) -> None:
        super().__init__(
            zh=f"楼内没有“{word}”。请换一个说法，例如：卫生间、饮水处、电梯。",
            en=f"There is no “{word}” here. Try another word, for example toilet, water, lift.",
            query=word,
        )


class AllShut(Invalid):
    code = "navigation.all_shut"

    def __init__(self, word: str) -> None:
        super().__init__(zh=f"“{word}”现在都不在开放时间。", en=f"No “{word}” is open now.", query=word)


class Unanswered(Invalid):
    code = "navigation.unanswerable"

    def __init__(self, why: Unanswerable) -> None:
        super().__init__(zh=why.text["zh"], en=why.text["en"], reason=why.code)


class WishesApart(Invalid):
    code = "navigation.wishes_apart"

    def __init__(self) -> None:
        super().__init__(
            zh="途经多个地点时不提供备选路线：请分段查询。",
            en="There are no alternatives to a way with stops: ask for each part of it.",
        )
