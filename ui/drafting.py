"""Drafts of the building from upload to publication, as the routes ask for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from building.counts import count
from building.differences import difference
from building.errors import EditRefused
from building.formats import FORMATS
from building.graph import build_graph
from building.isomorphism import isomorphic
from building.model import Building
from building.versions import content_hash
from services.navigation.service import Answer, Navigation
from twin.drafts import Draft, Start
from twin.errors import StaleBase, StaleDraft
from twin.overlay import overlay
from twin.twin import Twin
from ui import reading
from ui.draft_errors import BaseMoved, DraftMoved, DraftNotReady, EditImpossible, NotPublishable
from ui.draft_reader import UPLOAD_BYTES_MAX, DraftReader, start_of
from ui.draft_report import difference_out, problems_of
from ui.publishing import Publishing
from ui.scenes import Scenes

ROUTED_MAX = 2
"""Draft states that keep a compiled network, so that a second preview is quick."""
READY = {"zh": "可以编辑", "en": "Ready"}
FAILED = {"zh": "没有读成", "en": "Could not be read"}


class Drafting:
    """One for the hall. ``make_navigation`` gives a navigation of its own, which no live facts reach."""

    def __init__(
        self, *, twin: Twin, reader: DraftReader, publishing: Publishing, make_navigation: Callable[[], Navigation]
    ) -> None:
        self._twin, self._drafts, self._versions = twin, twin.drafts, twin.versions
        self._reader, self._publishing = reader, publishing
        self._scenes = Scenes()  # its own: who draws a draft must not keep the public pages waiting
        self._sums: dict[str, tuple[int, str, Mapping[str, int]]] = {}
        self._make_navigation = make_navigation
        self._routed: OrderedDict[str, Navigation] = OrderedDict()
        self._routing = threading.Lock()

    # --- making

    def limits(self) -> dict[str, Any]:
        limits = reading.DEFAULT
        return {
            "upload_bytes": min(UPLOAD_BYTES_MAX, limits.file_bytes), "entities": limits.entities,
            "memory_mb": limits.memory_bytes // 1024**2, "cpu_s": limits.cpu_s, "wall_s": int(limits.wall_s),
            "formats": [f.name for f in FORMATS],
        }  # fmt: skip

    def list_all(self) -> list[dict[str, Any]]:
        return [self._show(d) for d in self._drafts.list_all()]

    async def upload(self, body: AsyncIterator[bytes], *, name: str, actor: str) -> dict[str, Any]:
        return self._show(await self._reader.take(body, name=name, actor=actor))

    def copy_current(self, *, actor: str) -> dict[str, Any]:
        version, building = self._versions.current()
        return self._show(self._drafts.copy(building, base=version, actor=actor))

    def get(self, draft_id: str) -> dict[str, Any]:
        return self._show(self._drafts.get(draft_id))

    def delete(self, draft_id: str, *, actor: str) -> None:
        self._reader.stop(draft_id)
        self._drafts.delete(draft_id, actor=actor)
        self._sums.pop(draft_id, None)

    # --- editing

    def edit(self, draft_id: str, edit: Mapping[str, Any], *, revision: int, actor: str) -> dict[str, Any]:
        self._check_kind(edit)
        with self._refusing(draft_id):
            return self._show(self._drafts.edit(draft_id, edit, revision=revision, actor=actor))

    def undo(self, draft_id: str, *, revision: int, actor: str) -> dict[str, Any]:
        with self._refusing(draft_id):
            return self._show(self._drafts.undo(draft_id, revision=revision, actor=actor))

    def redo(self, draft_id: str, *, revision: int, actor: str) -> dict[str, Any]:
        with self._refusing(draft_id):
            return self._show(self._drafts.redo(draft_id, revision=revision, actor=actor))

    def rebase(self, draft_id: str, *, revision: int, actor: str) -> dict[str, Any]:
        with self._refusing(draft_id) as draft:
            version, building = self._versions.current()
            plan = self._drafts.plan(draft)
            start = Start(building=building) if plan is None else start_of(building, plan)
            again = self._drafts.rebase(draft_id, base=version, start=start, revision=revision, actor=actor)
            return self._show(again)

    def publish(self, draft_id: str, *, revision: int, why: str, actor: str) -> dict[str, Any]:
        with self._refusing(draft_id) as draft:
            if draft.revision != revision:
                raise StaleDraft(revision=draft.revision, by=None)
            building = self._drafts.building(draft)
            if hard := [p for p in problems_of(building) if p["severity"] == "must"]:
                raise NotPublishable(hard)
            found = self._publish(building, actor=actor, why=why, base=draft.base)
            self._drafts.published(draft, version=found["version"])
            return found

    # --- looking

    def scene(self, draft_id: str) -> tuple[str, bytes]:
        with self._refusing(draft_id) as draft:
            building = self._drafts.building(draft)
        return self._scenes.get(content_hash(building), building, devices=True)

    def report(self, draft_id: str) -> dict[str, Any]:
        with self._refusing(draft_id) as draft:
            building = self._drafts.building(draft)
        counts, live = count(building), self._twin.snapshot().entities
        alarmed = {a["source"] for a in self._twin.alarms.list_open()}
        found = overlay(self._versions.current()[1], building, live, alarmed=alarmed)
        return {
            "walkable": counts["walkable"], "reached": counts["reached"], "problems": problems_of(building),
            "warnings": list(building.warnings),
            "overlay": {"kept": found.kept, "lost": [{"id": e.id, "what": dict(e.what)} for e in found.lost]},
        }  # fmt: skip

    def find_route(self, draft_id: str, *, start: str, goal: str, profile: str) -> Answer:
        """Compiled for the profile that is asked for, when it is asked for."""
        with self._refusing(draft_id) as draft:
            building = self._drafts.building(draft)
        version = content_hash(building)
        with self._routing:
            navigation = self._routed.get(version)
            if navigation is None:
                navigation = self._routed[version] = self._make_navigation()
                navigation.prepare(version, building)()
                while len(self._routed) > ROUTED_MAX:
                    self._routed.popitem(last=False)
        return navigation.find_route(start=start, goal=goal, profile=profile)

    def diff(self, draft_id: str) -> dict[str, Any]:
        with self._refusing(draft_id) as draft:
            building = self._drafts.building(draft)
        return _diff(self._versions.current()[1], building)

    # --- versions

    def list_versions(self, limit: int) -> list[dict[str, Any]]:
        return [asdict(v) for v in self._versions.list_all(limit)]

    def version_scene(self, version: str) -> tuple[str, bytes]:
        return self._scenes.get(version, self._versions.get(version), devices=True)

    def version_diff(self, before: str, after: str) -> dict[str, Any]:
        return _diff(self._versions.get(before), self._versions.get(after))

    def roll_back(self, version: str, *, why: str, actor: str) -> dict[str, Any]:
        """Whatever is current: who goes back means to."""
        return self._publish(self._versions.get(version), actor=actor, why=why, base=None)

    # --- how

    def _publish(self, building: Building, *, actor: str, why: str, base: str | None) -> dict[str, Any]:
        found = self._publishing.publish(building, actor=actor, why=why, base=base)
        same = isomorphic(build_graph(found.before), build_graph(found.after))
        return {"version": found.version, "diff": difference_out(found.difference, isomorphic=same)}

    @contextmanager
    def _refusing(self, draft_id: str) -> Iterator[Draft]:
        """The draft, if it is ready; what the twin refuses becomes what the page can show."""
        draft = self._drafts.get(draft_id)
        if draft.state != "ready":
            raise DraftNotReady(draft.state)
        try:
            yield draft
        except EditRefused as refused:
            raise EditImpossible(refused) from refused
        except StaleDraft as stale:
            raise DraftMoved(stale) from stale
        except StaleBase as stale:
            raise BaseMoved(stale) from stale

    def _sum(self, draft: Draft) -> tuple[str, Mapping[str, int]]:
        """Hash and counts, worked out once a revision: lists show every draft."""
        known = self._sums.get(draft.id)
        if known is None or known[0] != draft.revision:
            building = self._drafts.building(draft)
            known = self._sums[draft.id] = (draft.revision, content_hash(building), count(building))
        return known[1:]

    def _check_kind(self, edit: Mapping[str, Any]) -> None:
        """A device of a kind that nobody declared could never say anything."""
        kind = edit.get("kind")
        if edit.get("op") == "add_device" and isinstance(kind, str) and kind not in self._twin.kinds:
            known = ", ".join(sorted(self._twin.kinds))
            raise EditImpossible(
                EditRefused(
                    what={"zh": f"没有“{kind[:40]}”这种设备。", "en": f"There is no kind of device {kind[:40]!r}."},
                    todo={"zh": f"可选：{known}。", "en": f"There are: {known}."},
                )
            )

    def _show(self, draft: Draft) -> dict[str, Any]:
        ready = draft.state == "ready"
        version, counts = self._sum(draft) if ready else (None, None)
        progress = self._reader.progress(draft.id)
        stage = READY if ready else FAILED if draft.state == "failed" else progress.stage if progress else READY
        return {
            "id": draft.id, "state": draft.state, "stage": dict(stage), "file": draft.file, "bytes": draft.bytes,
            "progress": progress.fraction if progress else float(draft.state != "failed"), "format": draft.format,
            "base": draft.base, "stale": draft.base != self._versions.current()[0], "created_ms": draft.created_ms,
            "by": draft.by, "error": draft.error, "revision": draft.revision,
            "edits": [
                {"n": e.n, "edit": dict(e.edit), "text": dict(e.text), "by": e.by, "at_ms": e.at_ms}
                for e in draft.edits[: draft.done]
            ],
            "undone": len(draft.edits) - draft.done, "version": version, "counts": counts and dict(counts),
            "kept": draft.kept, "left": list(draft.left),
        }  # fmt: skip


def _diff(before: Building, after: Building) -> dict[str, Any]:
    same = isomorphic(build_graph(before), build_graph(after))
    return difference_out(difference(before, after), isomorphic=same)
