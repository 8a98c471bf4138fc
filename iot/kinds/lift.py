"""Lift: where it is and whether it may be used. Homing in a fire stays with its own controller."""

from iot.kind import AlarmType, Argument, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="lift",
    label=text("电梯", "Lift"),
    brick="brick:Elevator",
    points=(
        Point(name="floor", label=text("所在楼层", "Floor"), type="str", ttl_s=120, brick="hall:Floor_Status"),
        Point(name="direction", label=text("方向", "Direction"), type="enum", ttl_s=120, brick="brick:Direction_Status",
              values={"idle": text("停", "Idle"), "up": text("上行", "Up"), "down": text("下行", "Down")}),
        Point(name="doors", label=text("轿门", "Doors"), type="enum", ttl_s=120, brick="brick:Open_Close_Status",
              values={"open": text("开", "Open"), "closed": text("关", "Closed")}),
        Point(name="mode", label=text("运行方式", "Mode"), type="enum", ttl_s=120, brick="brick:Mode_Status",
              values={"normal": text("正常", "Normal"), "held": text("留守", "Held"), "fire": text("消防", "Fire"),
                      "maintenance": text("检修", "Maintenance"), "fault": text("故障", "Fault")}),
        Point(name="load", label=text("载重", "Load"), type="float", unit="%", range=(0, 150), ttl_s=120,
              brick="hall:Load_Sensor"),
        Point(name="wait", label=text("平均候梯", "Mean wait"), type="float", unit="s", range=(0, 1800), ttl_s=300,
              brick="hall:Wait_Sensor"),
        Point(name="trapped", label=text("困人", "People trapped"), type="bool", ttl_s=120, brick="brick:Alarm"),
    ),
    events=(Event(name="help_pressed", label=text("轿厢呼救", "Help pressed in the car")),),
    commands=(
        Command(
            name="hold", label=text("留守某层", "Hold at a floor"), danger="arm", timeout_s=60,
            effect=text("轿厢将停在 {floor} 不再应召", "The car stays at {floor} and answers no call"),
            arguments=(Argument(name="floor", label=text("楼层", "Floor"), type="str", max_length=4),),
            confirmed_by=Confirmation(point="mode", equals="held"), lasting="sets",
        ),
        Command(name="release", label=text("解除留守", "Release"), danger="arm", timeout_s=15,
                effect=text("电梯恢复载客", "The lift carries people again"),
                confirmed_by=Confirmation(point="mode", equals="normal"), lasting="ends"),
    ),
    alarms=(
        AlarmType(
            name="trapped", label=text("电梯困人", "People trapped in the lift"), priority=1, life_safety=True,
            when=When(point="trapped", op="==", value=True),
            consequence=text("轿厢内有人被困", "People are shut in the car"),
            response=text("立即通过对讲安抚，通知维保 30 分钟内到场，切勿自行扒门",
                          "Speak to them at once; call the lift company; never force the doors"),
        ),
        AlarmType(
            name="fault", label=text("电梯故障", "Lift fault"), priority=2, on_delay_s=5,
            when=When(point="mode", op="==", value="fault"),
            consequence=text("轮椅和婴儿车到不了其他楼层", "Wheelchairs and prams cannot change floor"),
            response=text("挂停用牌，路线改走另一部电梯，通知维保", "Put the sign up; route by the other lift"),
        ),
    ),
    look=Look(icon="lift", layer="transport", headline="floor"),
    offline_priority=2,
)  # fmt: skip
