"""Brick and RealEstateCore: what stands in the hall. Any RDF tool reads it: rdflib.Graph().parse("hall.ttl")."""

import os
import re
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
with urlopen(Request(f"{os.environ['HALL']}/api/v1/building.ttl", headers=headers), timeout=30) as answer:
    text = answer.read().decode()

Path(os.environ.get("OUT", "hall.ttl")).write_text(text, encoding="utf-8")
for name, count in Counter(re.findall(r"\ba ((?:brick|rec|hall):\w+)", text)).most_common():
    print(count, name, flush=True)
