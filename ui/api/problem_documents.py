"""What every operation may answer besides its own: the problems of RFC 9457, described once for all of them."""

from __future__ import annotations

from typing import Any

PROBLEM = "application/problem+json"
_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `type` and `title` are stable codes; `text` is for people.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "text": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": _TEXT, "en": _TEXT},
            "additionalProperties": False,
        },
        "retry_after_s": {"type": "integer"},
        "defects": {"type": "array", "items": {"type": "object"}},
    },
    "additionalProperties": True,
}
ALWAYS = {
    "400": "The request cannot be read.",
    "401": "Nobody is logged in here, and somebody must be.",
    "403": "Not allowed, or asked by a page of another origin.",
    "414": "The address is too long.",
    "422": "Understood, but it cannot be done: `defects` or `text` say why.",
    "429": "Asked too often: wait `retry_after_s`.",
    "503": "A part is down: try after `retry_after_s`.",
}
OF_SOMETHING = {"404": "No such thing, or none you may see.", "409": "True now, and the request contradicts it.",
                "410": "It was there; it has been erased or has ended."}  # fmt: skip
WITH_BODY = {"408": "The body did not come in time.", "413": "More than the named limit."}


def describe_problems(document: dict[str, Any]) -> None:
    """Completes an OpenAPI document in place; an answer that a route describes itself stays as it is."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    told = {**ALWAYS, **OF_SOMETHING, **WITH_BODY}
    components["responses"] = {
        f"Problem{status}": {
            "description": said,
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, said in told.items()
    }
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                _describe(operation)


def _describe(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    if _is_default(answers.get("422")):
        del answers["422"]
    statuses = {**ALWAYS, **OF_SOMETHING}
    if "requestBody" in operation:
        statuses |= WITH_BODY
    for status in sorted(statuses):
        answers.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})


def _is_default(answer: dict[str, Any] | None) -> bool:
    return answer is not None and "HTTPValidationError" in str(answer)
