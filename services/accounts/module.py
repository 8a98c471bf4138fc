"""What the accounts module declares."""

from __future__ import annotations

from pathlib import Path

from services.accounts.store.people import erase_person
from services.kernel.access import USER_ROLES, Permission
from services.kernel.modules import Module, PersonalField

_IDENTIFY = {"zh": "识别工作人员并留存操作记录", "en": "Tell members of staff apart, and who did what"}
_SIGN_IN = {"zh": "保护本人账号不被冒用", "en": "Keep others out of one's own account"}

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
        Permission(
            name="accounts.view",
            label={"zh": "查看用户", "en": "See users"},
            roles=frozenset({"manager", "admin", "security_admin"}),
        ),
        Permission(
            name="accounts.manage",
            label={"zh": "管理用户", "en": "Manage users"},
            roles=frozenset({"admin"}),
        ),
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
        ),
        PersonalField(
            column="accounts.person.phone_sealed",
            label={"zh": "电话", "en": "Phone"},
            purpose=_IDENTIFY,
            retention_days=180,
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
        ),
    ),
    eraser=erase_person,
    migrations=Path(__file__).parent / "migrations",
)
