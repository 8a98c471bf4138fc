"""Server-Sent Events: the same feed over plain HTTP, and how to go on where it broke off."""

import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

asked = urlencode({"view": "data", "kind": "climate_sensor"})  # without kind: everything
address = f"{os.environ['HALL']}/api/v1/live/sse?{asked}"
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Last-Event-ID": os.environ.get("LAST_EVENT_ID", "")}
with urlopen(Request(address, headers=headers), timeout=60) as feed:
    for line in feed:
        if line.startswith(b"id: "):
            print("resume with LAST_EVENT_ID =", line[4:].decode().strip(), flush=True)
        if line.startswith(b"data: "):
            message = json.loads(line[6:])
            for entity, points in message.get("entities", {}).items():
                for name, (value, quality, *_) in points.items():
                    print(message["type"], entity, name, value, quality, flush=True)
