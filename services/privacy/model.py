"""Purposes, consents, requests and what is held of a person, as values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography.hazmat.primitives.hashes import SM3, Hash

from services.kernel.errors import ContractBroken
from services.kernel.modules import PersonalField

Kind = Literal["access", "correction", "erasure"]
State = Literal["open", "done", "refused", "withdrawn"]
Channel = Literal["phone", "kiosk", "counter", "web"]

REVEAL_S = 300
"""So long a page may show what was revealed."""
REVEALS_MAX = 20
REVEALS_WINDOW_S = 3_600
ANSWER_WORKING_DAYS = 15
REASON_MIN = 4
"""Characters; two Chinese words say why."""
LIST_MAX = 500
PURPOSES = Path(__file__).parent / "purposes.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What somebody may agree to; ``version`` and ``text`` are those in force."""

    id: str
    label: Mapping[str, str]
    version: int
    text: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SM3 of the text, both languages: evidence of what was shown."""
        digest = Hash(SM3())
        digest.update(json.dumps(dict(sorted(self.text.items())), ensure_ascii=False).encode())
        return digest.finalize().hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardian:
    """Who consents for a child under 14."""

    name: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One time that somebody gave or withdrew theirs; ``text_digest`` names the text they saw."""

    purpose: str
    version: int
    text_digest: str
    given: bool
    at_ms: int
    channel: str
    guardian_sealed: str | None
    guardian_relation: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``field`` is what to correct; the wished text and the reason of a refusal are sealed with the subject's key."""

    id: str
    subject: str
    kind: Kind
    state: State
    channel: str
    field: str | None
    text_sealed: str | None
    made_ms: int
    due_ms: int
    decided_ms: int | None
    decided_by: str | None
    reason_sealed: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One field of a person, in clear or masked; None: it can not be read any more."""

    field: PersonalField
    module: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How far retention has come with one field."""

    swept_ms: int
    erased: int
    ran_ms: int


def load_purposes(path: Path = PURPOSES) -> Mapping[str, Purpose]:
    """By id, each with its newest version; every older one stays in the file, because consents name it."""
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    found: dict[str, Purpose] = {}
    for entry in document["purposes"]:
        versions: Sequence[Mapping[str, Any]] = entry["versions"]
        if [v["version"] for v in versions] != list(range(1, len(versions) + 1)):
            raise ContractBroken(f"purpose {entry['id']}: versions count from 1, none left out")
        newest = versions[-1]
        purpose = Purpose(id=entry["id"], label=entry["label"], version=newest["version"], text=newest["text"])
        if any(not text.get(lang) for text in (purpose.label, purpose.text) for lang in ("zh", "en")):
            raise ContractBroken(f"purpose {purpose.id} says something in one language only")
        if purpose.id in found:
            raise ContractBroken(f"purpose {purpose.id} stands there twice")
        found[purpose.id] = purpose
    return found
