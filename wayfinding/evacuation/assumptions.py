"""What a plan takes for granted: every figure with its source, said in words beside every clearance time."""

from __future__ import annotations

from dataclasses import dataclass

from building.model import Text
from wayfinding.errors import WayfindingError
from wayfinding.evacuation.hydraulic import FREE_SPEED_M_S, MAX_FLOW_P_MS, speed_at_density, speed_at_flow


class InvalidAssumptions(WayfindingError):
    """A figure that nobody walks or passes by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Speeds, flows and when people set off. The defaults are IMO's tables, which err on the safe side.

    Measured doors pass 1.6 to 2.2 persons a metre and second (Kretz 2006, Seyfried 2009), IMO counts 1.3. Stairs are
    walked as slowly as a full stair is, also by the first. ``premovement_s``: people set off evenly spread over that
    time after the alarm; (0, 0) counts from when everybody walks. ``slowed_by_density`` slows who stands in a crowd
    by IMO's table 1.1.
    """

    speed_m_s: float = FREE_SPEED_M_S
    door_flow_p_ms: float = MAX_FLOW_P_MS["door"]
    stairs_down_flow_p_ms: float = MAX_FLOW_P_MS["stairs_down"]
    stairs_up_flow_p_ms: float = MAX_FLOW_P_MS["stairs_up"]
    stairs_down_m_s: float = speed_at_flow("stairs_down", MAX_FLOW_P_MS["stairs_down"])
    stairs_up_m_s: float = speed_at_flow("stairs_up", MAX_FLOW_P_MS["stairs_up"])
    step_free_m_s: float = 0.9
    premovement_s: tuple[float, float] = (0.0, 0.0)
    slowed_by_density: bool = True

    def __post_init__(self) -> None:
        speeds = (self.speed_m_s, self.stairs_down_m_s, self.stairs_up_m_s, self.step_free_m_s)
        flows = (self.door_flow_p_ms, self.stairs_down_flow_p_ms, self.stairs_up_flow_p_ms)
        for figure in (*speeds, *flows):
            if not 0.05 <= figure <= 5.0:
                raise InvalidAssumptions(f"{figure} is no speed (m/s) or flow (p/(m s)) within 0.05..5")
        first, last = self.premovement_s
        if not 0.0 <= first <= last <= 3600.0:
            raise InvalidAssumptions(f"premovement_s {self.premovement_s} is not an interval within 0..3600")

    def speed_in_crowd(self, density_p_m2: float) -> float:
        """How fast people set off who stand that close."""
        if not self.slowed_by_density:
            return self.speed_m_s
        return self.speed_m_s * speed_at_density(density_p_m2) / FREE_SPEED_M_S

    def texts(self) -> tuple[Text, ...]:
        """What a reader of the clearance time has to know."""
        first, last = self.premovement_s
        return (
            {
                "zh": f"步行 {self.speed_m_s:g} 米/秒"
                + ("，拥挤处按 IMO 表 1.1 减速" if self.slowed_by_density else ""),
                "en": f"Walking at {self.speed_m_s:g} m/s"
                + (", slower in a crowd by IMO's table 1.1" if self.slowed_by_density else ""),
            },
            {
                "zh": f"门每米净宽每秒通过 {self.door_flow_p_ms:g} 人",
                "en": f"A door passes {self.door_flow_p_ms:g} people a second per metre of clear width",
            },
            {
                "zh": f"楼梯：下行 {self.stairs_down_m_s:g} 米/秒、{self.stairs_down_flow_p_ms:g} 人/(米·秒)，"
                f"上行 {self.stairs_up_m_s:g} 米/秒、{self.stairs_up_flow_p_ms:g} 人/(米·秒)",
                "en": f"Stairs: down {self.stairs_down_m_s:g} m/s and {self.stairs_down_flow_p_ms:g} p/(m s), "
                f"up {self.stairs_up_m_s:g} m/s and {self.stairs_up_flow_p_ms:g} p/(m s)",
            },
            {"zh": "不使用电梯和自动扶梯", "en": "Lifts and escalators are not used"},
            {
                "zh": f"人员在警报后 {first:g} 至 {last:g} 秒内陆续起步" if last else "从所有人起步时算起",
                "en": f"People set off {first:g} to {last:g} s after the alarm"
                if last
                else "Counted from when all set off",
            },
            {
                "zh": "每个空间内人员均匀分布，排队时空间容得下；门禁已按消防要求释放",
                "en": "People stand evenly spread in each space, queues have room, locked doors are released",
            },
            {
                "zh": f"不能走楼梯的人以 {self.step_free_m_s:g} 米/秒走无台阶路线，没有时在最近的楼梯口等候救助",
                "en": f"Who cannot take stairs goes step-free at {self.step_free_m_s:g} m/s, "
                "else waits for help at the nearest stair landing",
            },
        )
