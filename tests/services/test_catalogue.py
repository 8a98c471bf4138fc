"""All modules together: what each promised by being one."""

from __future__ import annotations

import pkgutil

import pytest

import services
from services.kernel.access import ROLES
from services.kernel.modules import Module, access_table, load_modules, migration_sets
from twin.store.database import Database

MODULES = load_modules()


def test_each_folder_is_a_module() -> None:
    folders = {m.name for m in pkgutil.iter_modules(services.__path__) if m.ispkg}
    assert {m.name for m in MODULES} == folders - {"kernel"}


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_what_people_read_is_in_both_languages(module: Module) -> None:
    texts = [
        module.label,
        *(p.label for p in module.permissions),
        *(text for f in module.personal_data for text in (f.label, f.purpose)),
    ]
    assert all(text.get("zh") and text.get("en") for text in texts)


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_permissions_read_subject_dot_verb(module: Module) -> None:
    assert all(p.name.count(".") == 1 and p.name.islower() for p in module.permissions)


def test_each_role_may_do_something_and_no_role_everything() -> None:
    table = access_table(MODULES)
    everything = table.permissions.keys()
    for role in ("manager", "security", "clerk", "admin"):
        may = table.permissions_of({role})
        assert may
        assert may < everything
    assert table.permissions_of(ROLES) == everything


@pytest.mark.integration
def test_every_sealed_column_is_declared_and_every_declared_one_is_there(database: Database) -> None:
    database.migrate(migration_sets(MODULES))
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = ANY(%s) AND column_name LIKE '%%\\_sealed'",
            ([m.name for m in MODULES],),
        ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(f.column for m in MODULES for f in m.personal_data)
