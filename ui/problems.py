"""Errors of the outermost layer: what a person at the keyboard can mend."""

from __future__ import annotations

from typing import Any


class NeedsAttention(Exception):
    """Something needed is missing or will not start (exit 6): ``what``, ``where`` and ``todo``."""

    def __init__(self, *, what: str, where: str, todo: str) -> None:
        super().__init__(f"{where}: {what}. {todo}")
        self.what, self.where, self.todo = what, where, todo


class WrongUsage(Exception):
    """The command line asks for what cannot be (exit 2)."""


class BadSettings(Exception):
    """A configuration file with defects, all of them at once (exit 2)."""

    def __init__(self, path: str, defects: list[str]) -> None:
        super().__init__(f"{path}: " + "; ".join(defects))
        self.path, self.defects = path, defects


class BadTable(Exception):
    """A list of devices with defects, all of them at once with their rows (exit 2)."""

    def __init__(self, path: str, defects: list[dict[str, Any]]) -> None:
        super().__init__(f"{path}: " + "; ".join(f"row {d['row']}: {d['text']['en']}" for d in defects[:20]))
        self.path, self.defects = path, defects
