"""Leak sensor: water where none should be."""

from iot.kind import AlarmType, Kind, Look, Point, When, text

KIND = Kind(
    name="leak_sensor",
    label=text("漏水传感器", "Leak sensor"),
    brick="brick:Leak_Detector_Equipment",
    points=(
        Point(name="wet", label=text("有水", "Wet"), type="bool", ttl_s=900, brick="hall:Leak_Status"),
        Point(name="distance", label=text("位置", "Where on the rope"), type="float", unit="m", range=(0, 500),
              ttl_s=900, brick="hall:Distance_Sensor"),
        Point(name="rope", label=text("感应绳", "Rope"), type="enum", ttl_s=900, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "broken": text("断线", "Broken")}),
    ),
    alarms=(
        AlarmType(
            name="leak", label=text("漏水", "Leak"), priority=2, on_delay_s=3, off_delay_s=30,
            when=When(point="wet", op="==", value=True),
            consequence=text("设备进水断电，地面湿滑", "Equipment may fail; the floor is slippery"),
            response=text("关就近阀门，断开受潮插座，派人到场", "Shut the nearest valve; cut wet sockets; send help"),
        ),
        AlarmType(
            name="rope_broken", label=text("感应绳断线", "Rope broken"), priority=4, on_delay_s=60,
            when=When(point="rope", op="==", value="broken"),
            consequence=text("该处漏水将不会报警", "A leak here would go unseen"),
            response=text("报修，期间加强巡查", "Have it repaired; look in more often"),
        ),
    ),
    look=Look(icon="drop", layer="environment", headline="wet"),
    usual_per_s=10,
)  # fmt: skip
