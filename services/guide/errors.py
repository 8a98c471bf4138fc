"""Errors of the guide.

InvalidCatalogue        the item files have defects: all are listed; start-up fails
NotFound
└── UnknownItem         no service item has that code     404
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.kernel.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One thing wrong in an item file; ``where`` is its path in the document (``items[2].name.en``)."""

    file: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.what}"


class InvalidCatalogue(Exception):
    """The item files have defects; the message lists every one."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        super().__init__("the service items cannot be used:\n" + "\n".join(f"  {d}" for d in defects))
        self.defects = tuple(defects)


class UnknownItem(NotFound):
    """No service item has that code."""

    code = "guide.item_unknown"

    def __init__(self, item: str) -> None:
        super().__init__(zh="没有这个事项。", en="There is no such service item.", item=item)
