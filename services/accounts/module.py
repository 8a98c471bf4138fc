"""What the accounts module declares."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from services.accounts.personal import read_person
from services.accounts.store.people import erase_person
from services.kernel.access import ADMINISTRATORS, STAFF, UNIT_ADMIN, USER_ROLES, Permission
from services.kernel.modules import Category, Module, PersonalField

_IDENTIFY = {"zh": "识别工作人员并留存操作记录", "en": "Tell members of staff apart, and who did what"}
_SIGN_IN = {"zh": "保护本人账号不被冒用", "en": "Keep others out of one's own account"}

_ONE_ACCOUNT = {"zh": "核实身份，一人一号", "en": "Know who it is, and that each has one account"}
_ASKED: tuple[tuple[str, dict[str, str], Category, Literal[1, 2, 3, 4], str], ...] = (
    ("name_sealed", {"zh": "注册姓名", "en": "Name in a registration"}, "personal", 2, "name"),
    ("phone_sealed", {"zh": "注册电话", "en": "Phone in a registration"}, "personal", 3, "phone"),
    ("id_sealed", {"zh": "注册证件号码", "en": "ID number in a registration"}, "sensitive", 4, "id_number"),
)


def _may(name: str, zh: str, en: str, *roles: str) -> Permission:
    return Permission(name=name, label={"zh": zh, "en": en}, roles=frozenset(roles))


MODULE = Module(
    name="accounts",
    label={"zh": "账号与设备配对", "en": "Accounts and paired browsers"},
    permissions=(
        Permission(
            name="session.own",
            label={"zh": "管理自己的登录", "en": "Manage one's own login"},
            roles=frozenset(USER_ROLES),
        ),
        Permission(
            name="signin.own",
            label={"zh": "管理自己的登录方式", "en": "Manage one's own ways of signing in"},
            roles=frozenset(USER_ROLES),
        ),
        Permission(
            name="sessions.manage",
            label={"zh": "查看并结束他人的登录", "en": "See and end the logins of others"},
            roles=frozenset({"admin", "security_admin"}),
        ),
        Permission(
            name="factors.reset",
            label={"zh": "重置他人的第二重验证", "en": "Reset the second factor of others"},
            roles=frozenset({"security_admin"}),
        ),
        _may("accounts.names", "查看同事姓名", "Read the names of colleagues", *STAFF, UNIT_ADMIN),
        _may("accounts.view", "查看用户", "See users", "manager", "admin", "security_admin", UNIT_ADMIN),
        _may("accounts.manage", "管理用户", "Make, change and place users", "admin", UNIT_ADMIN),
        _may(
            "accounts.stop",
            "停用账号、重置密码",
            "Stop accounts and reset passwords",
            "admin",
            "security_admin",
            UNIT_ADMIN,
        ),
        _may("roles.view", "查看角色与权限", "See roles and what they may", "manager", *ADMINISTRATORS, UNIT_ADMIN),
        _may("roles.grant", "授权与自定义角色", "Give and compose roles", "security_admin"),
        _may(
            "organisation.view",
            "查看组织机构",
            "See the organisation",
            "leader",
            "manager",
            "admin",
            "security_admin",
            UNIT_ADMIN,
        ),
        _may("organisation.manage", "管理组织机构", "Change the organisation", "admin", UNIT_ADMIN),
        _may("organisation.delegate", "指定单位管理员", "Name who manages a unit", "security_admin", UNIT_ADMIN),
        _may("registrations.review", "审核注册", "Answer registrations", "security_admin"),
        _may("registrations.verify", "窗口核验注册", "Answer registrations at a window", "clerk", "security_admin"),
        Permission(
            name="pairings.manage",
            label={"zh": "配对终端和屏幕", "en": "Pair kiosks and screens"},
            roles=frozenset({"manager", "admin"}),
        ),
        Permission(
            name="tokens.manage",
            label={"zh": "管理程序访问令牌", "en": "Manage tokens of programs"},
            roles=frozenset({"manager", "admin"}),
        ),
    ),
    personal_data=(
        PersonalField(
            column="accounts.person.name_sealed",
            label={"zh": "姓名", "en": "Name"},
            purpose=_IDENTIFY,
            retention_days=180,
            category="personal",
            level=3,
            mask="name",
            match="name_match",
            since="disabled_ms",
            ends="subject",
            correctable=True,
        ),
        PersonalField(
            column="accounts.person.phone_sealed",
            label={"zh": "电话", "en": "Phone"},
            purpose=_IDENTIFY,
            retention_days=180,
            category="personal",
            level=3,
            mask="phone",
            consent="contact.phone",
            match="phone_match",
            correctable=True,
        ),
        PersonalField(
            column="accounts.person.id_sealed",
            label={"zh": "证件号码", "en": "ID number"},
            purpose=_ONE_ACCOUNT,
            retention_days=180,
            category="sensitive",
            level=4,
            mask="id_number",
            match="id_match",
        ),
        *(
            PersonalField(
                column=f"accounts.registration.{column}",
                label=label,
                purpose=_ONE_ACCOUNT,
                retention_days=30,
                category=category,
                level=level,
                mask=mask,
                since="asked_ms",
                ends="subject",
            )
            for column, label, category, level, mask in _ASKED
        ),
        PersonalField(
            column="accounts.factor.secret_sealed",
            label={"zh": "动态码密钥", "en": "Secret of one-time codes"},
            purpose=_SIGN_IN,
            retention_days=180,
        ),
        PersonalField(
            column="accounts.session.place_sealed",
            label={"zh": "登录地址和浏览器", "en": "Address and browser of a login"},
            purpose=_SIGN_IN,
            retention_days=1,
            category="personal",
            level=2,
            since="created_ms",
        ),
    ),
    eraser=erase_person,
    reader=read_person,
    migrations=Path(__file__).parent / "migrations",
)
