"""Self-service kiosk: which of its parts work."""

from iot.kind import AlarmType, Command, Confirmation, Event, Kind, Look, Point, When, text

_PART = {"ok": text("正常", "OK"), "fault": text("故障", "Fault")}

KIND = Kind(
    name="kiosk",
    label=text("自助终端", "Kiosk"),
    brick="hall:Kiosk",
    points=(
        Point(name="service", label=text("服务状态", "Service"), type="enum", ttl_s=300, brick="brick:Status",
              values={"free": text("空闲", "Free"), "busy": text("使用中", "In use"),
                      "out": text("停用", "Out of use")}),
        Point(name="paper", label=text("余纸", "Paper left"), type="float", unit="%", range=(0, 100), ttl_s=600,
              brick="hall:Paper_Level_Sensor"),
        Point(name="printer", label=text("打印机", "Printer"), type="enum", ttl_s=600, values=_PART,
              brick="brick:Fault_Status"),
        Point(name="id_reader", label=text("证件读卡器", "ID reader"), type="enum", ttl_s=600, values=_PART,
              brick="brick:Fault_Status"),
        Point(name="touch", label=text("触摸屏", "Touch screen"), type="enum", ttl_s=600, values=_PART,
              brick="brick:Fault_Status"),
        Point(name="cabinet_open", label=text("机柜门", "Cabinet open"), type="bool", ttl_s=600,
              brick="brick:Open_Close_Status"),
        Point(name="uses_today", label=text("今日使用", "Uses today"), type="int", unit="uses", range=(0, 100_000),
              ttl_s=600, brick="hall:Use_Counter"),
    ),
    events=(Event(name="help_pressed", label=text("呼叫帮助", "Help asked for")),),
    commands=(
        Command(name="take_out", label=text("停用", "Take out of use"), danger="confirm", timeout_s=10,
                confirmed_by=Confirmation(point="service", equals="out"), lasting="sets"),
        Command(name="bring_back", label=text("恢复使用", "Bring back"), timeout_s=10,
                confirmed_by=Confirmation(point="service", equals="free"), lasting="ends"),
        Command(name="restart", label=text("重启", "Restart"), danger="confirm", timeout_s=60),
    ),
    alarms=(
        AlarmType(name="paper_out", label=text("缺纸", "Out of paper"), priority=3,
                  when=When(point="paper", op="<", value=1.0, deadband=4.0),
                  consequence=text("不能打印回执和证明", "It cannot print"),
                  response=text("加纸", "Add paper")),
        AlarmType(name="paper_low", label=text("纸将用完", "Paper low"), priority=4,
                  when=When(point="paper", op="<", value=10.0, deadband=5.0),
                  consequence=text("不久将不能打印", "It will soon be unable to print"),
                  response=text("下次巡检时加纸", "Add paper on the next round")),
        AlarmType(name="id_reader_fault", label=text("证件读卡器故障", "ID reader fault"), priority=3, on_delay_s=10,
                  when=When(point="id_reader", op="==", value="fault"),
                  consequence=text("需要刷证的事项不能自助办理", "Nothing that needs an ID card works here"),
                  response=text("停用并报修，引导到人工窗口", "Take it out of use; send people to a window")),
        AlarmType(name="cabinet_open", label=text("机柜门被打开", "Cabinet opened"), priority=3, on_delay_s=3,
                  when=When(point="cabinet_open", op="==", value=True),
                  consequence=text("可能被拆动，证件数据有风险", "It may be tampered with"),
                  response=text("核对是否维保，否则派保安到场", "Is it maintenance? If not, send a guard")),
    ),
    look=Look(icon="kiosk", layer="kiosks", headline="service"),
)  # fmt: skip
