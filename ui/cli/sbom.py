"""``halltwin sbom``: every library of others in this installation, as a CycloneDX 1.6 document.

Programs from the installed distributions, beginning at our own; pages from their lock file, where that is at hand.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ui.version import __version__

OURS = "halltwin"
PAGES = Path(__file__).parents[1] / "web" / "package-lock.json"
LICENCE_MAX = 80
"""Characters; some write all of its text into the field for its name."""
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_NAME, _EXTRA = re.compile(rf"({_WORD})\s*(?:\[([^\]]*)\])?"), re.compile(r"extra == ['\"]([^'\"]+)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(_args: argparse.Namespace) -> int:
    if not PAGES.exists():
        print("without the libraries in the pages: their lock file is in the sources only", file=sys.stderr)
    pages = json.loads(PAGES.read_text(encoding="utf-8")) if PAGES.exists() else {}
    print(json.dumps(make_sbom(list_installed(), pages, now=datetime.now(UTC)), ensure_ascii=False))
    return 0


@dataclass(frozen=True, slots=True)
class Installed:
    """One library, and the plain names of those it needs."""

    told: Distribution
    needs: tuple[str, ...]


def list_installed(root: str = OURS) -> dict[str, Installed]:
    """Ours and all that it needs here, by plain name; what only other systems need is not installed."""
    found: dict[str, Installed] = {}
    waiting, seen = [(root, frozenset[str]())], set[tuple[str, frozenset[str]]]()
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            told = distribution(name)
        except PackageNotFoundError:
            continue
        needs = dict(_needs(told, extras))
        known = found[name].needs if name in found else ()
        found[name] = Installed(told, tuple(sorted({*known, *needs})))
        waiting += needs.items()
    return found


def make_sbom(programs: Mapping[str, Installed], pages: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    refs = {name: f"pkg:pypi/{name}@{one.told.version}" for name, one in programs.items()}
    components = [_program(refs[name], one.told) for name, one in sorted(programs.items()) if name != OURS]
    in_pages = list(_page_libraries(pages))
    needs = [
        {"ref": refs[name], "dependsOn": [refs[need] for need in one.needs if need in refs]}
        for name, one in sorted(programs.items())
    ]
    for one in needs:
        if one["ref"] == refs.get(OURS):
            one["dependsOn"] = [*one["dependsOn"], *(page["bom-ref"] for page in in_pages)]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": now.isoformat(timespec="seconds"),
            "component": {
                "type": "application", "bom-ref": refs.get(OURS, OURS), "name": OURS, "version": __version__,
            },
        },
        "components": [*components, *in_pages],
        "dependencies": needs,
    }  # fmt: skip


def _program(ref: str, one: Distribution) -> dict[str, Any]:
    name = str(one.metadata["Name"])
    return {
        "type": "library", "bom-ref": ref, "name": name, "version": one.version, "purl": ref, **_licence(one),
    }  # fmt: skip


def _licence(one: Distribution) -> dict[str, Any]:
    expression, name = _told(one, "License-Expression"), _told(one, "License")
    if expression:
        return {"licenses": [{"expression": expression}]}
    if name and len(name) <= LICENCE_MAX and name != "UNKNOWN":
        return {"licenses": [{"license": {"name": name}}]}
    said = [c.rpartition(" :: ")[2] for c in one.metadata.get_all("Classifier") or () if c.startswith("License ::")]
    return {"licenses": [{"license": {"name": text}} for text in said]} if said else {}


def _told(one: Distribution, what: str) -> str:
    return next(iter(one.metadata.get_all(what) or ()), "")


def _page_libraries(lock: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is bundled into the pages: not what only builds or tests them."""
    for path, one in sorted(lock.get("packages", {}).items()):
        name = path.rpartition("node_modules/")[2]
        if not name or one.get("dev") or one.get("devOptional"):
            continue
        ref = f"pkg:npm/{quote(name)}@{one['version']}"
        found = {"type": "library", "bom-ref": ref, "name": name, "version": one["version"], "purl": ref}
        if "license" in one:
            found["licenses"] = [{"license": {"name": one["license"]}}]
        if one.get("integrity", "").startswith("sha512-"):
            content = base64.b64decode(one["integrity"].removeprefix("sha512-")).hex()
            found["hashes"] = [{"alg": "SHA-512", "content": content}]
        yield found


def _needs(one: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """With the extras that are asked for of each."""
    for said in one.requires or ():
        what, _, marker = said.partition(";")
        asked = _EXTRA.search(marker)
        if (asked is None or asked[1] in extras) and (match := _NAME.match(what)):
            yield _plain(match[1]), frozenset(re.findall(_WORD, match[2] or ""))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
