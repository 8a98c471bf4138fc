"""Routes of the guide, all public: items, one item in full, departments."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from services.guide.model import SOURCE_LABELS, TYPE_LABELS, Item
from services.guide.search import MAX_QUERY
from services.guide.service import MAX_PAGE, Desk, Guide
from services.kernel.http import make_router, public

TextOut = dict[str, str]


class ItemOut(BaseModel):
    """``windows`` are all of its department, ``open_windows`` those that serve now; ``wait_min`` null: not known."""

    code: str
    name: TextOut
    department: str
    department_name: TextOut
    department_short: TextOut
    type: str
    type_label: TextOut
    audience: list[Literal["personal", "company"]]
    instant: bool
    promised_days: int
    duration_min: int
    fee_free: bool
    online: bool
    floors: list[str]
    windows: list[str]
    open_windows: list[str]
    waiting: int | None
    wait_min: tuple[int, int] | None


class ItemsOut(BaseModel):
    items: list[ItemOut]


class MaterialOut(BaseModel):
    """``need``: ``deferrable`` is 容缺."""

    name: TextOut
    original: int
    copies: int
    need: Literal["required", "deferrable"]
    source: Literal["self", "government", "third_party"]
    source_label: TextOut
    note: TextOut | None


class QuestionOut(BaseModel):
    question: TextOut
    answer: TextOut


class ItemDetailOut(ItemOut):
    """Everything a visitor asks about one item."""

    aliases: list[str]
    legal_days: int
    visits: int
    fee_note: TextOut | None
    online_note: TextOut | None
    conditions: list[TextOut]
    materials: list[MaterialOut]
    process: list[TextOut]
    result: TextOut
    hours: TextOut
    phone: str
    faq: list[QuestionOut]


class DepartmentOut(BaseModel):
    id: str
    name: TextOut
    short: TextOut
    floors: list[str]
    windows: list[str]
    open_windows: list[str]
    items: int
    waiting: int | None
    wait_min: tuple[int, int] | None


def router(service: Guide) -> APIRouter:
    """All of the module's routes, below ``/api/v1``."""
    routes = make_router("guide", prefix="/guide")

    @routes.get("/items", **public())
    def list_items(
        q: Annotated[str, Query(max_length=MAX_QUERY * 4)] = "",
        department: Annotated[str | None, Query(max_length=32)] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 20,
    ) -> ItemsOut:
        items = service.list_items(q, department=department, limit=limit)
        desks = service.desks({i.department for i in items})
        shown = [_item(i, desks[i.department]) for i in items if i.department in desks]
        return ItemsOut(items=[ItemOut.model_validate(item) for item in shown])

    @routes.get("/items/{code}", **public())
    def get_item(code: str) -> ItemDetailOut:
        item, desk = service.get_offer(code)
        return ItemDetailOut.model_validate(_item(item, desk) | _detail(item))

    @routes.get("/departments", **public())
    def list_departments() -> list[DepartmentOut]:
        return [_department(d) for d in service.list_desks()]

    return routes


def _item(item: Item, desk: Desk) -> dict[str, object]:
    return {
        "code": item.code,
        "name": item.name,
        "department": item.department,
        "department_name": desk.department.name,
        "department_short": desk.department.short,
        "type": item.type,
        "type_label": TYPE_LABELS[item.type],
        "audience": list(item.audience),
        "instant": item.instant,
        "promised_days": item.promised_days,
        "duration_min": item.service_min,
        "fee_free": item.fee.free,
        "online": item.online.available,
        "floors": list(desk.floors),
        "windows": list(desk.numbers),
        "open_windows": list(desk.now.open_windows),
        "waiting": desk.now.waiting,
        "wait_min": desk.now.wait_min,
    }


def _detail(item: Item) -> dict[str, object]:
    return {
        "aliases": list(item.aliases),
        "legal_days": item.legal_days,
        "visits": item.visits,
        "fee_note": item.fee.note,
        "online_note": item.online.note,
        "conditions": list(item.conditions),
        "materials": [
            MaterialOut(
                name=dict(m.name),
                original=m.original,
                copies=m.copies,
                need=m.need,
                source=m.source,
                source_label=dict(SOURCE_LABELS[m.source]),
                note=None if m.note is None else dict(m.note),
            )
            for m in item.materials
        ],
        "process": list(item.steps),
        "result": item.result,
        "hours": item.hours,
        "phone": item.phone,
        "faq": [QuestionOut(question=dict(f.question), answer=dict(f.answer)) for f in item.faq],
    }


def _department(desk: Desk) -> DepartmentOut:
    return DepartmentOut(
        id=desk.department.key,
        name=dict(desk.department.name),
        short=dict(desk.department.short),
        floors=list(desk.floors),
        windows=list(desk.numbers),
        open_windows=list(desk.now.open_windows),
        items=desk.items,
        waiting=desk.now.waiting,
        wait_min=desk.now.wait_min,
    )
