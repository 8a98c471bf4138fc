"""What a job writes, as statements: they can be executed now, or kept as bytes and executed later, in their order.

A job gets a ``Journal`` in the place of a connection. It has what writing needs and answers nothing: a job that asks
for rows raises ``MustRead`` and needs the database itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, cast

import msgspec
from psycopg.types.json import Jsonb

from twin.store.database import Connection

Params: TypeAlias = Sequence[Any] | Mapping[str, Any] | None
_JSONB = 1


class MustRead(Exception):
    """A job asked for rows."""


class Statement(msgspec.Struct, frozen=True, array_like=True):
    """``many``: its parameters are a list of such."""

    sql: str
    params: Any
    many: bool = False


class _Unanswered:
    """In the place of a cursor that executed something."""

    rowcount = -1

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def execute(self, sql: str, params: Params = None) -> _Unanswered:
        return self._journal.execute(sql, params)

    def executemany(self, sql: str, params: Sequence[Params]) -> None:
        self._journal.statements.append(Statement(sql, list(params), many=True))

    def fetchone(self) -> NoReturn:
        raise MustRead

    fetchall = fetchmany = __iter__ = fetchone


class Journal:
    def __init__(self) -> None:
        self.statements: list[Statement] = []

    def execute(self, sql: str, params: Params = None) -> _Unanswered:
        self.statements.append(Statement(sql, params))
        return _Unanswered(self)

    def cursor(self) -> _Unanswered:
        return _Unanswered(self)

    def as_connection(self) -> Connection:
        return cast(Connection, self)


def encode_statements(statements: Sequence[Statement]) -> bytes:
    return msgspec.msgpack.encode(list(statements), enc_hook=_encode_jsonb)


def decode_statements(raw: bytes) -> list[Statement]:
    return msgspec.msgpack.decode(raw, type=list[Statement], ext_hook=_decode_jsonb)


def execute_all(conn: Connection, statements: Sequence[Statement]) -> None:
    """Within the caller's transaction, at one go: what the server says to the last is heard when this returns."""
    with conn.pipeline():
        for statement in statements:
            if statement.many:
                conn.cursor().executemany(statement.sql, statement.params)
            else:
                conn.execute(statement.sql, statement.params)


def _encode_jsonb(value: Any) -> msgspec.msgpack.Ext:
    if isinstance(value, Jsonb):
        return msgspec.msgpack.Ext(_JSONB, msgspec.msgpack.encode(value.obj))
    raise NotImplementedError(f"a statement's parameter is a {type(value).__name__}")


def _decode_jsonb(code: int, data: memoryview) -> Any:
    if code != _JSONB:
        raise ValueError(f"extension {code} is unknown")
    return Jsonb(msgspec.msgpack.decode(data))
