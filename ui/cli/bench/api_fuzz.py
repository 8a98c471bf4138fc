"""Every operation of the API asked with whatever its description allows, and with what it does not: no route breaks.

Schemathesis draws the requests from the app's own OpenAPI document; they go to an app in this process. ``broken``: an
answer of 500 and above; ``undocumented``: a status, content type or body that the document does not describe.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.kernel.access import PUBLIC
from services.kernel.http import MARK
from services.kernel.modules import access_table, load_modules
from ui.testing_inside import HOST, VISITOR, Answer, InsideHall, inside_hall

BROKEN_FROM = 500
MAY_SAY_503 = frozenset({"GET /api/v1/health"})
"""It says by 503 that a part is down, and the hall that is asked has no broker."""
KEPT_MAX = 20
SHEETS = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",)
"""Sent as any bytes."""


@dataclass
class Found:
    """``asked``: requests, by operation; the first of each defect is kept to be looked at."""

    asked: dict[str, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    undocumented: dict[str, str] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        return {
            "operations": len(self.asked),
            "requests": sum(self.asked.values()),
            "broken": len(self.broken),
            "undocumented": len(self.undocumented),
            "examples": [*self.broken.values(), *self.undocumented.values()][:KEPT_MAX],
        }


def fuzzed_api(examples: int, seed: int) -> dict[str, Any]:
    """The figures of a hall on a database of its own."""
    from twin.testing import throwaway_server

    with (
        throwaway_server() as server,
        server.database() as url,
        tempfile.TemporaryDirectory(prefix="halltwin-prove-") as folder,
        inside_hall(url, Path(folder)) as inside,
    ):
        return fuzz_api(inside, examples=examples, seed=seed).figures()


def fuzz_api(inside: InsideHall, *, examples: int, seed: int) -> Found:
    """So many requests an operation, the same for the same seed; by somebody who may ask."""
    found = Found()
    roles = {p.name: sorted(p.roles) for p in access_table(load_modules()).permissions.values()}
    document = json.loads(json.dumps(inside.app.openapi()))
    for operation in _operations(document):
        permission = operation.definition.raw[MARK]
        who = VISITOR if permission == PUBLIC else _one_of(roles[permission])
        documented = Documented(document, document["paths"][operation.path][operation.method.lower()])
        _fuzz(inside, operation, who, documented, examples=examples, seed=seed, found=found)
    return found


def _one_of(roles: list[str]) -> str:
    """A person rather than a program, who is told more."""
    return next((role for role in ("manager", "admin", "security_admin") if role in roles), roles[0])


def _operations(document: Mapping[str, Any]) -> Iterator[Any]:
    import schemathesis

    for kind in SHEETS:
        schemathesis.serializer.alias(kind, "application/octet-stream")
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    drawn: Any = schema.get_all_operations()
    for result in drawn:
        yield result.ok()


def _fuzz(
    inside: InsideHall, operation: Any, who: str, documented: Documented, *, examples: int, seed: int, found: Found
) -> None:
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings
    from hypothesis import seed as seeded
    from schemathesis import GenerationMode

    name = f"{operation.method.upper()} {operation.path}"
    found.asked[name] = 0
    strategy = operation.as_strategy(generation_mode=GenerationMode.POSITIVE) | operation.as_strategy(
        generation_mode=GenerationMode.NEGATIVE
    )

    @seeded(seed)
    @settings(
        max_examples=examples, database=None, deadline=None, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def ask(case: Any) -> None:
        found.asked[name] += 1
        _judge(name, documented, *_send(inside, case, who), found)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ask()


def _send(inside: InsideHall, case: Any, who: str) -> tuple[Any, Answer]:
    import requests

    told = case.as_transport_kwargs(base_url=f"http://{HOST}")
    told.pop("cookies", None)
    headers = {name: value for name, value in (told.pop("headers", None) or {}).items() if _can_be_sent(value)}
    request: Any = requests.Request(headers=headers, **{k: v for k, v in told.items() if k in REQUEST_WORDS}).prepare()
    body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
    sent = {name: value for name, value in request.headers.items() if name.lower() not in ("cookie", "authorization")}
    path = str(request.url).split(HOST, 1)[1]
    return request, inside.ask(str(request.method), path, body, who=who, headers=sent)


REQUEST_WORDS = frozenset({"method", "url", "params", "json", "data", "files"})


def _can_be_sent(value: object) -> bool:
    """A client's library sends no other header."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


def _judge(name: str, documented: Documented, request: Any, answer: Answer, found: Found) -> None:
    line = f"{name} {request.url!r:.200} {request.body!r:.200} -> {answer.status} {answer.text:.200}"
    if answer.status >= BROKEN_FROM and not (answer.status == 503 and name in MAY_SAY_503):
        found.broken.setdefault(name, line)
    elif defect := documented.find_defect(answer):
        found.undocumented.setdefault(name, f"{defect}: {line}")


class Documented:
    """What the document says that one operation answers."""

    def __init__(self, document: Mapping[str, Any], operation: Mapping[str, Any]) -> None:
        self._document, self._answers = document, operation["responses"]

    def find_defect(self, answer: Answer) -> str | None:
        """Why this answer is not one of those, None where it is."""
        told = self._answers.get(str(answer.status))
        if told is None:
            return "status"
        if "$ref" in told:
            told = self._document["components"]["responses"][told["$ref"].rpartition("/")[2]]
        content, kind = told.get("content", {}), answer.headers.get("content-type", "").partition(";")[0]
        if not answer.body and not content:
            return None
        if kind not in content:
            return f"content type {kind}"
        return self._look_at_json(content[kind].get("schema", {}), answer) if kind.endswith("json") else None

    def _look_at_json(self, schema: Mapping[str, Any], answer: Answer) -> str | None:
        from jsonschema import Draft202012Validator

        body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
        whole = {**schema, "components": self._document["components"]}
        error = next(Draft202012Validator(whole).iter_errors(json.loads(body)), None)
        return None if error is None else f"body {error.json_path} {error.message:.100}"
