"""What a service module declares of itself, and the check that all declarations fit together."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from services.kernel.access import HOUSE, AccessTable, Permission
from services.kernel.errors import ContractBroken
from services.kernel.ports import Connection
from services.kernel.vault import Vault
from twin.store.migrations import MigrationSet

_MIGRATIONS = Path(__file__).parent / "migrations"

Eraser: TypeAlias = Callable[[Connection, Vault, str], None]
"""Makes everything the module holds of one subject unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalField:
    """A column with sealed personal data: what for, and how long it may live."""

    column: str
    label: Mapping[str, str]
    purpose: Mapping[str, str]
    retention_days: int


def erase_by_key(conn: Connection, vault: Vault, subject: str) -> None:
    """The eraser of a module whose personal data all stands in the vault: without its key nothing can be read."""
    vault.erase(conn, subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """``listens``: twin events; ``signals``: of rules, that it obeys; ``migrations``: the folder with its SQL."""

    name: str
    label: Mapping[str, str]
    permissions: tuple[Permission, ...] = ()
    personal_data: tuple[PersonalField, ...] = ()
    eraser: Eraser | None = None
    listens: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    migrations: Path | None = None

    def __post_init__(self) -> None:
        if self.personal_data and self.eraser is None:
            raise ContractBroken(f"module {self.name} holds personal data and names no eraser")


def load_modules(package: str = "services") -> tuple[Module, ...]:
    """Every ``services/NAME/module.py``'s ``MODULE``. A folder without one, or one that does not import, fails."""
    root = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(root.__path__) if m.ispkg and m.name != "kernel")
    modules = []
    for name in names:
        module = getattr(importlib.import_module(f"{package}.{name}.module"), "MODULE", None)
        if not isinstance(module, Module) or module.name != name:
            raise ContractBroken(f"{package}/{name}/module.py exports no MODULE called {name}")
        modules.append(module)
    return check_modules(modules)


def check_modules(modules: Iterable[Module]) -> tuple[Module, ...]:
    """The same modules; raises when two share a name or a permission."""
    found = tuple(modules)
    names = [m.name for m in found]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise ContractBroken(f"modules declared twice: {', '.join(twice)}")
    access_table(found)
    return found


def access_table(modules: Iterable[Module]) -> AccessTable:
    """Everything that may be done in the house, by role."""
    return AccessTable([*HOUSE, *(p for m in modules for p in m.permissions)])


def migration_sets(modules: Iterable[Module]) -> tuple[MigrationSet, ...]:
    """The kernel's SQL, then each module's, each in the schema of its name."""
    own = ((m.name, m.migrations) for m in modules if m.migrations is not None)
    return tuple(MigrationSet(schema=name, directory=path) for name, path in (("kernel", _MIGRATIONS), *own))
