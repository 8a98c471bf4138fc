"""The behaviours of the kinds, one file each, found by name; a kind without one behaves by its declaration."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from simulators.behaviours.behaviour import Behaviour

_NO_KINDS = {"behaviour", "generic"}


def load_behaviours() -> Mapping[str, Behaviour]:
    """Kind -> behaviour; a file without a BEHAVIOUR fails here, by name."""
    found: dict[str, Behaviour] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name in _NO_KINDS:
            continue
        behaviour = getattr(importlib.import_module(f"{__name__}.{module.name}"), "BEHAVIOUR", None)
        if not isinstance(behaviour, Behaviour):
            raise TypeError(f"simulators/behaviours/{module.name}.py exports no BEHAVIOUR")
        found[module.name] = behaviour
    return found
