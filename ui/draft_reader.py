"""Takes an uploaded file in, has it read in the background, and says how far that is."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from starlette.concurrency import run_in_threadpool

from building.errors import UnreadableFile
from building.formats.progress import Listener, Progress
from building.model import Building, Text
from building.replacement import replace_plan
from services.kernel.errors import Invalid, TooMany
from twin.drafts import Draft, Drafts, Start
from twin.versions import Versions
from ui.draft_errors import FileTooLarge
from ui.reading import ReaderCrashed, ReaderTimedOut, ReaderTooLarge, ReadingStopped

UPLOAD_BYTES_MAX = 256 * 1024**2
READERS_MAX = 2
BUFFER_BYTES = 1024**2
UPLOADS_MAX = 4
UPLOAD_WITHIN_S = 900.0
UPLOAD_AGAIN_S = 10

WAITING: Text = {"zh": "等待读取", "en": "Waiting to be read"}
FITTING: Text = {"zh": "与现行版本对照", "en": "Comparing with what is published"}
_WHY: tuple[tuple[type[UnreadableFile], str], ...] = (
    (ReaderTimedOut, "读取超时。"), (ReaderTooLarge, "文件太大，超出了读取限额。"),
    (ReaderCrashed, "读取程序在这个文件上出错。"), (UnreadableFile, "这个文件不能用作建筑图。"),
)  # fmt: skip
_BROKEN: Mapping[str, Text] = {
    "what": {"zh": "读出的内容不能用在本大厅。", "en": "What was read cannot be used in this hall."},
    "todo": {"zh": "请换一种格式导出后再上传，并把原文件交给我们查看。",
             "en": "Export it in another format and upload that; send us the file to look at."},
}  # fmt: skip

_log = logging.getLogger(__name__)


class ReadFile(Protocol):
    """``ui.reading.read_safely`` is one."""

    def __call__(self, path: Path, *, on_progress: Listener, stop: threading.Event) -> Building: ...


@dataclass(slots=True)
class _Job:
    stop: threading.Event
    progress: Progress


class DraftReader:
    """``close`` ends what is being read; at the next start those drafts say that they must be uploaded again."""

    def __init__(self, *, drafts: Drafts, versions: Versions, read: ReadFile) -> None:
        self._drafts, self._versions, self._read = drafts, versions, read
        self._jobs: dict[str, _Job] = {}
        self._uploading = 0
        self._pool = ThreadPoolExecutor(READERS_MAX, thread_name_prefix="draft-reader")

    def close(self) -> None:
        for job in list(self._jobs.values()):
            job.stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def progress(self, draft_id: str) -> Progress | None:
        job = self._jobs.get(draft_id)
        return None if job is None else job.progress

    def stop(self, draft_id: str) -> None:
        if (job := self._jobs.get(draft_id)) is not None:
            job.stop.set()

    async def take(self, body: AsyncIterator[bytes], *, name: str, actor: str) -> Draft:
        """The draft that is being read from now on; raises FileTooLarge as soon as it is."""
        if self._uploading >= UPLOADS_MAX:
            raise TooMany(
                zh="正在上传的文件太多，请稍后再试。",
                en="Too many files are being uploaded.",
                retry_after_s=UPLOAD_AGAIN_S,
            )
        self._uploading += 1  # on the event loop only
        folder = Path(tempfile.mkdtemp(prefix="halltwin-upload-"))
        try:
            async with asyncio.timeout(UPLOAD_WITHIN_S):
                size = await _save(body, folder / "file")
            base = self._versions.current()[0]
            draft = await run_in_threadpool(self._drafts.begin, file=name, size=size, base=base, actor=actor)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, TimeoutError):
                raise Invalid(
                    zh="上传太慢，已中断，请换个网络重试。", en="The upload took too long. Try a faster connection."
                ) from error
            raise
        finally:
            self._uploading -= 1
        job = self._jobs[draft.id] = _Job(threading.Event(), Progress(stage=WAITING, fraction=0.0))
        self._pool.submit(self._run, draft, folder, job)
        return draft

    def _run(self, draft: Draft, folder: Path, job: _Job) -> None:
        def hear(progress: Progress) -> None:
            job.progress = progress

        try:
            plan = self._read(folder / "file", on_progress=hear, stop=job.stop)
            hear(Progress(stage=FITTING, fraction=1.0))
            self._drafts.finish(draft.id, plan=plan, start=start_of(self._versions.get(draft.base), plan))
        except ReadingStopped:
            _log.info("draft_reading_stopped draft=%s", draft.id)
        except UnreadableFile as error:
            zh = next(words for kind, words in _WHY if isinstance(error, kind))
            what = {"zh": f"{zh}（{error.what}）", "en": error.what}
            self._drafts.fail(draft.id, {"what": what, "todo": {"zh": error.todo, "en": error.todo}})
        except Exception:  # noqa: BLE001 - the draft says so; whatever it was, the next one is read
            _log.exception("draft_failed draft=%s", draft.id)
            self._drafts.fail(draft.id, _BROKEN)
        finally:
            self._jobs.pop(draft.id, None)
            shutil.rmtree(folder, ignore_errors=True)


def start_of(base: Building, plan: Building) -> Start:
    """What edits of this plan begin with in a hall that is ``base`` now."""
    found = replace_plan(base, plan)
    left = [{"id": e.id, "kind": e.kind, "name": dict(e.name), "reason": dict(e.reason)} for e in found.left]
    return Start(building=found.building, kept=found.kept, left=left)


async def _save(body: AsyncIterator[bytes], path: Path) -> int:
    """Written as it comes; never more in memory than a buffer."""
    size, buffer = 0, bytearray()
    with path.open("wb") as file:
        async for chunk in body:
            size += len(chunk)
            if size > UPLOAD_BYTES_MAX:
                raise FileTooLarge(UPLOAD_BYTES_MAX)
            buffer += chunk
            if len(buffer) >= BUFFER_BYTES:
                await run_in_threadpool(_write, file, bytes(buffer))
                buffer.clear()
        await run_in_threadpool(_write, file, bytes(buffer))
    if size == 0:
        raise Invalid(zh="文件是空的，请重新选择。", en="The file is empty: choose it again.")
    return size


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)
