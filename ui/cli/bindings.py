"""The foreign addresses of devices from the command line: bound, listed, freed."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from iot.ports import Binding
from ui.cli.outside import ACTOR, OutsideHall
from ui.problems import WrongUsage


def list_bindings(hall: OutsideHall) -> dict[str, Any]:
    return {"bindings": [_binding(one) for one in hall.registry.list_bindings()]}


def bind(hall: OutsideHall, key: str, args: argparse.Namespace) -> dict[str, Any]:
    """A device that has its place in the hall speaks a convention of its own; who is new is enrolled first."""
    if args.bind:
        if hall.registry.find_device(key) is None:
            raise WrongUsage(f"{key} is no device of this hall yet: enrol it first ({key} --kind KIND)")
        convention, address = args.bind
        points = read_points(args.point)
        binding = Binding(device=key, convention=convention, address=address, points=points)
        hall.registry.bind(binding, actor=ACTOR, why=args.why or "bound")
    if args.unbind:
        hall.registry.unbind(key, args.unbind, actor=ACTOR, why=args.why or "unbound")
    if args.bind or args.unbind:
        hall.take_over()
    return {"user": key, "bindings": [_binding(b) for b in hall.registry.list_bindings() if b.device == key]}


def read_points(words: Sequence[str]) -> dict[str, str]:
    """``THEIRS=OURS``: a foreign name may hold anything, also another ``=``."""
    pairs = [word.rpartition("=") for word in words]
    if wrong := [word for word, (theirs, _, ours) in zip(words, pairs, strict=True) if not (theirs and ours)]:
        raise WrongUsage(f"write --point THEIRS=OURS, not {', '.join(wrong)}")
    return {theirs: ours for theirs, _, ours in pairs}


def _binding(binding: Binding) -> dict[str, Any]:
    return {
        "device": binding.device,
        "convention": binding.convention,
        "address": binding.address,
        "points": dict(binding.points),
    }
