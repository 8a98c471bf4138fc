"""What a survey means: one building with its rooms, doors, open edges, stairs and lifts, in one way for all formats."""

from building.understanding.assemble import understand

__all__ = ["understand"]
