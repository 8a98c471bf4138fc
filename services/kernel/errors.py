"""Errors every module raises, each with a stable code and a sentence in both languages.

ServiceError
├── Unauthenticated     nobody is logged in here                      401
├── Forbidden           known, but not allowed                        403
├── NotFound            no such thing, or none the actor may see      404
├── Conflict            true now, and the request contradicts it      409
├── Gone                it was there; it has been erased or has ended 410
├── TooLarge            more than the named limit                     413
├── Invalid             understood, but it cannot be done             422
├── TooMany             asked too often: wait ``retry_after_s``       429
└── Unavailable         a part is down: try after ``retry_after_s``   503

ContractBroken          a bug of ours (a module declared wrongly); never shown to a visitor as anything but 500

A module subclasses these with its own ``code`` (``queue.ticket_unknown``); a face maps the class to its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ServiceError(Exception):
    """Anything a service refuses. ``extra`` is shown to the caller, so it holds nothing personal."""

    code: ClassVar[str] = "error"

    def __init__(self, *, zh: str, en: str, **extra: Any) -> None:
        super().__init__(f"{zh} / {en}")
        self.text: Mapping[str, str] = {"zh": zh, "en": en}
        self.extra: Mapping[str, Any] = extra


class Unauthenticated(ServiceError):
    """Nobody is logged in here."""

    code = "unauthenticated"


class Forbidden(ServiceError):
    """Known, but not allowed."""

    code = "forbidden"


class NotFound(ServiceError):
    """No such thing, or none the actor may see: the two look the same on purpose."""

    code = "not_found"


class Conflict(ServiceError):
    """True now, and the request contradicts it."""

    code = "conflict"


class Gone(ServiceError):
    """It was there; it has been erased or has ended."""

    code = "gone"


class TooLarge(ServiceError):
    """More than the named limit."""

    code = "too_large"


class Invalid(ServiceError):
    """Understood, but it cannot be done."""

    code = "invalid"


class _Later(ServiceError):
    """Worth another try, not before ``retry_after_s``."""

    def __init__(self, *, zh: str, en: str, retry_after_s: int, **extra: Any) -> None:
        super().__init__(zh=zh, en=en, **extra)
        self.retry_after_s = retry_after_s


class TooMany(_Later):
    """Asked too often."""

    code = "too_many"


class Unavailable(_Later):
    """A part is down."""

    code = "unavailable"


class ContractBroken(Exception):
    """A module was declared wrongly: start-up fails, and says where."""
