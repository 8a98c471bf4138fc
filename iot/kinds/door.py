"""Controlled door: locked or not, open or not, and why it matters. Fire release stays with its own controller."""

from iot.kind import AlarmType, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="door",
    label=text("门禁", "Controlled door"), brick="rec:Door",
    points=(
        Point(name="lock_state", label=text("锁", "Lock"), type="enum", ttl_s=300, brick="hall:Lock_Status",
              values={"locked": text("已锁", "Locked"), "unlocked": text("未锁", "Unlocked")}),
        Point(name="position", label=text("门扇", "Leaf"), type="enum", ttl_s=300, brick="brick:Open_Close_Status",
              values={"closed": text("关", "Closed"), "open": text("开", "Open")}),
        Point(name="fault", label=text("异常", "Fault"), type="enum", ttl_s=300, brick="brick:Fault_Status",
              values={"none": text("无", "None"), "forced": text("强行打开", "Forced"),
                      "held": text("久开未关", "Held open"), "tamper": text("防拆", "Tamper")}),
        Point(name="supply", label=text("供电", "Supply"), type="enum", ttl_s=300, brick="hall:Supply_Status",
              values={"mains": text("市电", "Mains"), "battery": text("电池", "Battery")}),
    ),
    events=(
        Event(name="opened", label=text("门已打开", "Opened"), data={"by": "str"}),
        Event(name="closed", label=text("门已关上", "Closed")),
        Event(name="granted", label=text("准予通行", "Access granted"), data={"reader": "str"}),
        Event(name="denied", label=text("拒绝通行", "Access denied"), data={"reader": "str", "reason": "str"}),
    ),
    commands=(
        Command(name="lock", label=text("上锁", "Lock"), danger="arm", timeout_s=5,
                effect=text("门将锁上，没有权限的人不能通过", "The door locks: nobody without a right gets through"),
                confirmed_by=Confirmation(point="lock_state", equals="locked"), lasting="sets"),
        Command(name="unlock", label=text("开锁", "Unlock"), danger="arm", timeout_s=5,
                effect=text("门将打开，任何人都能进入", "The door opens to anybody"),
                confirmed_by=Confirmation(point="lock_state", equals="unlocked"), lasting="sets"),
    ),
    alarms=(
        AlarmType(
            name="forced", label=text("门被强行打开", "Door forced"), priority=2,
            when=When(point="fault", op="==", value="forced"),
            consequence=text("可能有人闯入", "Someone may have broken in"),
            response=text("调看邻近摄像机，派保安到场", "Look at the nearest camera; send a guard"),
        ),
        AlarmType(
            name="held", label=text("门久开未关", "Door held open"), priority=3, on_delay_s=30,
            when=When(point="fault", op="==", value="held"),
            consequence=text("该区域暂不受控", "The area is not controlled for now"),
            response=text("联系就近人员关门，查是否被物品顶住", "Have someone close it; look for a wedge"),
        ),
        AlarmType(
            name="tamper", label=text("门禁被拆动", "Door controller tampered with"), priority=2,
            when=When(point="fault", op="==", value="tamper"),
            consequence=text("门禁可能失效", "The door may no longer obey"),
            response=text("派人现场查看", "Send someone to look"),
        ),
        AlarmType(
            name="on_battery", label=text("门禁转电池", "Door on battery"), priority=3, on_delay_s=5,
            when=When(point="supply", op="==", value="battery"),
            consequence=text("电池耗尽后按失电方式开或锁", "When it is empty the door fails open or shut by design"),
            response=text("查该路供电", "Check its supply"),
        ),
    ),
    look=Look(icon="door", layer="access", headline="lock_state"), offline_priority=2,
)  # fmt: skip
