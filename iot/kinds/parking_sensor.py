"""Parking sensor: taken or free."""

from iot.kind import AlarmType, Kind, Look, Point, When, text

KIND = Kind(
    name="parking_sensor",
    label=text("车位传感器", "Parking sensor"),
    brick="rec:OccupancySensorEquipment",
    points=(
        Point(name="occupied", label=text("有车", "Taken"), type="bool", ttl_s=900, brick="brick:Occupancy_Status"),
        Point(name="battery", label=text("电量", "Battery"), type="float", unit="%", range=(0, 100), ttl_s=86_400,
              brick="hall:State_Of_Charge_Sensor"),
    ),
    alarms=(
        AlarmType(
            name="battery_low", label=text("电量低", "Battery low"), priority=4,
            when=When(point="battery", op="<", value=10.0, deadband=5.0),
            consequence=text("该车位将不再计数", "The bay will no longer be counted"),
            response=text("下次巡检时换电池", "Change the battery on the next round"),
        ),
    ),
    look=Look(icon="parking", layer="parking", headline="occupied"),
    offline_priority=4,
    usual_per_s=10,
)  # fmt: skip
