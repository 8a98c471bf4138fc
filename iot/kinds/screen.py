"""Screen above a window or on a wall: what it shows."""

from iot.kind import AlarmType, Argument, Command, Confirmation, Kind, Look, Point, When, text

KIND = Kind(
    name="screen",
    label=text("显示屏", "Screen"),
    brick="hall:Display_Screen",
    points=(
        Point(name="text", label=text("显示内容", "Shown text"), type="str", ttl_s=600, brick="hall:Text_Status"),
        Point(name="power", label=text("电源", "Power"), type="bool", ttl_s=600, brick="brick:On_Off_Status"),
        Point(name="brightness", label=text("亮度", "Brightness"), type="int", unit="%", range=(0, 100), ttl_s=600,
              brick="brick:Luminance_Setpoint"),
        Point(name="temperature", label=text("机内温度", "Temperature"), type="float", unit="°C", range=(-20, 100),
              ttl_s=600, brick="brick:Temperature_Sensor"),
    ),
    commands=(
        Command(
            name="show_text", label=text("显示文字", "Show text"), timeout_s=5,
            arguments=(Argument(name="text", label=text("文字", "Text"), type="str", max_length=120),),
            confirmed_by=Confirmation(point="text", argument="text"), lasting="sets",
        ),
        Command(name="clear", label=text("清屏", "Clear"), timeout_s=5,
                confirmed_by=Confirmation(point="text", equals=""), lasting="sets"),
        Command(
            name="set_brightness", label=text("设亮度", "Set brightness"), timeout_s=5,
            arguments=(Argument(name="brightness", label=text("亮度", "Brightness"), type="int", range=(0, 100)),),
            confirmed_by=Confirmation(point="brightness", argument="brightness"), lasting="sets",
        ),
        Command(name="power_on", label=text("开屏", "Switch on"), timeout_s=10,
                confirmed_by=Confirmation(point="power", equals=True), lasting="sets"),
        Command(name="power_off", label=text("关屏", "Switch off"), danger="confirm", timeout_s=10,
                confirmed_by=Confirmation(point="power", equals=False), lasting="sets"),
    ),
    alarms=(
        AlarmType(
            name="overheated", label=text("屏幕过热", "Screen overheated"), priority=4, on_delay_s=120,
            when=When(point="temperature", op=">", value=65.0, deadband=5.0),
            consequence=text("屏幕可能自动关闭", "It may switch itself off"),
            response=text("降低亮度，清理散热口", "Lower the brightness; clean the vents"),
        ),
    ),
    look=Look(icon="screen", layer="screens", headline="text"),
    offline_priority=4,
)  # fmt: skip
