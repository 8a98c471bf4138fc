"""The same building told otherwise: turned, far away, in other units, with other ids, names and less of what it says.

Each function takes the text of an IFC file and gives another that shows the same rooms and doors.
"""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from building.graph import Graph, build_graph
from building.model import OUT, Building

_QUOTED = re.compile(r"('(?:[^']|'')*')")
_NUMBER = re.compile(r"#(\d+)")

Retold = Callable[[str], str]


def turned(text: str, degrees: float = 17.0) -> str:
    """About the vertical through the file's origin."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    matrix = np.array([[cos, -sin, 0, 0], [sin, cos, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return _placed_anew(text, lambda _unit_m: matrix)


def far_away(text: str, by_m: tuple[float, float] = (400_000.0, 300_000.0)) -> str:
    """500 km off."""

    def shift(unit_m: float) -> Any:
        matrix = np.eye(4)
        matrix[:2, 3] = np.array(by_m) / unit_m
        return matrix

    return _placed_anew(text, shift)


def in_other_metric_units(text: str) -> str:
    """Millimetres; metres where it was in millimetres."""
    return _in_unit(text, "METER" if _unit_m(text) < 0.5 else "MILLIMETER")


def in_feet(text: str) -> str:
    return _in_unit(text, "FOOT")


def shuffled(text: str, seed: int = 7) -> str:
    """Other numbers for all entities, and the last one first."""
    head, data, tail = _parts(_one_a_line(text))
    lines = data.strip().split("\n")
    numbers = [int(n) for line in lines if (n := line[1:].partition("=")[0].strip()).isdigit()]
    other = numbers[:]
    random.Random(seed).shuffle(other)  # noqa: S311  it must repeat
    table = dict(zip(numbers, other, strict=True))

    def anew(line: str) -> str:
        pieces = _QUOTED.split(line)
        pieces[::2] = [_NUMBER.sub(lambda m: f"#{table.get(int(m[1]), int(m[1]))}", p) for p in pieces[::2]]
        return "".join(pieces)

    return head + "\n".join(anew(line) for line in reversed(lines)) + "\n" + tail


def with_new_guids(text: str, seed: int = 7) -> str:
    import ifcopenshell.guid

    file = _open(text)
    bits = random.Random(seed)  # noqa: S311  it must repeat
    for entity in file.by_type("IfcRoot"):
        entity.GlobalId = ifcopenshell.guid.compress(f"{bits.getrandbits(128):032x}")
    return _text(file)


def renamed(text: str) -> str:
    """Every room gets a Chinese name that says nothing of its use."""
    file = _open(text)
    for n, space in enumerate(file.by_type("IfcSpace"), 1):
        space.Name, space.LongName = f"{n}", f"房间{n}"
    return _text(file)


def without_boundaries(text: str) -> str:
    file = _open(text)
    for boundary in file.by_type("IfcRelSpaceBoundary"):
        file.remove(boundary)
    return _text(file)


def without_own_sets(text: str) -> str:
    """What only our own programs understand is taken out: this is what a stranger reads."""
    file = _open(text)
    for relation in file.by_type("IfcRelDefinesByProperties"):
        if (relation.RelatingPropertyDefinition.Name or "").startswith("Halltwin_"):
            file.remove(relation)
    return _text(file)


def with_an_old_header(text: str) -> str:
    return re.sub(r"FILE_SCHEMA\s*\(\s*\(\s*'IFC2X3'", "FILE_SCHEMA(('IFC2X_FINAL'", text, count=1)


def is_old_style(text: str) -> bool:
    return re.search(r"FILE_SCHEMA\s*\(\s*\(\s*'IFC2X3'", text) is not None


def all_at_once(text: str) -> str:
    return with_new_guids(shuffled(in_feet(far_away(turned(text)))))


# how two readings are compared


def connections(b: Building) -> Counter[tuple[tuple[str, ...], str, bool]]:
    """Edges by the foreign ids of their rooms: to see what differs where ids were kept."""
    return Counter(_connections(build_graph(b)))


def _connections(graph: Graph) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    names = {s.id: s.source.value if s.source else f"derived {s.key}" for s in graph.spaces} | {OUT: OUT}
    for e in graph.edges:
        yield tuple(sorted((names[e.a], names[e.b]))), e.via, e.exit


# how files are rewritten


def _placed_anew(text: str, matrix: Callable[[float], Any]) -> str:
    """Whatever stands in the world itself is put elsewhere; all else stands in that."""
    import ifcopenshell.util.placement
    import ifcopenshell.util.unit

    file = _open(text)
    change = matrix(float(ifcopenshell.util.unit.calculate_unit_scale(file)))
    for placement in file.by_type("IfcLocalPlacement"):
        if placement.PlacementRelTo is None:
            new = change @ ifcopenshell.util.placement.get_axis2placement(placement.RelativePlacement)
            placement.RelativePlacement = file.createIfcAxis2Placement3D(
                file.createIfcCartesianPoint([float(v) for v in new[:3, 3]]),
                file.createIfcDirection([float(v) for v in new[:3, 2]]),
                file.createIfcDirection([float(v) for v in new[:3, 0]]),
            )
    return _text(file)


def _in_unit(text: str, unit: str) -> str:
    import ifcopenshell.util.unit

    return _text(ifcopenshell.util.unit.convert_file_length_units(_open(text), unit))


def _unit_m(text: str) -> float:
    import ifcopenshell.util.unit

    return float(ifcopenshell.util.unit.calculate_unit_scale(_open(text)))


def _open(text: str) -> Any:
    import ifcopenshell

    return ifcopenshell.file.from_string(text)


def _text(file: Any) -> str:
    return str(file.to_string())


def _one_a_line(text: str) -> str:
    return _text(_open(text))


def _parts(text: str) -> tuple[str, str, str]:
    start = text.index("DATA;") + len("DATA;\n")
    end = text.rindex("ENDSEC;")
    return text[:start], text[start:end], text[end:]
