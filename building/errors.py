"""Errors of the building layer.

BuildingError
├── UnreadableFile      the file cannot serve (unknown format, broken, nothing to route): exit 4
├── UnwritableFile      the file cannot be written (unknown ending, no such folder): exit 2
├── InvalidModel        a value object was given what it cannot be
├── EditRefused         an edit that cannot be made: what stands against it, and what to do
└── PlaceError          exit 5
    ├── UnknownPlace    no place is called that
    └── AmbiguousPlace  several are: the candidates are listed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class BuildingError(Exception):
    """Anything the building layer refuses, with a sentence that says what to do."""


class InvalidModel(BuildingError):
    """A value object was given what it cannot be."""


class EditRefused(BuildingError):
    """An edit that cannot be made; ``what`` and ``todo`` are in both languages."""

    def __init__(self, *, what: Mapping[str, str], todo: Mapping[str, str]) -> None:
        super().__init__(f"{what['en']} {todo['en']}")
        self.what, self.todo = dict(what), dict(todo)


class UnreadableFile(BuildingError):
    """The file cannot serve. ``what`` names the defect, ``todo`` what the person can do; ``defects`` lists them all."""

    def __init__(self, *, path: str, what: str, todo: str, defects: Sequence[str] = ()) -> None:
        super().__init__(f"{path}: {what}. {todo}")
        self.path, self.what, self.todo, self.defects = path, what, todo, tuple(defects)


class UnwritableFile(BuildingError):
    """The file cannot be written. ``what`` names the reason, ``todo`` what the person can do."""

    def __init__(self, *, path: str, what: str, todo: str) -> None:
        super().__init__(f"{path}: {what}. {todo}")
        self.path, self.what, self.todo = path, what, todo


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that a word may mean."""

    id: str
    name: str
    number: str | None
    floor: str
    source_id: str | None


class PlaceError(BuildingError):
    """A place word that leads to no single place."""

    def __init__(self, message: str, *, query: str, candidates: Sequence[Candidate] = ()) -> None:
        super().__init__(message)
        self.query, self.candidates = query, tuple(candidates)


class UnknownPlace(PlaceError):
    """No place is called that; ``candidates`` are the nearest spellings."""


class AmbiguousPlace(PlaceError):
    """Several places are called that."""
