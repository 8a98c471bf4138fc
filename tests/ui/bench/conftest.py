"""Where the short forms of the benches have their databases."""

from __future__ import annotations

import tempfile

import pytest

from twin.testing import quick_place


@pytest.fixture(autouse=True)
def in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is room: tests ask what is measured and that nothing is lost, not how quick the disk is."""
    if place := quick_place():
        monkeypatch.setattr(tempfile, "tempdir", str(place))
