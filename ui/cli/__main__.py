"""``python -m ui.cli``: the same as ``halltwin``."""

import sys

from ui.cli.main import main

sys.exit(main())
