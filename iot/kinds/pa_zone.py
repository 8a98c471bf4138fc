"""Public address zone: what is being said there. The evacuation message keeps its own certified path."""

from iot.kind import AlarmType, Argument, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="pa_zone",
    label=text("广播分区", "PA zone"),
    brick="rec:AudioVisualEquipment",
    points=(
        Point(name="state", label=text("状态", "State"), type="enum", ttl_s=300, brick="brick:Status",
              values={"idle": text("空闲", "Idle"), "announcing": text("播报中", "Announcing"),
                      "evacuation": text("应急广播", "Evacuation")}),
        Point(name="text", label=text("正在播报", "Being said"), type="str", ttl_s=300, brick="hall:Text_Status"),
        Point(name="volume", label=text("音量", "Volume"), type="int", unit="%", range=(0, 100), ttl_s=300,
              brick="hall:Volume_Setpoint"),
        Point(name="amplifier", label=text("功放", "Amplifier"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "fault": text("故障", "Fault")}),
        Point(name="line", label=text("扬声器回路", "Speaker line"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "open": text("断路", "Open"), "short": text("短路", "Short")}),
    ),
    events=(Event(name="announced", label=text("播报结束", "Announcement ended"), data={"text": "str"}),),
    commands=(
        Command(
            name="announce", label=text("播报", "Announce"), danger="arm", timeout_s=10,
            effect=text("本区所有人将听到：“{text}”", "Everybody in this zone will hear: “{text}”"),
            arguments=(
                Argument(name="text", label=text("内容", "Text"), type="str", max_length=200),
                Argument(name="repeat", label=text("遍数", "Times"), type="int", range=(1, 5), required=False),
            ),
            confirmed_by=Confirmation(point="text", argument="text"),
        ),
        Command(name="stop", label=text("停止播报", "Stop"), timeout_s=5,
                confirmed_by=Confirmation(point="state", equals="idle")),
        Command(
            name="set_volume", label=text("设音量", "Set volume"), danger="confirm", timeout_s=5,
            arguments=(Argument(name="volume", label=text("音量", "Volume"), type="int", range=(0, 100)),),
            confirmed_by=Confirmation(point="volume", argument="volume"), lasting="sets",
        ),
    ),
    alarms=(
        AlarmType(
            name="amplifier_fault", label=text("功放故障", "Amplifier fault"), priority=2, on_delay_s=5,
            when=When(point="amplifier", op="==", value="fault"), life_safety=True,
            consequence=text("该分区听不到广播，疏散时也听不到", "The zone hears nothing, in an evacuation either"),
            response=text("切换备用功放，派维保", "Switch to the spare; call maintenance"),
        ),
        AlarmType(
            name="line_fault", label=text("扬声器回路故障", "Speaker line fault"), priority=2, on_delay_s=5,
            when=When(point="line", op="!=", value="ok"), life_safety=True,
            consequence=text("该分区部分扬声器无声", "Part of the zone is silent"),
            response=text("派维保查线；疏散时该区派人喊话", "Have the line checked; send a person in an evacuation"),
        ),
    ),
    look=Look(icon="speaker", layer="pa", headline="state"),
)  # fmt: skip
