"""The ``halltwin`` command: parses the line, runs one command, and turns every error into a code and a document.

stdout carries the one JSON document (or the text a person asked for); all else goes to stderr.
Exit codes: 0 done, 2 wrong usage, 3 no way exists, 4 the file cannot serve, 5 a place is unknown or ambiguous,
6 something needed is missing or will not start.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence

from ui.cli.problems import Problem, problem_of
from ui.version import __version__

# Each command is a module with ``add_arguments(parser)`` and ``run(args) -> int``; it is imported only when asked for.
COMMANDS = {
    "demo": ("ui.cli.demo", "run the whole hall with simulated devices and visitors"),
    "open": ("ui.cli.open_file", "turn a building file into a live, routable 3D twin"),
    "up": ("ui.cli.up", "run a hall for real, from a configuration file"),
    "building": ("ui.cli.building", "read, check and inspect a building file"),
    "route": ("ui.cli.route", "find the way in a building file"),
    "kinds": ("ui.cli.kinds", "list the device kinds"),
    "enrol": ("ui.cli.enrol", "let devices in, change or end their credentials"),
    "lobby": ("ui.cli.lobby", "who waits to be let in: look, approve, dismiss"),
    "ca": ("ui.cli.authority", "the hall's own certificate authority"),
    "code": ("ui.cli.code", "the one-time code of a demo's administrator"),
    "token": ("ui.cli.token", "tokens with which programs of others read the hall's data"),
    "export": ("ui.cli.export", "recorded history as CSV or Parquet"),
    "backup": ("ui.cli.backup", "a hall's data, while it runs, as a folder"),
    "restore": ("ui.cli.restore", "a backup into an empty place"),
    "audit": ("ui.cli.audit", "who did what: as a file that proves itself, and whether all is as it was written"),
    "bench": ("ui.cli.bench.command", "measure, side by side with a peer and the physical limit"),
    "asvs": ("ui.cli.asvs", "how far OWASP ASVS 5.0 is answered by tests"),
    "sbom": ("ui.cli.sbom", "every library of others in this installation, as CycloneDX"),
    "openapi": ("ui.cli.openapi", "print the API description"),
}

BENCH = "bench"
"""In the sources only."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="halltwin", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--version", action="version", version=f"halltwin {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module_name, summary) in COMMANDS.items():
        if name == BENCH and importlib.util.find_spec("ui.cli.bench") is None:
            continue
        sub = subparsers.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            importlib.import_module(module_name).add_arguments(sub)
    args = parser.parse_args(words)
    module = importlib.import_module(COMMANDS[args.command][0])
    try:
        return int(module.run(args))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # the one place where an error becomes an exit code
        problem = problem_of(error)
        if problem is None:
            raise
        _report(problem)
        return problem.exit_code


def _report(problem: Problem) -> None:
    print(json.dumps(problem.document, ensure_ascii=False), file=sys.stderr)
