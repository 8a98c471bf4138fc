"""What is wrong with a building on its way to publication: where, how bad, what may mend it; and what it changes."""

from __future__ import annotations

from typing import Any

from building.checks import Defect, check
from building.differences import Difference, place_of
from building.edits import FIXES
from building.graph import Unreached, build_graph, unreached
from building.labels import label_point
from building.model import Building, Entity

ENTRIES_MAX = 2_000
"""Of each list of a difference."""


def problems_of(b: Building) -> list[dict[str, Any]]:
    """All at once, the worst first."""
    needed = {w.space for w in b.windows}
    found = [_unreached(u, must=u.space.id in needed) for u in unreached(build_graph(b), b)]
    found += [_defect(d) for d in check(b)]
    order = {"must": 0, "should": 1, "hint": 2}
    found.sort(key=lambda p: (order[p["severity"]], p["rule"], p["entity"]))
    return [{"id": f"{p['rule']}-{n}", **p} for n, p in enumerate(found, 1)]


def _unreached(u: Unreached, *, must: bool) -> dict[str, Any]:
    """A room with a service window that nobody gets to keeps the whole version back."""
    return {
        "rule": "unreached", "severity": "must" if must else "should", "text": dict(u.reason), "floor": u.space.floor,
        "at": label_point(u.space.footprint), "entity": u.space.id, "fixes": list(FIXES["unreached"]),
    }  # fmt: skip


def _defect(d: Defect) -> dict[str, Any]:
    return {
        "rule": d.rule, "severity": d.severity, "text": dict(d.text), "floor": d.floor, "at": d.at, "entity": d.id,
        "fixes": list(FIXES.get(d.rule, ())),
    }  # fmt: skip


def difference_out(d: Difference, *, isomorphic: bool | None) -> dict[str, Any]:
    """A difference as it travels; what is beyond the longest list is counted."""
    lists = {
        "added": [_entity(e) for e in d.added],
        "removed": [_entity(e) for e in d.removed],
        "moved": [_entity(m.after) | {"from_at": place_of(m.before), "distance_m": m.distance_m} for m in d.moved],
        "changed": [_entity(c.after) | {"fields": list(c.fields)} for c in d.changed],
    }
    left_off = sum(max(0, len(entries) - ENTRIES_MAX) for entries in lists.values())
    shown = {name: entries[:ENTRIES_MAX] for name, entries in lists.items()}
    return {**shown, "isomorphic": isomorphic, "left_off": left_off}


def _entity(e: Entity) -> dict[str, Any]:
    return {
        "id": e.id, "kind": e.id.split(":", 2)[1], "name": dict(e.name), "floor": getattr(e, "floor", None),
        "at": place_of(e),
    }  # fmt: skip
