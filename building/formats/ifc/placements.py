"""Where the entities of a file stand: each placement is worked out once, however many stand on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

ON_EARTH_M = 1e8
"""Farther from the file's origin nothing is placed, whatever map it was drawn on."""
DEPTH_MAX = 100

Matrix = npt.NDArray[np.float64]


class Placements:
    """4 x 4 matrices in metres, in the file's world frame."""

    def __init__(self, unit_m: float) -> None:
        self._unit_m = unit_m
        self._known: dict[int, Matrix] = {}

    def of(self, entity: Any) -> Matrix:
        """Raises ``ValueError`` for a placement that is nowhere on earth."""
        matrix = np.eye(4)
        if entity.ObjectPlacement is not None:
            with np.errstate(all="ignore"):
                matrix = self._matrix(entity.ObjectPlacement).copy()
                matrix[:3, 3] *= self._unit_m
            if not (np.abs(matrix) < ON_EARTH_M).all():  # NaN neither
                raise ValueError(f"the placement of {entity.is_a()} {entity.GlobalId} is nowhere on earth")
        return matrix

    def _matrix(self, placement: Any, depth: int = 0) -> Matrix:
        import ifcopenshell.util.placement

        known = self._known.get(placement.id())
        if known is not None:
            return known
        if depth > DEPTH_MAX:
            raise ValueError("placements that stand on each other in a circle, or too many on one")
        if not placement.is_a("IfcLocalPlacement"):
            matrix = np.asarray(ifcopenshell.util.placement.get_local_placement(placement), dtype=np.float64)
        else:
            own = ifcopenshell.util.placement.get_axis2placement(placement.RelativePlacement)
            parent = placement.PlacementRelTo
            matrix = own if parent is None else self._matrix(parent, depth + 1) @ own
        self._known[placement.id()] = matrix
        return matrix
