"""Climate sensor: the air of a room or of the car park."""

from iot.kind import AlarmType, Kind, Look, Point, When, text

KIND = Kind(
    name="climate_sensor",
    label=text("温湿度传感器", "Climate sensor"),
    brick="brick:Sensor_Equipment",
    points=(
        Point(name="temperature", label=text("温度", "Temperature"), type="float", unit="°C", range=(-40, 85),
              ttl_s=180, brick="brick:Zone_Air_Temperature_Sensor"),
        Point(name="humidity", label=text("相对湿度", "Relative humidity"), type="float", unit="%", range=(0, 100),
              ttl_s=180, brick="brick:Zone_Air_Humidity_Sensor"),
        Point(name="co2", label=text("二氧化碳", "CO2"), type="float", unit="ppm", range=(0, 10_000), ttl_s=180,
              brick="brick:CO2_Level_Sensor"),
        Point(name="co", label=text("一氧化碳", "CO"), type="float", unit="ppm", range=(0, 1000), ttl_s=180,
              brick="brick:CO_Level_Sensor"),
    ),
    alarms=(
        AlarmType(
            name="high_temperature", label=text("温度高", "Too warm"), priority=3, on_delay_s=60, off_delay_s=60,
            when=When(point="temperature", op=">", value=32.0, deadband=1.0),
            consequence=text("人不适；机房设备可能降频或停机", "People suffer; equipment may slow or stop"),
            response=text("查空调与通风，机房立即派人", "Check cooling; in the machine room send someone at once"),
        ),
        AlarmType(
            name="high_co", label=text("一氧化碳浓度高", "CO high"), priority=2, on_delay_s=30,
            when=When(point="co", op=">", value=24.0, deadband=4.0),
            consequence=text("停车区空气有害健康", "The air in the car park is harmful"),
            response=text("开排风机，引导人员离开，查怠速车辆", "Run the fans; lead people out; look for idling cars"),
        ),
        AlarmType(
            name="high_co2", label=text("二氧化碳浓度高", "CO2 high"), priority=4, on_delay_s=300, off_delay_s=60,
            when=When(point="co2", op=">", value=1500.0, deadband=200.0),
            consequence=text("通风不足，久坐不适", "Poor air for those who wait"),
            response=text("加大新风", "More fresh air"),
        ),
        AlarmType(
            name="high_humidity", label=text("湿度高", "Too humid"), priority=4, on_delay_s=300, off_delay_s=60,
            when=When(point="humidity", op=">", value=85.0, deadband=5.0),
            consequence=text("结露，设备和档案受潮", "Condensation on equipment and files"),
            response=text("除湿，查漏水", "Dehumidify; look for a leak"),
        ),
    ),
    look=Look(icon="thermometer", layer="environment", headline="temperature"),
    offline_priority=4,
    usual_per_s=10,
)  # fmt: skip
