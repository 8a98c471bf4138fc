"""Ticket machine: whether it can still print a number."""

from iot.kind import AlarmType, Command, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="ticket_machine",
    label=text("取号机", "Ticket machine"),
    brick="hall:Ticket_Dispenser",
    points=(
        Point(name="paper", label=text("余纸", "Paper left"), type="float", unit="%", range=(0, 100), ttl_s=600,
              brick="hall:Paper_Level_Sensor"),
        Point(name="printer", label=text("打印机", "Printer"), type="enum", ttl_s=600, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "jam": text("卡纸", "Jam"), "out": text("缺纸", "Out of paper"),
                      "cutter": text("切刀故障", "Cutter fault")}),
        Point(name="id_reader", label=text("证件读卡器", "ID reader"), type="enum", ttl_s=600,
              brick="brick:Fault_Status", values={"ok": text("正常", "OK"), "fault": text("故障", "Fault")}),
        Point(name="tickets_today", label=text("今日取号", "Tickets today"), type="int", unit="tickets",
              range=(0, 100_000), ttl_s=600, brick="hall:Use_Counter"),
    ),
    events=(Event(name="ticket_printed", label=text("已出号", "Ticket printed"), data={"number": "str"}),),
    commands=(
        Command(name="print_test", label=text("打印测试", "Print a test"), timeout_s=15),
        Command(name="restart", label=text("重启", "Restart"), danger="confirm", timeout_s=60),
    ),
    alarms=(
        AlarmType(
            name="paper_low", label=text("纸将用完", "Paper low"), priority=4,
            when=When(point="paper", op="<", value=10.0, deadband=5.0),
            consequence=text("约 60 张后停止出号", "It stops after some 60 tickets"),
            response=text("换纸卷", "Change the roll"),
        ),
        AlarmType(
            name="printer_stopped", label=text("不能出号", "Cannot print"), priority=3, on_delay_s=5,
            when=When(point="printer", op="!=", value="ok"),
            consequence=text("此机停用，其他取号机排队变长", "Out of use; queues grow at the others"),
            response=text("加纸或取出卡纸，引导使用其他取号机和手机取号", "Add paper or clear the jam"),
        ),
    ),
    look=Look(icon="ticket", layer="kiosks", headline="paper"),
)  # fmt: skip
