"""The codecs' short form: damaged topics and payloads end in messages or in the codecs' own error."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import iot.conventions
from iot.fuzz import CODECS
from ui.cli.bench.codecs import SLOW_MS, fuzz_codec

NOT_FROM_OUTSIDE = {"homeassistant"}
"""It reads nothing but its own words, kept by the broker."""


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_whatever_comes_is_understood_or_refused(codec: str) -> None:
    told = fuzz_codec(codec, payloads=2_000, seed=1)
    assert (told["escaped"], told["hung"]) == (None, False)
    assert told["parsed"] + sum(told["refused"].values()) == 2_000
    assert told["parsed"] > 100
    assert told["slowest_ms"] < SLOW_MS


def test_every_convention_that_hears_others_is_fuzzed() -> None:
    """A new file of conventions cannot be forgotten here."""
    names = set()
    for module in pkgutil.iter_modules(iot.conventions.__path__, "iot.conventions."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if (
                found.__module__ == module.name
                and hasattr(found, "parse")
                and not getattr(found, "_is_protocol", False)
            ):
                names.add(found.name)
    assert names - NOT_FROM_OUTSIDE == set(CODECS)
