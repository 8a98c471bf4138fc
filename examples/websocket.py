"""WebSocket: the first floor's temperatures as they change, once a second. Needs `pip install websockets`."""

import json
import os
from urllib.parse import urlencode

from websockets.sync.client import connect

asked = urlencode({"space": "1F", "brick": "brick:Temperature_Sensor"})  # without it: everything
address = os.environ["HALL"].replace("http", "ws", 1) + f"/api/v1/live?{asked}"
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with connect(address, additional_headers=headers, max_size=None) as hall:
    hall.send(json.dumps({"type": "sub", "view": "data", "hz": 1}))
    for text in hall:
        message = json.loads(text)  # hello, then snap (all there is), then delta (what changed), call, ping
        for entity, points in message.get("entities", {}).items():
            for name, (value, quality, *_) in points.items():
                print(message["type"], entity, name, value, quality, flush=True)
