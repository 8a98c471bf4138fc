"""History: one kind of sensor as CSV, or as Parquet in the file OUT; SINCE and UNTIL in milliseconds since 1970."""

import csv
import os
import shutil
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

span = {"since": os.environ["SINCE"], "until": os.environ["UNTIL"]}
out = os.environ.get("OUT")
asked = urlencode({"brick": "brick:Temperature_Sensor", "format": "parquet" if out else "csv", **span})
headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with urlopen(Request(f"{os.environ['HALL']}/api/v1/history/export?{asked}", headers=headers), timeout=60) as answer:
    if out:
        with Path(out).open("wb") as file:
            shutil.copyfileobj(answer, file)
    for row in csv.DictReader(line.decode("utf-8") for line in answer):
        print(row["time"], row["entity"], row["point"], row["value"], row["quality"], flush=True)
