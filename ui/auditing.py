"""The audit of a running hall: its start, its end and what it refused on record, all lines sealed, verified daily."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.kernel.actor import Actor, make_system
from services.kernel.audit import Audit
from services.kernel.ports import Clock
from twin.audit_watch import judge_audit
from twin.conditions import Verdict as Condition
from twin.errors import TwinError
from twin.store import audit_search
from twin.store.audit_seal import EVERY_S, Sealer
from twin.store.audit_verify import STARTS, Verdict, verify_database
from twin.store.database import Database
from ui.refusals import Refusals
from ui.ticker import Ticker
from ui.version import __version__

AUDIT_HOME = "audit"
"""The folder beside the vault's key: the key that signs, and the heads it signed."""
ENDS = "hall.stop"
VERIFIED, EXPORTED, COMMAND = "audit.verify", "audit.export", "system:command"
"""What the command line did with the audit is a line as well; the hall looks itself where it found something."""
LISTEN_EVERY_MS = 2_000
FIRST_AFTER_S, EVERY_DAY_S = 10.0, 86_400.0
"""When all lines are verified by themselves."""

_log = logging.getLogger(__name__)


class Auditing:
    """``start`` before anything else of the hall does something worth a line, ``stop`` after everything else ended."""

    def __init__(
        self, *, database: Database, audit: Audit, home: Path, site: str, now_ms: Clock, mark: Callable[[str], str],
        tell: Callable[[Condition], object],
    ) -> None:  # fmt: skip
        """``tell`` hears of each verdict, for an alarm."""
        self._database, self._audit, self._site, self._now_ms = database, audit, site, now_ms
        self._tell, self._actor = tell, make_system(site, "hall")
        self.sealer = Sealer(database, home=home, site=site, now_ms=now_ms)
        self.refusals = Refusals(database=database, audit=audit, site=site, now_ms=now_ms, mark=mark)
        work = {
            "refusals": self.refusals.flush, "seal": self.sealer.seal, "retire": self.sealer.tidy,
            "listen": self._listen,
        }  # fmt: skip
        self._ticker = Ticker(work, every_s=EVERY_S)
        self._asked, self._stopping = threading.Event(), threading.Event()
        self._by: Actor | None = None
        self._heard = self._listened_ms = 0
        self._verifier: threading.Thread | None = None
        self.verifying = False
        self.verdict: Verdict | None = None

    def start(self) -> None:
        self.sealer.start()
        with self._database.transaction() as conn:
            before = audit_search.find_last(conn, STARTS, ENDS, site=self._site)
            after = {
                "version": __version__, "audit_key": self.sealer.public_key.hex(),
                "ended_before": None if before is None else before == ENDS,
            }  # fmt: skip
            self._audit.record(conn, actor=self._actor, action=STARTS, target="hall", after=after)
        self._stopping.clear()
        self._ticker.start()
        self._verifier = threading.Thread(target=self._verify_daily, name="audit-verify", daemon=True)
        self._verifier.start()

    def stop(self) -> None:
        """Everything that is committed by now is sealed; what cannot be is by the next start."""
        self._stopping.set()
        self._asked.set()
        if self._verifier is not None:
            self._verifier.join()
            self._verifier = None
        self._ticker.stop()
        try:
            self.refusals.flush(end=True)
            with self._database.transaction() as conn:
                self._audit.record(conn, actor=self._actor, action=ENDS, target="hall")
            self.sealer.seal()
        except TwinError as error:
            _log.warning("audit_not_sealed error=%s", error)

    def ask(self, actor: Actor) -> None:
        """Verify all lines now, in the background; while it is done already, that is the answer."""
        if not self.verifying:
            self._by = actor
            self.verifying = True
            self._asked.set()

    def defects(self) -> int:
        """How much was found not to be as it was written: for a monitor. The hall goes on all the same."""
        found = 0 if self.verdict is None else len(self.verdict.defects) + self.verdict.more
        return max(found, int(self.sealer.broken is not None))

    def _listen(self) -> None:
        """A command that verified all lines and found something wrong has nobody to tell: it is told here."""
        if self._now_ms() - self._listened_ms < LISTEN_EVERY_MS:
            return
        self._listened_ms = self._now_ms()
        with self._database.transaction() as conn:
            found = audit_search.find_newest_by(conn, COMMAND, VERIFIED, site=self._site)
        if found is not None and found[0] > self._heard:
            self._heard = found[0]
            if not (found[1] or {}).get("ok"):
                self.ask(self._actor)

    def _verify_daily(self) -> None:
        wait_s = FIRST_AFTER_S
        while not self._stopping.is_set():
            self._asked.wait(wait_s)
            self._asked.clear()
            if self._stopping.is_set():
                return
            self.verifying = True
            try:
                self._verify()
            except Exception:  # noqa: BLE001 - whatever it was, it is tried again tomorrow, or when asked
                _log.exception("audit_verify_failed")
            finally:
                self.verifying = False
            wait_s = EVERY_DAY_S

    def _verify(self) -> None:
        actor, self._by = self._by or self._actor, None
        verdict = verify_database(
            self._database, files=self.sealer.files, trusted=self.sealer.public_key, now_ms=self._now_ms,
            go_on=lambda took_s: not self._stopping.wait(took_s),
        )  # fmt: skip
        if verdict is None:
            return
        self.verdict = verdict
        self._tell(judge_audit(self._site, verdict, broken=self.sealer.broken))
        after = found_of(verdict)
        with self._database.transaction() as conn:
            self._audit.record(conn, actor=actor, action=VERIFIED, target="audit", after=after)


def found_of(verdict: Verdict) -> dict[str, Any]:
    """What a line tells of a verdict."""
    return {"lines": verdict.lines, "ok": verdict.ok, "defects": len(verdict.defects) + verdict.more}
