"""Uninterruptible power supply: what it still carries, and for how long."""

from iot.kind import AlarmType, Command, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="ups",
    label=text("不间断电源", "UPS"),
    brick="hall:UPS",
    points=(
        Point(name="on_battery", label=text("电池供电", "On battery"), type="bool", ttl_s=60,
              brick="brick:On_Off_Status"),
        Point(name="battery", label=text("电池电量", "Battery charge"), type="float", unit="%", range=(0, 100),
              ttl_s=60, brick="hall:State_Of_Charge_Sensor"),
        Point(name="runtime", label=text("剩余时间", "Runtime left"), type="float", unit="min", range=(0, 1440),
              ttl_s=60, brick="hall:Runtime_Sensor"),
        Point(name="load", label=text("负载率", "Load"), type="float", unit="%", range=(0, 150), ttl_s=60,
              brick="hall:Load_Sensor"),
        Point(name="input_voltage", label=text("输入电压", "Input voltage"), type="float", unit="V", range=(0, 300),
              ttl_s=60, brick="brick:Voltage_Sensor"),
        Point(name="output_voltage", label=text("输出电压", "Output voltage"), type="float", unit="V", range=(0, 300),
              ttl_s=60, brick="brick:Voltage_Sensor"),
        Point(name="battery_temperature", label=text("电池温度", "Battery temperature"), type="float", unit="°C",
              range=(-20, 90), ttl_s=60, brick="brick:Temperature_Sensor"),
        Point(name="bypass", label=text("旁路", "Bypass"), type="bool", ttl_s=60, brick="brick:On_Off_Status"),
        Point(name="replace_battery", label=text("电池待更换", "Battery to be replaced"), type="bool", ttl_s=3600,
              brick="brick:Fault_Status"),
    ),
    events=(
        Event(name="power_lost", label=text("市电中断", "Mains lost")),
        Event(name="power_restored", label=text("市电恢复", "Mains restored")),
        Event(name="self_test_ended", label=text("自检结束", "Self-test ended"), data={"passed": "bool"}),
    ),
    commands=(Command(name="self_test", label=text("电池自检", "Battery self-test"), danger="confirm", timeout_s=10),),
    alarms=(
        AlarmType(
            name="on_battery", label=text("由电池供电", "Running on battery"), priority=1,
            when=When(point="on_battery", op="==", value=True),
            consequence=text("电池耗尽后所供设备断电，叫号、网络或安防中断", "What it feeds goes dark once empty"),
            response=text("通知电工查市电进线；20 分钟内不能恢复，按预案关停非必要设备并准备人工叫号",
                          "Send the electrician; if it is not back within 20 minutes, shut down by plan"),
        ),
        AlarmType(
            name="battery_low", label=text("电池电量低", "Battery low"), priority=1,
            when=When(point="battery", op="<", value=30.0, deadband=5.0), on_delay_s=2,
            consequence=text("所供设备将在数分钟内断电", "What it feeds goes dark within minutes"),
            response=text("立即按预案有序关停服务器，改人工叫号", "Shut servers down in order; call by voice"),
        ),
        AlarmType(
            name="overload", label=text("过载", "Overload"), priority=2,
            when=When(point="load", op=">", value=90.0, deadband=5.0), on_delay_s=10, off_delay_s=10,
            consequence=text("可能转旁路或跳闸", "It may go to bypass or trip"),
            response=text("减去非必要负载", "Shed what is not needed"),
        ),
        AlarmType(
            name="bypass", label=text("旁路运行", "On bypass"), priority=2, on_delay_s=5,
            when=When(point="bypass", op="==", value=True),
            consequence=text("市电一断，所供设备立即断电", "Loads drop the moment the mains fails"),
            response=text("查明原因，尽快恢复逆变供电", "Find out why and return to inverter"),
        ),
        AlarmType(
            name="battery_hot", label=text("电池过热", "Battery hot"), priority=2, on_delay_s=30,
            when=When(point="battery_temperature", op=">", value=40.0, deadband=2.0),
            consequence=text("电池加速老化，有热失控风险", "The battery ages fast and may run away thermally"),
            response=text("查 UPS 室空调与通风，现场查看电池", "Check cooling in the UPS room; look at the battery"),
        ),
        AlarmType(
            name="replace_battery", label=text("电池待更换", "Battery to be replaced"), priority=3,
            when=When(point="replace_battery", op="==", value=True),
            consequence=text("断电时撑不到标称时间", "It will not last its rated time"),
            response=text("联系维保更换电池", "Order a battery change"),
        ),
    ),
    look=Look(icon="bolt", layer="power", headline="battery"),
    offline_priority=2,
)  # fmt: skip
