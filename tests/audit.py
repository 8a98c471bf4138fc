"""``python -m tests.audit``: libraries with known weaknesses, and whether they were renewed in the time we promise.

Exit 0: none is known, in time. 1: something is to be done, each thing in a line. 3: nobody could be asked (no network,
no tool): that is said, and is no pass.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ui.web.build import find_npm

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "ui/web/package-lock.json")
RENEW_DAYS = 92
"""As SECURITY.md says: no list of libraries stands longer than this without having been looked through and renewed."""
ASK_WITHIN_S = 300
UNASKED = 3
_NO_NETWORK = re.compile(r"connection|resolve|timed? ?out|max retries|ENOTFOUND|ECONNREFUSED|EAI_AGAIN", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``defects`` are to be mended; ``unasked`` says why nobody could tell."""

    defects: tuple[str, ...] = ()
    unasked: str | None = None


def read_pip_audit(said: str) -> Found:
    """What ``pip-audit --format json`` knows of; whom nobody knew is not taken for sound."""
    told = json.loads(said)["dependencies"]
    unknown = [one["name"] for one in told if "skip_reason" in one]
    return Found(
        defects=tuple(
            f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'none yet'}"
            for one in told
            for weak in one.get("vulns", ())
        ),
        unasked=f"{len(unknown)} of {len(told)} libraries: {', '.join(unknown[:3])} ..." if unknown else None,
    )


def read_npm_audit(said: str) -> Found:
    """What ``npm audit --json`` knows of."""
    document: Mapping[str, Any] = json.loads(said)
    if "vulnerabilities" not in document:
        return Found(unasked=str(document.get("message") or document.get("error") or said)[:300])
    found = sorted(document["vulnerabilities"].items())
    return Found(defects=tuple(f"{name} {one['range']}: {one['severity']}" for name, one in found))


def judge_age(lock: str, *, renewed_s: float, now_s: float) -> tuple[str, ...]:
    days = int((now_s - renewed_s) // 86_400)
    if days <= RENEW_DAYS:
        return ()
    return (f"{lock} was renewed {days} days ago, {RENEW_DAYS} is the most: make lock, npm run lock in ui/web",)


def main() -> int:
    npm, environment = find_npm()
    asked = {
        "pip-audit": _ask(
            [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", LOCKS[0], "--format", "json",
             "--progress-spinner", "off"], read_pip_audit, ROOT,
        ),
        "npm audit": _ask(
            [*npm, "audit", "--json", "--package-lock-only"], read_npm_audit, ROOT / "ui" / "web", environment,
        ),
        "age": Found(defects=tuple(defect for lock in LOCKS for defect in _age_of(lock))),
    }  # fmt: skip
    for name, found in asked.items():
        for defect in found.defects:
            sys.stderr.write(f"{name}: {defect}\n")
        if found.unasked is not None:
            sys.stderr.write(f"{name}: NOT ASKED: {found.unasked}\n")
    if any(found.defects for found in asked.values()):
        return 1
    return UNASKED if any(found.unasked is not None for found in asked.values()) else 0


def _ask(
    command: Sequence[str], read: Callable[[str], Found], folder: Path, environment: dict[str, str] | None = None
) -> Found:
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=ASK_WITHIN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Found(unasked=f"no answer within {ASK_WITHIN_S} s")
    try:
        return read(done.stdout)
    except (ValueError, KeyError):
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        telling = next((line for line in said if _NO_NETWORK.search(line)), said[-1])
        return Found(unasked=telling[:300])


def _age_of(lock: str) -> tuple[str, ...]:
    told = subprocess.run(
        ["git", "log", "-1", "--format=%ct", "--", lock], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return judge_age(lock, renewed_s=float(told), now_s=time.time()) if told else ()


if __name__ == "__main__":
    sys.exit(main())
