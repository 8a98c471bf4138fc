"""``make interop-setup``: the npm packages of others, as the lock file names them."""

from __future__ import annotations

from tests.interop.tools import HERE
from ui.web.build import find_npm, install

if __name__ == "__main__":
    install(HERE, *find_npm())
