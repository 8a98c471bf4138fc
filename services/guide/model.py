"""What a service item is: the elements of 政务服务事项 that a visitor asks about, as data a person writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Text: TypeAlias = Mapping[str, str]
ItemType = Literal["licence", "benefit", "confirmation", "registration", "public_service"]
Audience = Literal["personal", "company"]
Need = Literal["required", "deferrable"]
"""deferrable: 容缺, the matter is taken on without it and it may follow or be spared."""
Source = Literal["self", "government", "third_party"]

TYPE_LABELS: Mapping[ItemType, Text] = {
    "licence": {"zh": "行政许可", "en": "Licence"},
    "benefit": {"zh": "行政给付", "en": "Benefit"},
    "confirmation": {"zh": "行政确认", "en": "Confirmation"},
    "registration": {"zh": "行政登记", "en": "Registration"},
    "public_service": {"zh": "公共服务", "en": "Public service"},
}
SOURCE_LABELS: Mapping[Source, Text] = {
    "self": {"zh": "申请人自备", "en": "Bring your own"},
    "government": {"zh": "政府部门核发", "en": "Issued by a public office"},
    "third_party": {"zh": "其他单位出具", "en": "Issued by somebody else"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One paper to bring: how many originals and copies, whether it may follow, who issues it."""

    name: Text
    original: int
    copies: int
    need: Need
    source: Source
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    free: bool
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    available: bool
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    question: Text
    answer: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """``instant``: 即办件, done while the visitor waits. Days are working days. ``popular``: 1 is asked for most."""

    code: str
    name: Text
    department: str
    type: ItemType
    audience: tuple[Audience, ...]
    aliases: tuple[str, ...]
    instant: bool
    legal_days: int
    promised_days: int
    visits: int
    service_min: int
    online: Online
    fee: Fee
    conditions: tuple[Text, ...]
    materials: tuple[Material, ...]
    steps: tuple[Text, ...]
    result: Text
    hours: Text
    phone: str
    faq: tuple[Question, ...] = ()
    popular: int | None = None
