"""``halltwin kinds``: the catalogue of device kinds, for programs, for people, and for makers of devices."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from iot.catalogue import kinds_json, load_kinds
from iot.codecs.documents import asyncapi, schema_document
from iot.kind_document import markdown

REFERENCE_SITE = "shifanqu"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as pages and simulators read it")
    form.add_argument("--markdown", action="store_true", help="as a document to read, in both languages")
    form.add_argument("--asyncapi", action="store_true", help="topics and payloads of a site: AsyncAPI 3")
    form.add_argument("--schema", action="store_true", help="payloads, and each kind's values: JSON Schema")
    parser.add_argument("--site", default=REFERENCE_SITE, help="with --asyncapi and --schema: whose topics")
    parser.add_argument("--extra", type=Path, help="a folder with more kind files")


def run(args: argparse.Namespace) -> int:
    kinds = load_kinds(extra=args.extra)
    if args.markdown:
        print(markdown(kinds), end="")
        return 0
    if args.json or args.asyncapi or args.schema:
        write = schema_document if args.schema else asyncapi
        print(json.dumps(kinds_json(kinds) if args.json else write(kinds, args.site), ensure_ascii=False))
        return 0
    for name, kind in kinds.items():
        print(f"{name:18} {kind.label['zh']}  {kind.label['en']}: {len(kind.points)} points")
    return 0
