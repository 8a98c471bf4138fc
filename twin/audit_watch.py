"""The alarm that the audit is not as it was written: critical, it names the first line that is wrong, whoever looks."""

from __future__ import annotations

from building.model import make_id
from iot.kind import AlarmType, Text, When, text
from twin.conditions import Verdict
from twin.store import audit_verify

NAME = "audit_broken"
AUDIT_NAME: Text = text("操作留痕", "Audit")


def audit_id(site: str) -> str:
    """The source of that alarm."""
    return make_id(site, "audit", "log")


def judge_audit(site: str, found: audit_verify.Verdict, *, broken: str | None) -> Verdict:
    """Whether the alarm's condition holds. ``broken``: what the seal itself met when it began, if anything."""
    lines = [defect.line for defect in found.defects if defect.line is not None]
    first = min(lines, default=None)
    return Verdict(
        source=audit_id(site),
        alarm=_alarm(first, found.defects[0].what if found.defects else broken or ""),
        holds=not found.ok or broken is not None,
        value=0 if first is None else first,
        at_ms=found.at_ms,
    )


def _alarm(line: int | None, what: str) -> AlarmType:
    """``what``: in the words of the verification, where no line can be named."""
    zh = f"操作留痕被动过：从第 {line} 条起" if line is not None else f"操作留痕被动过：{what}"
    en = f"The audit was altered: first at line {line}" if line is not None else f"The audit was altered: {what}"
    return AlarmType(
        name=NAME, label=text(zh, en), priority=1, when=When(point="line", op="!=", value=0),
        consequence=text("有人绕过系统改了记录：这一条起谁做了什么不再可信",
                         "Somebody went round the hall: from there on the record of who did what is not to be trusted"),
        response=text("不要重启，保留数据库和磁盘现场；通知安全管理员、审计管理员和中心领导；用最近的导出文件核对",
                      "Do not restart; keep database and disks as they are; tell the security and audit administrators"
                      " and the centre's leader; compare with the latest export"),
    )  # fmt: skip
