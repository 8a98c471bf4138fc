"""Camera: its picture's health and what its own analytics count."""

from iot.kind import AlarmType, Command, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="camera",
    label=text("摄像机", "Camera"),
    brick="brick:Surveillance_Camera",
    points=(
        Point(name="people", label=text("画面人数", "People in view"), type="int", unit="people", range=(0, 1000),
              ttl_s=120, brick="brick:Occupancy_Count_Sensor"),
        Point(name="recording", label=text("录像", "Recording"), type="bool", ttl_s=300, brick="brick:On_Off_Status"),
        Point(name="picture", label=text("画面", "Picture"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "dark": text("过暗", "Too dark"), "blurred": text("模糊", "Blurred"),
                      "bright": text("过亮", "Too bright"), "covered": text("遮挡", "Covered"),
                      "moved": text("移位", "Moved"), "no_signal": text("无信号", "No signal")}),
        Point(name="frame_rate", label=text("帧率", "Frame rate"), type="float", unit="fps", range=(0, 120), ttl_s=300,
              brick="hall:Frame_Rate_Sensor"),
    ),
    events=(
        Event(name="line_crossed", label=text("越线", "Line crossed"), data={"line": "str", "direction": "str"}),
        Event(name="motion", label=text("移动", "Motion"), data={"active": "bool"}),
    ),
    commands=(Command(name="restart", label=text("重启", "Restart"), danger="confirm", timeout_s=60),),
    alarms=(
        AlarmType(
            name="covered", label=text("摄像机被遮挡", "Camera covered"), priority=2, on_delay_s=5,
            when=When(point="picture", op="==", value="covered"),
            consequence=text("该区域看不见", "The area cannot be seen"),
            response=text("用邻近摄像机查看，派人到场", "Use the next camera; send someone"),
        ),
        AlarmType(
            name="no_signal", label=text("摄像机无信号", "Camera without a picture"), priority=2, on_delay_s=5,
            when=When(point="picture", op="==", value="no_signal"),
            consequence=text("该区域看不见", "The area cannot be seen"),
            response=text("查供电与网络，用邻近摄像机查看", "Check power and network; use the next camera"),
        ),
        AlarmType(
            name="moved", label=text("摄像机被移动", "Camera moved"), priority=3, on_delay_s=5,
            when=When(point="picture", op="==", value="moved"),
            consequence=text("画面与计数不再对应原区域", "Picture and counts no longer fit the area"),
            response=text("现场复位并重新标定", "Put it back and calibrate again"),
        ),
        AlarmType(
            name="not_recording", label=text("未录像", "Not recording"), priority=3, on_delay_s=60,
            when=When(point="recording", op="==", value=False),
            consequence=text("事后无法调看", "Nothing to look at afterwards"),
            response=text("查录像机存储与网络", "Check recorder storage and network"),
        ),
    ),
    look=Look(icon="camera", layer="video", headline="people"),
    usual_per_s=200,
)  # fmt: skip
