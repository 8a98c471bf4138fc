"""History: a day of one kind of sensor as CSV, streamed; SINCE and UNTIL in milliseconds since 1970."""

import csv
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

span = {"since": os.environ["SINCE"], "until": os.environ["UNTIL"]}
asked = urlencode({"brick": "brick:Temperature_Sensor", "format": "csv", **span})
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with urlopen(Request(f"{os.environ['HALL']}/api/v1/history/export?{asked}", headers=headers), timeout=60) as answer:
    for row in csv.DictReader(line.decode("utf-8") for line in answer):
        print(row["time"], row["entity"], row["point"], row["value"], row["quality"], flush=True)
