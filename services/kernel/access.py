"""What may be done, by whom: permissions are declared where they are used, and bound to roles right there.

An object and the right to it are looked up by one function, ``access_x(conn, actor, id) -> X``: it raises
``NotFound`` both when there is none and when the actor may not see it. Nothing else in a module loads by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.kernel.actor import Actor
from services.kernel.errors import ContractBroken, Forbidden, Unauthenticated

PUBLIC = "public"
"""The permission of what anybody may do, logged in or not."""

USER_ROLES: Mapping[str, Mapping[str, str]] = {
    "leader": {"zh": "中心领导", "en": "Centre leader"},
    "staff": {"zh": "部门工作人员", "en": "Department staff"},
    "clerk": {"zh": "窗口工作人员", "en": "Window staff"},
    "manager": {"zh": "设施管理员", "en": "Facility manager"},
    "security": {"zh": "安保人员", "en": "Security"},
    "editor": {"zh": "内容编辑", "en": "Content editor"},
    "admin": {"zh": "系统管理员", "en": "System administrator"},
    "security_admin": {"zh": "安全管理员", "en": "Security administrator"},
    "audit_admin": {"zh": "审计管理员", "en": "Audit administrator"},
    "citizen": {"zh": "群众", "en": "Citizen"},
    "enterprise": {"zh": "企业", "en": "Enterprise"},
}
"""Shipped with the product; a house composes further ones of the same permissions."""
ADMINISTRATORS = ("admin", "security_admin", "audit_admin")
"""三员分立: one runs the system, one grants rights, one watches both. Nobody holds two of them."""
OUTSIDERS = ("citizen", "enterprise")
"""Those the hall serves: they see what is theirs, and nothing of the house."""
STAFF = tuple(role for role in USER_ROLES if role not in OUTSIDERS)
DEVICE_ROLES: Mapping[str, Mapping[str, str]] = {
    "kiosk": {"zh": "自助终端", "en": "Kiosk"},
    "wall": {"zh": "大屏", "en": "Wall screen"},
    "window": {"zh": "窗口屏", "en": "Window screen"},
}
UNIT_ADMIN = "unit_admin"
"""Who was given a unit to manage: their rights end with what is below it. Given with a unit, never by itself."""
PROGRAM = "program"
"""A third party's program with a token of its own: it reads."""
ROLES: Mapping[str, Mapping[str, str]] = {
    **USER_ROLES,
    **DEVICE_ROLES,
    UNIT_ADMIN: {"zh": "单位管理员", "en": "Unit administrator"},
    PROGRAM: {"zh": "第三方程序", "en": "Program"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One thing that may be done (``queue.call``) and the roles that may."""

    name: str
    label: Mapping[str, str]
    roles: frozenset[str]

    def __post_init__(self) -> None:
        if unknown := self.roles - ROLES.keys():
            raise ContractBroken(f"permission {self.name} is bound to unknown roles: {', '.join(sorted(unknown))}")
        if not self.roles:
            raise ContractBroken(f"permission {self.name} is bound to no role: nobody could use it")


def _house(name: str, zh: str, en: str, *roles: str) -> Permission:
    return Permission(name=name, label={"zh": zh, "en": en}, roles=frozenset(roles))


HOUSE: tuple[Permission, ...] = (
    _house("ops.view", "查看大厅运行", "See the hall at work", "leader", "manager", "security", "admin"),
    _house("data.read", "读取运行数据", "Read the hall's data", "leader", "manager", "security", "admin", PROGRAM),
    _house("metrics.read", "读取监控指标", "Read figures and health for a monitor", "manager", "admin", PROGRAM),
    _house("alert.view", "查看告警", "See alarms", "leader", "manager", "security", "admin"),
    _house("alarm.acknowledge", "确认告警", "Acknowledge alarms", "manager", "security"),
    _house("device.command", "操作设备", "Command devices", "manager", "security"),
    _house("device.enrol", "设备准入与凭证", "Let devices in and manage their credentials", "manager", "admin"),
    _house("building.manage", "编辑与发布地图", "Edit and publish the building", "manager", "admin"),
    _house("audit.view", "查看审计记录", "See the audit", "audit_admin"),
    _house("admin.open", "进入管理页面", "Open the administrators' page", "manager", *ADMINISTRATORS, UNIT_ADMIN),
)
"""What building, iot and twin offer; their routes stand in ``ui/api``."""


class AccessTable:
    """Role -> permissions, total: made once from everything declared."""

    def __init__(self, permissions: Iterable[Permission]) -> None:
        self.permissions: dict[str, Permission] = {}
        for permission in permissions:
            if permission.name in self.permissions or permission.name == PUBLIC:
                raise ContractBroken(f"permission {permission.name} is declared twice")
            self.permissions[permission.name] = permission

    def permissions_of(self, roles: Iterable[str], composed: Iterable[str] = ()) -> frozenset[str]:
        """All that any of these roles may do, and of what a house ``composed`` itself all that is still declared."""
        wanted = frozenset(roles)
        return frozenset(p.name for p in self.permissions.values() if p.roles & wanted) | self.composable(composed)

    def composable(self, names: Iterable[str]) -> frozenset[str]:
        """Those of these that a house may put into roles of its own: what only administrators may stays with them."""
        declared = (self.permissions[name] for name in names if name in self.permissions)
        return frozenset(p.name for p in declared if not p.roles <= frozenset(ADMINISTRATORS))


class PasswordMustChange(Forbidden):
    """Whoever was given a password by somebody else changes it before anything else."""

    code = "accounts.password_must_change"

    def __init__(self) -> None:
        super().__init__(
            zh="当前密码是他人设置的一次性密码，请先修改密码。",
            en="Your password was made by somebody else: change it first.",
        )


class SecondFactorMissing(Forbidden):
    """Whoever needs a second factor shows it, or adds one, before anything else."""

    code = "accounts.second_factor_missing"

    def __init__(self) -> None:
        super().__init__(
            zh="请先完成第二重验证：添加或出示动态码或通行密钥。",
            en="Add or show your second factor first: a one-time code or a passkey.",
        )


def require(actor: Actor, permission: str) -> None:
    """Raises unless the actor may. Strangers are asked to log in, others are told that they may not."""
    if permission == PUBLIC or actor.can(permission):
        return
    if actor.kind == "visitor":
        raise Unauthenticated(zh="请先登录。", en="Log in first.")
    if actor.must_show_factor:
        raise SecondFactorMissing
    if actor.must_change_password:
        raise PasswordMustChange
    raise Forbidden(zh="您没有这项操作的权限。", en="You are not allowed to do this.", permission=permission)
