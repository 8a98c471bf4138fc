"""Projector of a conference room."""

from iot.kind import AlarmType, Command, Confirmation, Kind, Look, Point, When, text

KIND = Kind(
    name="projector",
    label=text("投影机", "Projector"),
    brick="rec:AudioVisualEquipment",
    points=(
        Point(name="power", label=text("电源", "Power"), type="enum", ttl_s=900, brick="brick:On_Off_Status",
              values={"off": text("关", "Off"), "warming": text("预热", "Warming up"), "on": text("开", "On"),
                      "cooling": text("散热", "Cooling down")}),
        Point(name="lamp_hours", label=text("光源时数", "Lamp hours"), type="float", unit="h", range=(0, 100_000),
              ttl_s=3600, brick="brick:Run_Time_Sensor"),
        Point(name="temperature", label=text("机内温度", "Temperature"), type="float", unit="°C", range=(-20, 120),
              ttl_s=900, brick="brick:Temperature_Sensor"),
    ),
    commands=(
        Command(name="power_on", label=text("开机", "Switch on"), timeout_s=60,
                confirmed_by=Confirmation(point="power", equals="on"), lasting="sets"),
        Command(name="power_off", label=text("关机", "Switch off"), timeout_s=60,
                confirmed_by=Confirmation(point="power", equals="off"), lasting="sets"),
    ),
    alarms=(
        AlarmType(
            name="overheated", label=text("投影机过热", "Projector overheated"), priority=4, on_delay_s=60,
            when=When(point="temperature", op=">", value=70.0, deadband=5.0),
            consequence=text("会议中可能自动关机", "It may switch off in a meeting"),
            response=text("清洁滤网", "Clean the filter"),
        ),
        AlarmType(
            name="lamp_old", label=text("光源到期", "Lamp at end of life"), priority=4,
            when=When(point="lamp_hours", op=">", value=20_000.0),
            consequence=text("画面变暗", "The picture dims"),
            response=text("安排更换光源", "Plan a new lamp"),
        ),
    ),
    look=Look(icon="projector", layer="screens", headline="power"),
    offline_priority=4,
)  # fmt: skip
