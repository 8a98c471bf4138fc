"""Network switch: what hangs on it hangs on this."""

from iot.kind import AlarmType, Command, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="network_switch",
    label=text("交换机", "Network switch"),
    brick="rec:ICTEquipment",
    points=(
        Point(name="uplink", label=text("上联", "Uplink"), type="enum", ttl_s=120, brick="brick:Status",
              values={"up": text("通", "Up"), "down": text("断", "Down")}),
        Point(name="ports_up", label=text("在用端口", "Ports up"), type="int", unit="ports", range=(0, 512), ttl_s=120,
              brick="hall:Port_Counter"),
        Point(name="traffic", label=text("流量", "Traffic"), type="float", unit="Mbit/s", range=(0, 400_000), ttl_s=120,
              brick="hall:Traffic_Sensor"),
        Point(name="poe_power", label=text("PoE 功率", "PoE power"), type="float", unit="W", range=(0, 5000), ttl_s=120,
              brick="brick:Electric_Power_Sensor"),
        Point(name="temperature", label=text("机内温度", "Temperature"), type="float", unit="°C", range=(-20, 120),
              ttl_s=120, brick="brick:Temperature_Sensor"),
    ),
    events=(Event(name="port_changed", label=text("端口变化", "Port changed"), data={"port": "int", "up": "bool"}),),
    commands=(
        Command(name="restart", label=text("重启", "Restart"), danger="arm", timeout_s=120,
                effect=text("所接设备断网约两分钟", "Everything behind it is cut off for about two minutes")),
    ),
    alarms=(
        AlarmType(
            name="uplink_down", label=text("上联中断", "Uplink down"), priority=2, on_delay_s=5,
            when=When(point="uplink", op="==", value="down"),
            consequence=text("所接设备全部失联", "Everything behind it is out of reach"),
            response=text("查光纤与上级端口", "Check the fibre and the port above"),
        ),
        AlarmType(
            name="overheated", label=text("交换机过热", "Switch overheated"), priority=3, on_delay_s=60,
            when=When(point="temperature", op=">", value=65.0, deadband=5.0),
            consequence=text("可能停机", "It may stop"),
            response=text("查弱电间通风", "Check the closet's ventilation"),
        ),
    ),
    look=Look(icon="network", layer="network", headline="uplink"),
    offline_priority=2,
)  # fmt: skip
