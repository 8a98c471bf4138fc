"""WebSocket: everything that changes, once a second at most. Needs `pip install websockets`."""

import json
import os

from websockets.sync.client import connect

address = os.environ["HALL"].replace("http", "ws", 1) + "/api/v1/live"
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with connect(address, additional_headers=headers, max_size=None) as hall:
    hall.send(json.dumps({"type": "sub", "view": "data", "hz": 1}))
    for text in hall:
        message = json.loads(text)  # hello, then snap (all there is), then delta (what changed), call, ping
        for entity, points in message.get("entities", {}).items():
            for name, (value, quality, *_) in points.items():
                print(message["type"], entity, name, value, quality, flush=True)
