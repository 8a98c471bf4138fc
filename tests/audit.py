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
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ui.web.build import find_npm

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.lock", "ui/web/package-lock.json")
RENEW_DAYS, MEND_DAYS = 92, 30
"""As SECURITY.md says: no list of libraries stands longer than the first without having been looked through and
renewed; and who mends a weakness publishes a new version, so that with the second no mended one is missing for longer,
whether or not its weakness was told to anybody.
"""
HELD_PAGES = {
    "@types/node": "describes the Node that builds the pages, not the newest",
    "typescript": "the architecture names its version; it builds the pages and is not in them",
}
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


def read_behind(
    outdated: str, newest: str, *, pinned: Collection[str], asks: Mapping[str, Sequence[str]]
) -> tuple[dict[str, str], str | None]:
    """Whoever is not the newest, but for those that another library keeps from it, and why some are not known, of
    ``pip list --format json`` with ``--outdated`` and with ``--uptodate``; ``asks``: what is asked of a name, as
    ``==1.2``.
    """
    told = {canonicalize_name(one["name"]): one for one in [*json.loads(outdated), *json.loads(newest)]}
    unknown = sorted(set(pinned) - told.keys())
    behind = {
        name: f"{one['version']}, not {one['latest_version']}"
        for name, one in told.items()
        if name in pinned
        and "latest_version" in one
        and all(one["latest_version"] in SpecifierSet(asked) for asked in asks.get(name, ()))
    }
    return behind, f"{len(unknown)} of {len(pinned)} libraries: {', '.join(unknown[:3])} ..." if unknown else None


def read_npm_behind(said: str) -> dict[str, str]:
    """What ``npm outdated --json`` knows of, but for those that are held for a reason."""
    found: Mapping[str, Any] = json.loads(said or "{}")
    if "error" in found:
        raise ValueError(found["error"])
    return {name: f"{one['current']}, not {one['latest']}" for name, one in found.items() if name not in HELD_PAGES}


def judge_behind(behind: Mapping[str, str], *, renewed_s: float, now_s: float) -> tuple[str, ...]:
    """When it was renewed all were the newest: so long, at most, is a newer one there."""
    days = int((now_s - renewed_s) // 86_400)
    return tuple(f"{name} {which}: for up to {days} days" for name, which in behind.items() if days > MEND_DAYS)


def judge_age(lock: str, *, renewed_s: float, now_s: float) -> tuple[str, ...]:
    days = int((now_s - renewed_s) // 86_400)
    if days <= RENEW_DAYS:
        return ()
    return (f"{lock} was renewed {days} days ago, {RENEW_DAYS} is the most: make lock, npm run lock in ui/web",)


def main() -> int:
    npm, environment = find_npm()
    pages = ROOT / "ui" / "web"
    pip_audit = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", LOCKS[0]]
    questions: Mapping[str, Callable[[], Found]] = {
        "pip-audit": lambda: _ask([*pip_audit, "--format", "json", "--progress-spinner", "off"], read_pip_audit, ROOT),
        "npm audit": lambda: _ask([*npm, "audit", "--json", "--package-lock-only"], read_npm_audit, pages, environment),
        "pip list": _ask_newer,
        "npm outdated": lambda: _ask([*npm, "outdated", "--json"], _judge_npm_behind, pages, environment),
        "age": lambda: Found(defects=tuple(defect for lock in LOCKS for defect in _age_of(lock))),
    }
    with ThreadPoolExecutor() as pool:
        asked = dict(zip(questions, pool.map(lambda ask: ask(), questions.values()), strict=True))
    for name, found in asked.items():
        for defect in found.defects:
            sys.stderr.write(f"{name}: {defect}\n")
        if found.unasked is not None:
            sys.stderr.write(f"{name}: NOT ASKED: {found.unasked}\n")
    if any(found.defects for found in asked.values()):
        return 1
    return UNASKED if any(found.unasked is not None for found in asked.values()) else 0


def _ask_newer() -> Found:
    """What pip knows of newer versions; it says nothing where it reaches no index, so those it knows are asked too."""
    pip_list = [sys.executable, "-m", "pip", "list", "--format", "json"]
    (outdated, why), (newest, _) = (_hear([*pip_list, which], ROOT) for which in ("--outdated", "--uptodate"))
    pinned = set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (ROOT / LOCKS[0]).read_text(), re.MULTILINE))
    asks: dict[str, list[str]] = {}
    for wish in (Requirement(text) for one in distributions() for text in one.requires or ()):
        asks.setdefault(canonicalize_name(wish.name), []).append(str(wish.specifier))
    try:
        behind, unasked = read_behind(outdated, newest, pinned=pinned, asks=asks)
    except ValueError:
        return Found(unasked=why)
    return Found(defects=judge_behind(behind, renewed_s=_renewed_s(LOCKS[0]), now_s=time.time()), unasked=unasked)


def _judge_npm_behind(said: str) -> Found:
    return Found(defects=judge_behind(read_npm_behind(said), renewed_s=_renewed_s(LOCKS[1]), now_s=time.time()))


def _ask(
    command: Sequence[str], read: Callable[[str], Found], folder: Path, environment: dict[str, str] | None = None
) -> Found:
    said, why = _hear(command, folder, environment)
    try:
        return read(said)
    except (ValueError, KeyError):
        return Found(unasked=why)


def _hear(command: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> tuple[str, str]:
    """What it says, and why it says nothing of use where that is so."""
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=ASK_WITHIN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "", f"no answer within {ASK_WITHIN_S} s"
    said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
    return done.stdout, next((line for line in said if _NO_NETWORK.search(line)), said[-1])[:300]


def _age_of(lock: str) -> tuple[str, ...]:
    return judge_age(lock, renewed_s=_renewed_s(lock), now_s=time.time())


def _renewed_s(lock: str) -> float:
    """Where there is no history the list is taken as new."""
    command = ["git", "log", "-1", "--format=%ct", "--", lock]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return float(told) if told else time.time()


if __name__ == "__main__":
    sys.exit(main())
