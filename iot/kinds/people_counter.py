"""People counter over a door: who went which way, since it started."""

from iot.kind import AlarmType, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="people_counter",
    label=text("客流计数器", "People counter"),
    brick="rec:PeopleCountSensorEquipment",
    points=(
        Point(name="entered", label=text("进入累计", "Entered"), type="int", unit="people", range=(0, 1_000_000_000),
              ttl_s=300, brick="brick:Occupancy_Count_Sensor"),
        Point(name="left", label=text("离开累计", "Left"), type="int", unit="people", range=(0, 1_000_000_000),
              ttl_s=300, brick="brick:Occupancy_Count_Sensor"),
        Point(name="view", label=text("视野", "View"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "blocked": text("遮挡", "Blocked")}),
    ),
    events=(Event(name="crossed", label=text("有人经过", "Crossed"), data={"direction": "str", "count": "int"}),),
    alarms=(
        AlarmType(
            name="blocked", label=text("计数器被遮挡", "Counter blocked"), priority=3, on_delay_s=30,
            when=When(point="view", op="==", value="blocked"),
            consequence=text("人数统计偏少，疏散时不可信", "Counts run low and cannot be trusted in an evacuation"),
            response=text("清除遮挡物", "Clear the view"),
        ),
    ),
    look=Look(icon="people", layer="people", headline="entered"),
)  # fmt: skip
