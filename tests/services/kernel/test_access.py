import pytest

from services.kernel.access import HOUSE, OUTSIDERS, PUBLIC, ROLES, USER_ROLES, AccessTable, Permission, require
from services.kernel.actor import make_system, make_visitor
from services.kernel.errors import ContractBroken, Forbidden, Unauthenticated
from services.kernel.testing import make_actor

CALL = Permission(name="queue.call", label={"zh": "叫号", "en": "Call"}, roles=frozenset({"clerk"}))


def test_each_permission_of_the_house_is_held_by_someone_and_named_in_both_languages() -> None:
    table = AccessTable(HOUSE)
    held = frozenset().union(*(table.permissions_of({role}) for role in ROLES))
    assert held == {p.name for p in HOUSE}
    assert all(p.label["zh"] and p.label["en"] for p in HOUSE)


def test_a_role_may_what_its_permissions_say_and_two_roles_may_both() -> None:
    table = AccessTable([*HOUSE, CALL])
    assert table.permissions_of({"clerk"}) == {"queue.call"}
    assert table.permissions_of({"clerk", "security"}) == table.permissions_of({"security"}) | {"queue.call"}
    assert table.permissions_of(()) == frozenset()
    assert table.permissions_of({"nobody"}) == frozenset()


def test_who_keeps_the_accounts_does_not_command_devices() -> None:
    assert "device.command" not in AccessTable(HOUSE).permissions_of({"admin"})


def test_the_audit_is_for_the_audit_administrator_alone() -> None:
    table = AccessTable(HOUSE)
    assert [role for role in ROLES if "audit.view" in table.permissions_of({role})] == ["audit_admin"]
    assert table.permissions_of({"audit_admin"}) == {"audit.view", "admin.open"}


def test_those_who_are_served_see_nothing_of_the_house() -> None:
    assert AccessTable(HOUSE).permissions_of(OUTSIDERS) == frozenset()


def test_a_permission_declared_twice_fails() -> None:
    with pytest.raises(ContractBroken, match=r"queue\.call"):
        AccessTable([CALL, CALL])


def test_public_is_not_a_permission_to_declare() -> None:
    with pytest.raises(ContractBroken):
        AccessTable([Permission(name=PUBLIC, label={}, roles=frozenset(USER_ROLES))])


@pytest.mark.parametrize("roles", [frozenset({"boss"}), frozenset[str]()])
def test_a_permission_needs_roles_that_exist(roles: frozenset[str]) -> None:
    with pytest.raises(ContractBroken):
        Permission(name="x", label={}, roles=roles)


def test_strangers_are_asked_to_log_in_and_others_are_told_they_may_not() -> None:
    require(make_actor("queue.call"), "queue.call")
    require(make_visitor("test"), PUBLIC)
    with pytest.raises(Unauthenticated):
        require(make_visitor("test"), "queue.call")
    with pytest.raises(Forbidden):
        require(make_actor("ops.view"), "queue.call")
    with pytest.raises(Forbidden):
        require(make_system("test", "rules"), "queue.call")
