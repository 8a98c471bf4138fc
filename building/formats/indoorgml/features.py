"""The features of an IndoorGML file by their ids: cells, boundaries, states, transitions, with references resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from building.formats.indoorgml import words
from building.model import Text

CELLS = frozenset({
    "CellSpace", "GeneralSpace", "TransitionSpace", "ConnectionSpace", "AnchorSpace", "NavigableSpace",
    "TransferSpace", "NonNavigableSpace",
})  # fmt: skip
BOUNDARIES = frozenset({
    "CellSpaceBoundary", "NavigableBoundary", "TransferBoundary", "ConnectionBoundary", "AnchorBoundary",
    "NonNavigableBoundary",
})  # fmt: skip
_OWN_ID = re.compile(r"[^:\s]+:(space|opening|link):\S+")
_OTHER_GRAPHS = re.compile(r"adjacen|sensor|wifi|camera", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """``key`` is the gml:id; ``said`` its description as pairs; ``own_id`` our own id where we wrote the file."""

    key: str
    name: Text
    said: Mapping[str, str]
    own_id: str | None
    element: Element

    @property
    def text(self) -> str:
        return " ".join(self.name.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Feature):
    """``sort`` is the class of the feature (``GeneralSpace``), ``codes`` its class, function and usage."""

    sort: str
    codes: tuple[str, ...]
    storey: str | None
    bounded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State(Feature):
    cell: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(Feature):
    """``ends`` are the ids of states or cells; ``boundary`` is what it is the dual of."""

    ends: tuple[str, ...]
    boundary: str | None


@dataclass(slots=True)
class Features:
    cells: dict[str, Cell] = field(default_factory=dict)
    boundaries: dict[str, Feature] = field(default_factory=dict)
    states: dict[str, State] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    by_id: dict[str, Element] = field(default_factory=dict)
    parents: dict[Element, Element] = field(default_factory=dict)


def collect(root: Element) -> Features:
    """Everything the file names."""
    found = Features()
    for parent in root.iter():
        for child in parent:
            found.parents[child] = parent
        if key := parent.get("id"):
            if key in found.by_id:
                found.warnings.append(f"the id {key} stands for two features: the first is meant by references")
            found.by_id.setdefault(key, parent)
    _collect_shapes(root, found)
    for graph in _graphs(root, found.warnings):
        _collect_ways(graph, found)
    if any(e.tag == "InterLayerConnection" for e in root.iter()):
        found.warnings.append("connections between layers (InterLayerConnection) lead nowhere on foot and are left out")
    return found


def _collect_shapes(root: Element, found: Features) -> None:
    for e in root.iter():
        under = found.parents[e].tag if e in found.parents else ""
        if e.tag in CELLS or (under == "cellSpaceMember" and e.tag not in BOUNDARIES and len(e)):
            cell = _cell(e, len(found.cells))
            found.cells.setdefault(cell.key, cell)
        elif e.tag in BOUNDARIES or (under == "cellSpaceBoundaryMember" and len(e)):
            boundary = Feature(**_common(e, f"boundary-{len(found.boundaries)}"))
            found.boundaries.setdefault(boundary.key, boundary)


def _collect_ways(graph: Element, found: Features) -> None:
    for e in graph.iter():
        if e.tag == "State":
            state = State(**_common(e, f"state-{len(found.states)}"), cell=_reference(e.find("duality"), CELLS))
            found.states.setdefault(state.key, state)
        elif e.tag == "Transition":
            ends = [_reference(c, {"State"}) for c in e.findall("connects")]
            found.transitions.append(Transition(
                **_common(e, f"transition-{len(found.transitions)}"), ends=tuple(x for x in ends if x),
                boundary=_reference(e.find("duality"), BOUNDARIES),
            ))  # fmt: skip


def _graphs(root: Element, warnings: list[str]) -> Iterator[Element]:
    """The layers that say where people can go; all that stands outside of any layer counts as one."""
    layers = [e for e in root.iter() if e.tag.lower() == "spacelayer" and len(e)]
    if not layers:
        yield root
    for layer in layers:
        said = " ".join(words.word(layer.find(n)) for n in ("name", "description", "usage", "function", "class"))
        if len(layers) > 1 and _OTHER_GRAPHS.search(said):
            warnings.append(f"the layer {said.strip()!r} is no graph of ways and is left out")
        else:
            yield layer


def _cell(e: Element, number: int) -> Cell:
    common = _common(e, f"cell-{number}")
    said = common["said"]
    storey = next((w for c in e if c.tag.lower() in ("storey", "level", "floor") and (w := words.word(c))), None)
    label = storey or e.get("storey") or said.get("storey") or said.get("level") or said.get("floor")
    return Cell(
        **common,
        sort=e.tag,
        codes=tuple(words.word(e.find(n)) for n in ("class", "function", "usage")),
        storey=label[: words.LABEL_MAX] if label else None,
        bounded_by=tuple(r for b in e.findall("partialboundedBy") if (r := _reference(b, BOUNDARIES))),
    )


def _common(e: Element, spare_key: str) -> dict[str, Any]:
    said = words.pairs(words.word(e.find("description")))
    own = said.get("id", "")
    return {
        "key": e.get("id") or spare_key,
        "name": words.names(e.findall("name")),
        "said": said,
        "own_id": own if _OWN_ID.fullmatch(own) else None,
        "element": e,
    }


def _reference(e: Element | None, inline: frozenset[str] | set[str]) -> str | None:
    """The id that is referred to, or that of the feature which stands there itself."""
    if e is None:
        return None
    if href := e.get("href"):
        return href.rpartition("#")[2]
    return next((c.get("id") for c in e if c.tag in inline), None)
