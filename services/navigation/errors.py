"""What this module refuses.

ServiceError
├── NotFound     ├── UnknownWord     no place is called that; the nearest spellings are listed
│                └── UnknownTrip     no such trip: it ended, or the hall began anew
├── Conflict     └── AmbiguousWord   several places are called that: all are listed
├── Invalid      ├── NoWay           no way exists for this profile now: why, and what stands in it
│                ├── UnknownProfile  nobody walks like that; the profiles there are are listed
│                ├── TooManyClosed   more closures than a request may name
│                └── WrongProgress   neither a step nor a place, or both
├── TooMany      └── TooManyWays     more from one address than a crowd behind it asks for
└── Unavailable  ├── NotReady        the building is being compiled
                 └── TooManyTrips    more people are led at once than there is room for
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from building.errors import Candidate
from services.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable
from wayfinding.errors import NoRoute


class UnknownWord(NotFound):
    code = "navigation.place_unknown"

    def __init__(self, word: str, candidates: Iterable[Candidate] = ()) -> None:
        super().__init__(
            zh=f"没有叫“{word}”的地点。",
            en=f"No place is called “{word}”.",
            query=word,
            candidates=[asdict(c) for c in candidates],
        )


class AmbiguousWord(Conflict):
    code = "navigation.place_ambiguous"

    def __init__(self, word: str, candidates: Iterable[Candidate]) -> None:
        listed = [asdict(c) for c in candidates]
        super().__init__(
            zh=f"有{len(listed)}个地点叫“{word}”，请选择其中一个。",
            en=f"{len(listed)} places are called “{word}”: choose one.",
            query=word,
            candidates=listed,
        )


class NoWay(Invalid):
    code = "navigation.no_way"

    def __init__(self, why: NoRoute) -> None:
        super().__init__(
            zh=why.text["zh"],
            en=why.text["en"],
            reasons=[{"code": r.code, "text": dict(r.text), "blockers": list(r.blockers)} for r in why.reasons],
            blockers=list(why.blockers),
        )


class UnknownProfile(Invalid):
    code = "navigation.profile_unknown"

    def __init__(self, profile: str, known: Iterable[str]) -> None:
        listed = sorted(known)
        super().__init__(
            zh=f"没有“{profile}”这种出行方式。",
            en=f"There is no profile “{profile}”: {', '.join(listed)}.",
            profiles=listed,
        )


class TooManyClosed(Invalid):
    code = "navigation.too_many_closed"

    def __init__(self, most: int) -> None:
        super().__init__(zh=f"一次最多可以排除{most}处。", en=f"At most {most} places can be closed in one request.")


class NotReady(Unavailable):
    code = "navigation.not_ready"

    def __init__(self) -> None:
        super().__init__(
            zh="正在准备楼内路线，请稍候。", en="Routes through the building are being prepared.", retry_after_s=5
        )


class TooManyWays(TooMany):
    code = "navigation.too_many"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            zh=f"这个网络刚才查询路线太多，请 {retry_after_s} 秒后再试。",
            en=f"Too many ways were asked for from this network: try again in {retry_after_s} s.",
            retry_after_s=retry_after_s,
        )


class UnknownTrip(NotFound):
    code = "navigation.trip_unknown"

    def __init__(self) -> None:
        super().__init__(zh="这次带路已经结束，请重新查询路线。", en="This trip has ended: ask for the way again.")


class TooManyTrips(Unavailable):
    code = "navigation.trips_full"

    def __init__(self) -> None:
        super().__init__(
            zh="现在带路的人太多，路线仍可查询。",
            en="Too many people are being led now: ways can still be asked for.",
            retry_after_s=60,
        )


class WrongProgress(Invalid):
    code = "navigation.progress_wrong"

    def __init__(self) -> None:
        super().__init__(
            zh="请只提供其中一种：第几步（revision 和 step），或所在地点（at）。",
            en="Give one of the two: revision and step, or at.",
        )
