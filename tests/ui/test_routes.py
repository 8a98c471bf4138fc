"""Every route of the API: its permission, its refusal of strangers, and its place in the description we keep."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.kernel.access import PUBLIC
from services.kernel.modules import access_table, load_modules
from ui.api.app import create_app, undeclared_operations
from ui.bootstrap import describe_hall

KEPT = Path(__file__).resolve().parents[2] / "ui" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """The API of a hall that is never started: enough for what must hold before anything else runs."""
    app = create_app(describe_hall(tmp_path_factory.mktemp("hall")), pages=None)
    return TestClient(app, raise_server_exceptions=False)


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_route_declares_its_permission(described: TestClient) -> None:
    assert undeclared_operations(described.app) == []  # type: ignore[arg-type]


def test_every_operation_names_a_permission_that_somebody_has(described: TestClient) -> None:
    known = access_table(load_modules()).permissions.keys() | {PUBLIC}
    operations = _operations(described.app.openapi())  # type: ignore[attr-defined]
    assert operations
    assert {(m, p) for m, p, o in operations if o.get("x-permission") not in known} == set()


def test_a_stranger_gets_401_before_anything_of_the_request_is_looked_at(described: TestClient) -> None:
    wrong: list[tuple[str, str, int]] = []
    for method, path, operation in _operations(described.app.openapi()):  # type: ignore[attr-defined]
        if operation["x-permission"] == PUBLIC:
            continue
        address = re.sub(r"\{[^}]+\}", "x", path)
        answer = described.request(method.upper(), address, content=b"{not json")
        if answer.status_code != 401 or answer.headers["content-type"] != "application/problem+json":
            wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_the_description_that_is_kept_is_that_of_the_program(described: TestClient) -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    made = json.loads(json.dumps(described.app.openapi()))  # type: ignore[attr-defined]
    assert kept == made, "the API changed: run `make openapi` and review the diff"


def test_a_page_of_another_origin_cannot_change_anything(described: TestClient) -> None:
    answer = described.post("/api/v1/session", json={}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403


def test_a_body_over_the_limit_is_refused_unread(described: TestClient) -> None:
    answer = described.post("/api/v1/session", content=b"x" * 2_000_000)
    assert answer.status_code == 413
