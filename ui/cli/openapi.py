"""``halltwin openapi``: the API description that is kept in the repository and that the typed client is made from."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="it is JSON either way")


def run(args: argparse.Namespace) -> int:
    del args
    from ui.api.app import create_app
    from ui.bootstrap import describe_hall

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(describe_hall(Path(folder)), pages=None)
        print(json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True))
    return 0
