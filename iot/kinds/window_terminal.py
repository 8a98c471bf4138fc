"""Clerk's terminal at a window: whether the window can serve."""

from iot.kind import AlarmType, Argument, Command, Event, Kind, Look, Point, When, text

_PART = {"ok": text("正常", "OK"), "fault": text("故障", "Fault")}

KIND = Kind(
    name="window_terminal",
    label=text("窗口终端", "Window terminal"),
    brick="rec:ICTEquipment",
    points=(
        Point(name="session", label=text("使用状态", "Session"), type="enum", ttl_s=300, brick="brick:Status",
              values={"free": text("空闲", "Free"), "active": text("使用中", "In use"),
                      "locked": text("锁屏", "Locked")}),
        Point(name="id_reader", label=text("证件读卡器", "ID reader"), type="enum", ttl_s=600, values=_PART,
              brick="brick:Fault_Status"),
        Point(name="printer", label=text("打印机", "Printer"), type="enum", ttl_s=600, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "paper_low": text("少纸", "Paper low"),
                      "paper_out": text("缺纸", "Paper out"), "jam": text("卡纸", "Jam")}),
        Point(name="evaluator", label=text("评价器", "Rating pad"), type="enum", ttl_s=600, values=_PART,
              brick="brick:Fault_Status"),
        Point(name="cpu", label=text("处理器占用", "CPU"), type="float", unit="%", range=(0, 100), ttl_s=300,
              brick="hall:Utilisation_Sensor"),
    ),
    events=(Event(name="help_pressed", label=text("窗口求助", "Clerk asks for help"), data={"silent": "bool"}),),
    commands=(
        Command(name="message", label=text("发提示", "Show a message"), timeout_s=5,
                arguments=(Argument(name="text", label=text("内容", "Text"), type="str", max_length=120),)),
        Command(name="restart", label=text("重启", "Restart"), danger="confirm", timeout_s=60),
    ),
    alarms=(
        AlarmType(
            name="id_reader_fault", label=text("证件读卡器故障", "ID reader fault"), priority=3, on_delay_s=10,
            when=When(point="id_reader", op="==", value="fault"),
            consequence=text("该窗口只能手工录入", "The window can only type by hand"),
            response=text("更换读卡器，或把号转到邻窗", "Swap the reader or move tickets next door"),
        ),
        AlarmType(
            name="printer_stopped", label=text("打印机停用", "Printer stopped"), priority=4, on_delay_s=10,
            when=When(point="printer", op="==", value="paper_out"),
            consequence=text("窗口无法出具回执", "No receipts at this window"),
            response=text("加纸", "Add paper"),
        ),
        AlarmType(
            name="printer_jam", label=text("打印机卡纸", "Printer jam"), priority=4, on_delay_s=10,
            when=When(point="printer", op="==", value="jam"),
            consequence=text("窗口无法出具回执", "No receipts at this window"),
            response=text("取出卡纸", "Clear the jam"),
        ),
    ),
    look=Look(icon="terminal", layer="queue", headline="session"),
)  # fmt: skip
