"""What a service module declares of itself, and the check that all declarations fit together."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, LiteralString, TypeAlias

from psycopg.rows import dict_row

from services.kernel.access import HOUSE, AccessTable, Permission
from services.kernel.errors import ContractBroken
from services.kernel.masking import MASKS
from services.kernel.ports import Connection
from services.kernel.vault import Vault
from twin.store.migrations import MigrationSet

_MIGRATIONS = Path(__file__).parent / "migrations"

Eraser: TypeAlias = Callable[[Connection, Vault, str], None]
"""Makes everything the module holds of one subject unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something a module knows of a subject besides its sealed fields; ``what`` is a column, ``value`` JSON."""

    what: str
    label: Mapping[str, str]
    value: object


Reader: TypeAlias = Callable[[Connection, str, str], Sequence[Fact]]
"""(connection, site, subject): what stands unsealed, of nobody else. Sealed fields are found by their declaration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a reader asks: ``sql`` finds rows, by ``%(site)s`` and names of the reader's own."""

    what: str
    label: Mapping[str, str]
    sql: LiteralString


def read_facts(conn: Connection, questions: Iterable[Question], known: Mapping[str, object]) -> list[Fact]:
    """The rows each question finds, as objects by column; a question that finds none is left out."""
    found = []
    for question in questions:
        rows = conn.cursor(row_factory=dict_row).execute(question.sql, known).fetchall()
        if rows:
            found.append(Fact(what=question.what, label=question.label, value=[_plain(row) for row in rows]))
    return found


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """For JSON: days by their name."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


Category = Literal["personal", "sensitive", "secret"]
"""GB/T 35273: personal, sensitive personal. A ``secret`` (a factor's seed) is shown and copied to nobody, ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalField:
    """A column with sealed personal data: how delicate, what for, and how long it may live.

    What is not said counts as the strictest. ``since``: the column (``_ms``) of the same table that ``retention_days``
    count from; None: as long as its subject is here. ``ends``: then the field is emptied, or its subject forgotten.
    ``consent``: the purpose it rests on alone; once that is withdrawn the field is emptied. ``match``: the column with
    its blind index, which goes and changes with it.
    """

    column: str
    label: Mapping[str, str]
    purpose: Mapping[str, str]
    retention_days: int
    category: Category = "secret"
    level: Literal[1, 2, 3, 4] = 4
    mask: str = "all"
    since: str | None = None
    ends: Literal["field", "subject"] = "field"
    consent: str | None = None
    match: str | None = None
    correctable: bool = False

    def __post_init__(self) -> None:
        if self.column.count(".") != 2 or not self.column.endswith("_sealed"):
            raise ContractBroken(f"{self.column} is not schema.table.name_sealed")
        if self.mask not in MASKS:
            raise ContractBroken(f"{self.column} is masked by {self.mask}, which is none of {', '.join(MASKS)}")
        if self.retention_days < 1:
            raise ContractBroken(f"{self.column} is kept {self.retention_days} days: say at least one")


LEVELS: Mapping[int, Mapping[str, str]] = {
    1: {"zh": "一级：可公开", "en": "1: may be public"},
    2: {"zh": "二级：泄露有轻微影响", "en": "2: a leak is a nuisance"},
    3: {"zh": "三级：泄露损害个人权益", "en": "3: a leak harms the person"},
    4: {"zh": "四级：泄露造成严重损害", "en": "4: a leak harms the person gravely"},
}
"""What ``PersonalField.level`` means."""


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
    reader: Reader | None = None
    listens: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    migrations: Path | None = None

    def __post_init__(self) -> None:
        if self.personal_data and self.eraser is None:
            raise ContractBroken(f"module {self.name} holds personal data and names no eraser")
        if self.personal_data and self.reader is None:
            raise ContractBroken(f"module {self.name} holds personal data and names no reader")


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
