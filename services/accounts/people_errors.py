"""What is refused about people, roles and the organisation.

ServiceError
├── Forbidden ├── BeyondReach           a unit's administrator reaches what is below the unit, and nobody else
│             ├── AdministratorsOnly    rights are given by the security administrator
│             ├── PhoneNotAgreed        whoever is served agrees to be called before a number is kept
│             └── RegistrationClosed    this hall lets nobody register themselves
├── NotFound  ├── UnknownUnit, UnknownPost, UnknownHouseRole, UnknownRegistration, UnknownAgent
├── Conflict  ├── OwnRights             nobody grants themself anything
│             ├── SeparateDuties        三员分立: one person, one of the three
│             ├── LastAdministrator     somebody must be left
│             ├── IdTaken, NameTaken, RoleExists, RoleHeld, AlreadyThere
│             ├── UnitLoop              a unit cannot stand below itself
│             ├── StillPeopled          move or merge first
│             └── TooMuch               more than the named limit
├── TooMany   └── RegistrationsFull     so many wait that no more are taken
└── Invalid   ├── BadIdNumber, BadPhone, WrongKind, ReservedPermission
              ├── CommonPassword, HouseWordHeld, SamePassword
              ├── WrongProof            who is served shows an ID document
              └── PostNeeded            a unit's administrator makes people in the unit
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from services.kernel.errors import Conflict, Forbidden, Invalid, NotFound, ServiceError, TooMany


class _Fixed(ServiceError):
    """Says the same each time."""

    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(zh=self.zh, en=self.en)


class BeyondReach(_Fixed, Forbidden):
    code = "accounts.beyond_reach"
    zh = "此人或此单位不全在您管理的范围内，请联系上级管理员。"
    en = "This is not all within the units you manage: ask the administrator above you."


class AdministratorsOnly(_Fixed, Forbidden):
    code = "accounts.security_administrator_only"
    zh = "授权和管理员账号由安全管理员处理。"
    en = "Rights, and the accounts of administrators, are for the security administrator."


class PhoneNotAgreed(_Fixed, Forbidden):
    code = "accounts.phone_not_agreed"
    zh = "本人还没有同意“电话和短信联系”：先不填电话，请本人登录后在“我的同意”中同意，再补填。"
    en = "They have not agreed to calls yet: leave the number out, ask them to agree on their own page, then add it."


class RegistrationClosed(_Fixed, Forbidden):
    code = "accounts.registration_closed"
    zh = "本大厅未开放自助注册，请到窗口办理。"
    en = "Nobody registers themself in this hall: ask at a window."


class UnknownUnit(_Fixed, NotFound):
    code = "accounts.unknown_unit"
    zh = "没有这个单位。"
    en = "There is no such unit."


class UnknownPost(_Fixed, NotFound):
    code = "accounts.unknown_post"
    zh = "没有这个岗位。"
    en = "There is no such post."


class UnknownHouseRole(_Fixed, NotFound):
    code = "accounts.unknown_house_role"
    zh = "没有这个自定义角色。"
    en = "The house has made no such role."


class UnknownRegistration(_Fixed, NotFound):
    code = "accounts.unknown_registration"
    zh = "没有这份注册申请，可能已被处理。"
    en = "There is no such registration: it may have been answered."


class UnknownAgent(_Fixed, NotFound):
    code = "accounts.unknown_agent"
    zh = "此人不是该企业的代办人。"
    en = "This person does not act for this enterprise."


class OwnRights(_Fixed, Conflict):
    code = "accounts.own_rights"
    zh = "不能给自己授权，请由另一位安全管理员操作。"
    en = "Nobody grants themself rights: another security administrator does."


class SeparateDuties(_Fixed, Conflict):
    code = "accounts.separate_duties"
    zh = "系统、安全、审计三类管理员必须由不同的人担任。"
    en = "System, security and audit administrator are three different people."


class LastAdministrator(Conflict):
    code = "accounts.last_administrator"

    def __init__(self, role: str) -> None:
        super().__init__(
            zh="这是最后一位该类管理员，请先授权另一人。",
            en="This is the last administrator of the kind: grant the role to somebody else first.",
            role=role,
        )


class IdTaken(_Fixed, Conflict):
    code = "accounts.id_taken"
    zh = "该证件号码已有账号。"
    en = "There is an account with this ID number already."


class NameTaken(_Fixed, Conflict):
    code = "accounts.name_taken"
    zh = "同一单位下已有同名的单位或岗位，请换个名称或先改名。"
    en = "There is one of this name in the same unit: take another name, or rename that one first."


class RoleExists(_Fixed, Conflict):
    code = "accounts.role_exists"
    zh = "已有这个标识的角色（包括已停用的），请换一个。"
    en = "There is a role with this key, perhaps a retired one: take another."


class RoleHeld(Conflict):
    code = "accounts.role_held"

    def __init__(self, people: int) -> None:
        super().__init__(
            zh=f"还有{people}人担任此角色，请先收回。",
            en=f"{people} people still hold this role: take it from them first.",
            people=people,
        )


class AlreadyThere(_Fixed, Conflict):
    code = "accounts.already_there"
    zh = "已经是这样了，无需重复。"
    en = "It is so already."


class UnitLoop(_Fixed, Conflict):
    code = "accounts.unit_loop"
    zh = "单位不能移到或并入它自己或它的下级。"
    en = "A unit cannot be moved or merged into itself or into what is below it."


class StillPeopled(Conflict):
    code = "accounts.still_peopled"

    def __init__(self, *, people: int, units: int) -> None:
        super().__init__(
            zh=f"还有{people}人、{units}个下级单位，请先移走或合并。",
            en=f"{people} people and {units} units are still here: move or merge them first.",
            people=people,
            units=units,
        )


class TooMuch(Conflict):
    code = "accounts.too_much"

    def __init__(self, *, most: int) -> None:
        super().__init__(zh=f"已达上限{most}，请先清理。", en=f"There are {most}, the most there may be.", most=most)


class RegistrationsFull(TooMany):
    code = "accounts.registrations_full"

    def __init__(self) -> None:
        super().__init__(
            zh="待审核的注册太多，请明天再试或到窗口办理。",
            en="Too many registrations wait: try again tomorrow, or ask at a window.",
            retry_after_s=3600,
        )


class BadIdNumber(_Fixed, Invalid):
    code = "accounts.bad_id_number"
    zh = "证件号码不正确：个人填18位身份证号，企业填18位统一社会信用代码。"
    en = "This ID number is wrong: 18 characters of a resident's number, or of an enterprise's credit code."


class BadPhone(_Fixed, Invalid):
    code = "accounts.bad_phone"
    zh = "电话号码不正确。"
    en = "This phone number is wrong."


class WrongKind(_Fixed, Invalid):
    code = "accounts.wrong_kind"
    zh = "人员类别与角色或用途不符：群众和企业不能有工作人员角色，也没有岗位。"
    en = "This does not fit the kind of person: citizens and enterprises hold no staff roles and no posts."


class ReservedPermission(Invalid):
    code = "accounts.reserved_permission"

    def __init__(self, names: Iterable[str]) -> None:
        found = sorted(names)
        super().__init__(
            zh=f"没有这些权限，或只属于三员之一、不能组合：{'、'.join(found)}。",
            en=f"Unknown, or kept to one of the three administrators: {', '.join(found)}.",
            permissions=found,
        )


class CommonPassword(_Fixed, Invalid):
    code = "accounts.common_password"
    zh = "这个密码泄露过、太常见或太好猜，请换一个，例如几个不相干的词。"
    en = (
        "This password was leaked, is common or easy to guess: take another, such as a few words that do not belong "
        "together."
    )


class HouseWordHeld(Invalid):
    code = "accounts.house_word_held"

    def __init__(self, word: str) -> None:
        super().__init__(
            zh=f"密码不能含有本大厅或本系统的用词“{word}”，请换成不相干的词。",
            en=f"No password here holds the house's word “{word}”: take words that have nothing to do with it.",
            word=word,
        )


class SamePassword(_Fixed, Invalid):
    code = "accounts.same_password"
    zh = "新密码不能与旧密码相同。"
    en = "The new password is the old one."


class WrongProof(_Fixed, Invalid):
    code = "accounts.wrong_proof"
    zh = "群众和企业须当面出示身份证件或营业执照，工作证只用于工作人员。"
    en = "Citizens and enterprises show an ID document or business licence in person; a work pass is for staff."


class PostNeeded(_Fixed, Invalid):
    code = "accounts.post_needed"
    zh = "单位管理员新建人员时必须指定本单位的岗位。"
    en = "Whoever manages a unit makes people in a post of it: name one."
