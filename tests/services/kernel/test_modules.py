import pytest

from services.kernel.access import Permission
from services.kernel.errors import ContractBroken
from services.kernel.modules import (
    Fact,
    Module,
    PersonalField,
    access_table,
    check_modules,
    erase_by_key,
    migration_sets,
)
from services.kernel.testing import FakeVault, NoDatabase

CALL = Permission(name="queue.call", label={"zh": "叫号", "en": "Call"}, roles=frozenset({"clerk"}))
PHONE = PersonalField(
    column="queue.ticket.phone_sealed", label={"zh": "电话"}, purpose={"zh": "通知"}, retention_days=1
)


def read_nothing(_conn: object, _site: str, _subject: str) -> tuple[Fact, ...]:
    return ()


def make_module(name: str = "queue", **fields: object) -> Module:
    return Module(name=name, label={"zh": name, "en": name}, **fields)  # type: ignore[arg-type]


def test_two_modules_of_one_name_fail() -> None:
    with pytest.raises(ContractBroken, match="queue"):
        check_modules([make_module(), make_module()])


def test_two_modules_that_declare_one_permission_fail() -> None:
    with pytest.raises(ContractBroken, match=r"queue\.call"):
        check_modules([make_module(permissions=(CALL,)), make_module("other", permissions=(CALL,))])


def test_personal_data_without_an_eraser_fails() -> None:
    with pytest.raises(ContractBroken, match="eraser"):
        make_module(personal_data=(PHONE,), reader=read_nothing)


def test_personal_data_without_a_reader_fails() -> None:
    with pytest.raises(ContractBroken, match="reader"):
        make_module(personal_data=(PHONE,), eraser=erase_by_key)
    declared = make_module(personal_data=(PHONE,), eraser=erase_by_key, reader=read_nothing)
    assert declared.personal_data == (PHONE,)


def test_what_modules_declare_stands_in_the_table() -> None:
    table = access_table([make_module(permissions=(CALL,))])
    assert "queue.call" in table.permissions_of({"clerk"})
    assert "ops.view" in table.permissions_of({"manager"})


def test_the_kernels_tables_come_before_a_modules() -> None:
    assert [s.schema for s in migration_sets([make_module()])] == ["kernel"]


def test_erasing_by_key_forgets_the_subject() -> None:
    vault = FakeVault()
    with NoDatabase().transaction() as conn:
        erase_by_key(conn, vault, "ticket:1")
    assert vault.erased == {"ticket:1"}
