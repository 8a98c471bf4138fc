"""Information point: a pillar with a screen and a help button."""

from iot.kind import AlarmType, Argument, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="information_point",
    label=text("信息柱", "Information point"),
    brick="brick:Emergency_Phone",
    points=(
        Point(name="call", label=text("求助通话", "Help call"), type="enum", ttl_s=300, brick="brick:Status",
              values={"none": text("无", "None"), "ringing": text("呼叫中", "Ringing"),
                      "answered": text("通话中", "Answered")}),
        Point(name="text", label=text("显示内容", "Shown text"), type="str", ttl_s=600, brick="hall:Text_Status"),
        Point(name="intercom", label=text("对讲", "Intercom"), type="enum", ttl_s=600, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "fault": text("故障", "Fault")}),
    ),
    events=(Event(name="help_pressed", label=text("有人求助", "Help pressed")),),
    commands=(
        Command(
            name="show_text", label=text("显示文字", "Show text"), timeout_s=5,
            arguments=(Argument(name="text", label=text("文字", "Text"), type="str", max_length=120),),
            confirmed_by=Confirmation(point="text", argument="text"), lasting="sets",
        ),
        Command(name="end_call", label=text("结束通话", "End the call"), timeout_s=5,
                confirmed_by=Confirmation(point="call", equals="none")),
    ),
    alarms=(
        AlarmType(
            name="help_wanted", label=text("有人求助", "Someone asks for help"), priority=2,
            when=When(point="call", op="==", value="ringing"),
            consequence=text("有人在等待回应", "Someone is waiting for an answer"),
            response=text("接听并派就近人员", "Answer and send whoever is near"),
        ),
        AlarmType(
            name="intercom_fault", label=text("对讲故障", "Intercom fault"), priority=3, on_delay_s=30,
            when=When(point="intercom", op="==", value="fault"),
            consequence=text("此处无法求助", "No help can be called here"),
            response=text("报修并贴告示", "Have it repaired; put up a notice"),
        ),
    ),
    look=Look(icon="info", layer="people", headline="call"),
)  # fmt: skip
