"""All alarm rules, found in this folder one file each; a file without a ``RULE`` stops the start and is named."""

from __future__ import annotations

import importlib
import pkgutil

from twin.conditions import Rule


def load_rules() -> tuple[Rule, ...]:
    """Every rule, by name; two of one name are refused."""
    rules: dict[str, Rule] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(__path__)):
        rule = getattr(importlib.import_module(f"{__name__}.{module}"), "RULE", None)
        if not isinstance(rule, Rule):
            raise TypeError(f"twin/rules/{module}.py exports no RULE")
        if rule.name in rules:
            raise TypeError(f"twin/rules/{module}.py: a rule {rule.name} exists already")
        rules[rule.name] = rule
    return tuple(rules.values())
