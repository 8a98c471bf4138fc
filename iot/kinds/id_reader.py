"""ID card reader beside a kiosk: reads only while a screen asks, and tells a number only sealed.

The hall asks with a public key that it made for this one asking. The reader seals the number it reads with it (HPKE,
RFC 9180: X25519, HKDF-SHA256, AES-256-GCM; info ``halltwin card v1|KEY OF THE READER``; base64url) and reads no more.
It keeps no secret and no number. What counts is what the card's chip says through the reader's own security module
(居民身份证验证安全控制模块); the bare serial number of a chip names nobody.
"""

from iot.kind import AlarmType, Argument, Command, Confirmation, Event, Kind, Look, Point, When, text

KIND = Kind(
    name="id_reader",
    label=text("身份证阅读器", "ID card reader"),
    brick="hall:ID_Card_Reader",
    points=(
        Point(name="reader", label=text("阅读模块", "Reading module"), type="enum", ttl_s=600,
              brick="brick:Fault_Status",
              values={"ok": text("正常", "OK"), "fault": text("故障", "Fault"),
                      "unverified": text("安全模块异常", "Security module not answering")}),
        Point(name="asked", label=text("为哪次登录读卡（公钥）", "Reads for (public key)"), type="str", ttl_s=600,
              brick="hall:Text_Status"),
        Point(name="reads_today", label=text("今日读卡", "Reads today"), type="int", unit="reads", range=(0, 100_000),
              ttl_s=600, brick="hall:Use_Counter"),
    ),
    events=(Event(name="card_read", label=text("已读卡（号码密封）", "Card read (number sealed)"),
                  data={"sealed": "str"}),),
    commands=(
        Command(name="read_card", label=text("读一张卡", "Read one card"), timeout_s=5,
                arguments=(Argument(name="key", label=text("公钥", "Public key"), type="str", max_length=43),),
                confirmed_by=Confirmation(point="asked", argument="key")),
        Command(name="stop_reading", label=text("停止读卡", "Stop reading"), timeout_s=5,
                confirmed_by=Confirmation(point="asked", equals="")),
        Command(name="restart", label=text("重启", "Restart"), danger="confirm", timeout_s=60),
    ),
    alarms=(
        AlarmType(name="reader_fault", label=text("身份证阅读器故障", "Card reader fault"), priority=3, on_delay_s=10,
                  when=When(point="reader", op="!=", value="ok"),
                  consequence=text("不能刷身份证登录，登录码和不登录办事照常", "No sign-in by card"),
                  response=text("报修，引导使用手机登录码或人工窗口", "Have it repaired; point to codes and windows")),
    ),
    look=Look(icon="card", layer="kiosks", headline="reader"),
)  # fmt: skip
