"""Server in the machine room: room to run in."""

from iot.kind import AlarmType, Kind, Look, Point, When, text

KIND = Kind(
    name="server",
    label=text("服务器", "Server"),
    brick="rec:ICTEquipment",
    points=(
        Point(name="cpu", label=text("处理器占用", "CPU"), type="float", unit="%", range=(0, 100), ttl_s=120,
              brick="hall:Utilisation_Sensor"),
        Point(name="memory", label=text("内存占用", "Memory"), type="float", unit="%", range=(0, 100), ttl_s=120,
              brick="hall:Utilisation_Sensor"),
        Point(name="disk", label=text("磁盘占用", "Disk"), type="float", unit="%", range=(0, 100), ttl_s=120,
              brick="hall:Utilisation_Sensor"),
        Point(name="temperature", label=text("进风温度", "Inlet air"), type="float", unit="°C", range=(-20, 120),
              ttl_s=120, brick="brick:Temperature_Sensor"),
        Point(name="redundancy", label=text("冗余", "Redundancy"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"full": text("完好", "Full"), "degraded": text("降级", "Degraded")}),
    ),
    alarms=(
        AlarmType(
            name="disk_full", label=text("磁盘将满", "Disk nearly full"), priority=2, on_delay_s=60,
            when=When(point="disk", op=">", value=90.0, deadband=2.0),
            consequence=text("写满后记录中断", "Recording stops when it is full"),
            response=text("清理或扩容", "Clean up or extend"),
        ),
        AlarmType(
            name="degraded", label=text("冗余降级", "Redundancy lost"), priority=3, on_delay_s=30,
            when=When(point="redundancy", op="==", value="degraded"),
            consequence=text("再坏一块盘或电源就停机", "One more failed disk or supply stops it"),
            response=text("更换故障部件", "Replace the failed part"),
        ),
        AlarmType(
            name="overheated", label=text("服务器过热", "Server overheated"), priority=2, on_delay_s=30,
            when=When(point="temperature", op=">", value=35.0, deadband=2.0),
            consequence=text("降频或停机", "It slows down or stops"),
            response=text("查机房空调", "Check machine-room cooling"),
        ),
    ),
    look=Look(icon="server", layer="network", headline="cpu"),
    offline_priority=1,
)  # fmt: skip
