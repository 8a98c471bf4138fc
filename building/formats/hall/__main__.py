"""Prints the JSON Schema of our own format, to be kept in ``building/schema``."""

import json
import sys

from building.formats.hall import json_schema

sys.stdout.write(json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n")
