"""Out of the building: a plan for the people who are there, by the exits that are usable now. Pure."""

from wayfinding.evacuation.assumptions import Assumptions, InvalidAssumptions
from wayfinding.evacuation.network import EvacuationNetwork, compile_evacuation
from wayfinding.evacuation.plan import (
    EvacuationPlan,
    InvalidPeople,
    Leaving,
    Stranded,
    Use,
    Waiting,
    ZonePlan,
    plan_evacuation,
)

__all__ = [
    "Assumptions",
    "EvacuationNetwork",
    "EvacuationPlan",
    "InvalidAssumptions",
    "InvalidPeople",
    "Leaving",
    "Stranded",
    "Use",
    "Waiting",
    "ZonePlan",
    "compile_evacuation",
    "plan_evacuation",
]
