"""What a user may write and read, worked out from the access list itself."""

from __future__ import annotations

from collections.abc import Iterable


class Rights:
    """The same answers as mosquitto gives from these lines of ``acl_lines``."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._own: dict[str, list[tuple[str, str]]] = {}
        self._patterns: list[tuple[str, str]] = []
        rules = self._patterns
        for line in lines:
            what, _, rest = line.partition(" ")
            if what == "user":
                rules = self._own.setdefault(rest, [])
                continue
            access, _, topic = rest.partition(" ")
            (self._patterns if what == "pattern" else rules).append((access, topic))

    def may_write(self, user: str, topic: str) -> bool:
        return any(covers(allowed, topic) for allowed in self._allowed(user, "write"))

    def may_read(self, user: str, wanted: str) -> bool:
        """``wanted`` is a topic, or a filter of which everything must be allowed."""
        return any(covers(allowed, wanted) for allowed in self._allowed(user, "read"))

    def _allowed(self, user: str, access: str) -> Iterable[str]:
        yield from (topic for way, topic in self._own.get(user, ()) if way == access)
        yield from (topic.replace("%u", user) for way, topic in self._patterns if way == access)


def covers(allowed: str, wanted: str) -> bool:
    """Whether every topic of the filter ``wanted`` is one of the filter ``allowed``."""
    ours, theirs = allowed.split("/"), wanted.split("/")
    if theirs[0].startswith("$") and ours[0] in {"+", "#"}:
        return False
    for at, level in enumerate(ours):
        if level == "#":
            return True
        if at >= len(theirs) or theirs[at] == "#" or (level not in {theirs[at], "+"}):
            return False
    return len(ours) == len(theirs)


def of_subscription(asked: str) -> str:
    """The topic filter of a subscription, shared or not."""
    parts = asked.split("/", 2)
    return parts[2] if parts[0] == "$share" and len(parts) == 3 else asked
