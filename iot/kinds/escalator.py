"""Escalator: running or not. It may be stopped from afar, never started: someone must stand beside it."""

from iot.kind import AlarmType, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="escalator",
    label=text("自动扶梯", "Escalator"),
    brick="hall:Escalator",
    points=(
        Point(name="mode", label=text("状态", "State"), type="enum", ttl_s=120, brick="brick:Mode_Status",
              values={"running": text("运行", "Running"), "slow": text("慢速待客", "Slow"),
                      "stopped": text("停止", "Stopped"), "fault": text("故障", "Fault")}),
        Point(name="direction", label=text("方向", "Direction"), type="enum", ttl_s=120, brick="brick:Direction_Status",
              values={"up": text("上行", "Up"), "down": text("下行", "Down")}),
        Point(name="speed", label=text("速度", "Speed"), type="float", unit="m/s", range=(0, 1), ttl_s=120,
              brick="brick:Speed_Sensor"),
        Point(name="emergency_stop", label=text("急停", "Emergency stop"), type="bool", ttl_s=120, brick="brick:Alarm"),
    ),
    events=(Event(name="stopped", label=text("已停止", "Stopped"), data={"cause": "str"}),),
    commands=(
        Command(name="stop", label=text("停梯", "Stop"), danger="arm", timeout_s=10,
                effect=text("扶梯将停下，站在上面的人可能跌倒", "It stops under whoever stands on it: they may fall"),
                confirmed_by=Confirmation(point="mode", equals="stopped"), lasting="sets"),
    ),
    alarms=(
        AlarmType(
            name="emergency_stop", label=text("扶梯急停", "Emergency stop pressed"), priority=1,
            when=When(point="emergency_stop", op="==", value=True), life_safety=True,
            consequence=text("可能有人摔倒或被夹", "Someone may have fallen or been caught"),
            response=text("立即派人到场查看伤情，调看摄像机，未查明前不得重新启动",
                          "Send someone at once; look at the camera; do not restart before it is clear"),
        ),
        AlarmType(
            name="fault", label=text("扶梯故障", "Escalator fault"), priority=2, on_delay_s=5,
            when=When(point="mode", op="==", value="fault"),
            consequence=text("上下楼改走楼梯和电梯，电梯排队变长", "People take stairs and lifts; lifts fill up"),
            response=text("围挡，路线改走电梯，通知维保", "Fence it off; route by lift; call maintenance"),
        ),
    ),
    look=Look(icon="escalator", layer="transport", headline="mode"),
)  # fmt: skip
