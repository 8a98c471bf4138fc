"""The API asked with what its description allows and forbids: in short; `make prove PART=api` is the long form."""

from __future__ import annotations

import pytest

from ui.cli.bench.api_fuzz import Documented, fuzz_api
from ui.testing_inside import Answer, InsideHall

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_no_request_breaks_a_route_or_meets_an_undocumented_answer(inside: InsideHall) -> None:
    found = fuzz_api(inside, examples=1, seed=1)
    assert len(found.asked) > 100
    assert min(found.asked.values()) >= 1
    assert found.broken == {}
    assert found.undocumented == {}


def test_an_answer_that_nobody_described_is_noticed() -> None:
    shape = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    document = {"components": {"schemas": {"N": shape}, "responses": {}}}
    described = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/N"}}}}
    documented = Documented(document, {"responses": {"200": described, "204": {}}})

    def answer(status: int, body: bytes, kind: str = "application/json") -> Answer:
        return Answer(status, {"content-type": kind}, body)

    assert documented.find_defect(answer(200, b'{"n":1}')) is None
    assert documented.find_defect(answer(204, b"")) is None
    assert documented.find_defect(answer(418, b"{}")) == "status"
    assert documented.find_defect(answer(200, b"<p>", "text/html")) == "content type text/html"
    assert str(documented.find_defect(answer(200, b'{"n":"1"}'))).startswith("body $.n")
