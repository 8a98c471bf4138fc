"""REST: every temperature on the first floor, now. HALL is its address, TOKEN what `halltwin token add` printed."""

import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

asked = urlencode({"space": "1F", "brick": "brick:Temperature_Sensor"})
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with urlopen(Request(f"{os.environ['HALL']}/api/v1/twin?{asked}", headers=headers), timeout=10) as answer:
    state = json.load(answer)

for entity, points in state["entities"].items():
    for name, point in points.items():
        print(entity, name, point["value"], point["quality"], flush=True)
