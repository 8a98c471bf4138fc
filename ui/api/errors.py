"""The twin speaks no HTTP: its errors take the place of their kin among the services'."""

from __future__ import annotations

from iot.errors import CommandRefused
from services.kernel.errors import Conflict, Invalid, NotFound, ServiceError, Unavailable
from twin.errors import DatabaseUnavailable, Refused, UnknownSelection, UnknownView
from twin.errors import NotFound as TwinNotFound

RETRY_AFTER_S = 3


def as_service_error(error: Exception) -> ServiceError:
    said = str(error)
    match error:
        case TwinNotFound():
            return NotFound(zh="没有找到。", en=said)
        case DatabaseUnavailable():
            return Unavailable(zh="数据库暂时不可用，请稍后再试。", en=said, retry_after_s=RETRY_AFTER_S)
        case UnknownView():
            return Invalid(zh="没有这个视图。", en=said)
        case UnknownSelection():
            return Invalid(zh=f"没有叫做“{error.word}”的位置或类型。", en=said, known=list(error.known))
        case Refused() | CommandRefused():
            return Conflict(zh=f"现在不能执行：{said}", en=said)
    return Unavailable(zh="暂时不可用，请稍后再试。", en=said, retry_after_s=RETRY_AFTER_S)
