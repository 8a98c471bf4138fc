"""Errors of wayfinding.

WayfindingError
├── InvalidProfile   a profile file says something that cannot be: exit 2
├── NoRoute          no way exists, with what stands in it: exit 3
└── Unanswerable     a question that makes no sense here: what is wrong with it, and what to do
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from building.model import Text


class WayfindingError(Exception):
    """Anything wayfinding refuses."""


class InvalidProfile(WayfindingError):
    """A profile file says something that cannot be."""


class Unanswerable(WayfindingError):
    """A question that cannot be answered; ``code`` is stable, ``text`` says in both languages what to do."""

    def __init__(self, code: str, text: Text) -> None:
        super().__init__(text["en"])
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why there is no way: a code for programs, a text for people, the ids that stand in it."""

    code: str
    text: Text
    blockers: tuple[str, ...] = ()


class NoRoute(WayfindingError):
    """No way exists. ``reasons`` are ordered: what would help most stands first."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("; ".join(reason.text["en"] for reason in reasons))
        self.reasons = tuple(reasons)

    @property
    def text(self) -> Text:
        """All reasons in one sentence per language."""
        return {
            "zh": ";".join(reason.text["zh"] for reason in self.reasons),
            "en": "; ".join(reason.text["en"] for reason in self.reasons),
        }

    @property
    def blockers(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(blocker for reason in self.reasons for blocker in reason.blockers))
