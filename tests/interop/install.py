"""``make interop-setup``: the npm and Python packages of others, as the lock files name them."""

from __future__ import annotations

import subprocess
import sys

from tests.interop.tools import HERE
from ui.web.build import find_npm, install

PIP = (
    sys.executable,
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    "--no-deps",
    "--require-hashes",
)

if __name__ == "__main__":
    install(HERE, *find_npm())
    subprocess.run([*PIP, "-r", str(HERE / "python.lock")], check=True)
