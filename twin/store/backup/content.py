"""What a table holds, in one number that no order of its rows changes: the sum of their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

_MODULUS = 1 << 256
ZERO = f"{0:064x}"


class Content:
    """Rows as ``COPY`` writes them, one line each. Two tables with the same lines have the same ``digest``."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest(), "big")

    @property
    def digest(self) -> str:
        return f"{self._sum % _MODULUS:064x}"


def whole(tables: Iterable[tuple[str, int, str]]) -> str:
    """One hash of all (name, rows, digest)."""
    lines = "".join(f"{name} {rows} {digest}\n" for name, rows, digest in sorted(tables))
    return hashlib.sha256(lines.encode()).hexdigest()
