"""What the drafts refuse.

ServiceError
├── Conflict  ├── DraftMoved      somebody else changed the draft: look again
│             ├── BaseMoved       somebody else published meanwhile: who, when, and how to go on
│             └── DraftNotReady   it is still being read, or could not be
├── Invalid   ├── EditImpossible  what stands against the edit, and what to do
│             └── NotPublishable  the defects that keep the draft back, each with its place
└── TooLarge  └── FileTooLarge    more bytes than are taken
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from building.errors import EditRefused
from services.kernel.errors import Conflict, Invalid, TooLarge
from twin.errors import StaleBase, StaleDraft


class DraftMoved(Conflict):
    code = "draft.moved"

    def __init__(self, stale: StaleDraft) -> None:
        super().__init__(
            zh="草稿刚被别人改过，已为您刷新，请再试一次。",
            en="Somebody else has just changed this draft. Look again, then try once more.",
            revision=stale.revision,
            by=stale.by,
        )


class BaseMoved(Conflict):
    code = "draft.base_moved"

    def __init__(self, stale: StaleBase) -> None:
        super().__init__(
            zh=f"在您编辑期间，{stale.by} 发布了另一个版本。请先把草稿接到新版本上，再发布。",
            en=f"{stale.by} published another version while you were editing. Put the draft on that one, then publish.",
            version=stale.version,
            by=stale.by,
            at_ms=stale.at_ms,
        )


class DraftNotReady(Conflict):
    code = "draft.not_ready"

    def __init__(self, state: str) -> None:
        super().__init__(zh="草稿还没有读完，或没有读成。", en="The draft is still being read, or failed.", state=state)


class EditImpossible(Invalid):
    code = "draft.edit_refused"

    def __init__(self, refused: EditRefused) -> None:
        super().__init__(
            zh=f"{refused.what['zh']}{refused.todo['zh']}",
            en=f"{refused.what['en']} {refused.todo['en']}",
            what=refused.what,
            todo=refused.todo,
        )


class NotPublishable(Invalid):
    code = "draft.not_publishable"

    def __init__(self, problems: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(
            zh=f"还有 {len(problems)} 处必须改，改完才能发布。",
            en=f"{len(problems)} defects must be mended before this can be published.",
            problems=[dict(p) for p in problems],
        )


class FileTooLarge(TooLarge):
    code = "draft.file_too_large"

    def __init__(self, limit_bytes: int) -> None:
        mb = limit_bytes // 1024**2
        super().__init__(
            zh=f"文件超过 {mb} MB。请只导出一栋楼的建筑专业，不带家具和设备。",
            en=f"The file is larger than {mb} MB. Export one building, architecture only, without furniture.",
            limit_bytes=limit_bytes,
        )
