"""Runs one file of Eclipse's suite as it stands and writes one JSON document a case: FILE HOST PORT SECONDS_A_CASE.

The file sets what its cases need in its ``__main__`` part, which ends in ``unittest.main``; that trips over the file's
own options and prints for people. So the file is run as the program it is, with another ``unittest.main``.
Standard library only: it runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
import time
import unittest
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn


class Reported(unittest.TestResult):
    """``case_s``: a case that takes longer is interrupted, and has failed (several of them wait for ever)."""

    def __init__(self, out: Any, case_s: int) -> None:
        super().__init__()
        self._out, self._case_s, self._began = out, case_s, time.monotonic()
        self._broken: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self._began = time.monotonic()
        signal.alarm(self._case_s)

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        signal.alarm(0)
        super().stopTest(test)
        self._write(test.id(), self._broken.pop(test.id(), ""))

    def addError(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._note(test, err)
        if not isinstance(test, unittest.TestCase):  # what goes before all cases failed: nobody starts or stops it
            self._write(test.id(), self._broken.pop(test.id(), ""))

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._note(test, err)

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._broken[test.id()] = f"skipped by the suite: {reason}"

    def _note(self, test: unittest.TestCase, err: Any) -> None:
        self._broken[test.id()] = f"{err[0].__name__}: {err[1]}"[:300]

    def _write(self, ident: str, detail: str) -> None:
        name = ident.rpartition(".")[2] if ident.startswith("__main__.") else ident
        seconds = round(time.monotonic() - self._began, 2)
        self._out.write(json.dumps({"name": name, "ok": not detail, "seconds": seconds, "detail": detail}) + "\n")
        self._out.flush()


def main(file: Path, host: str, port: str, case_s: int) -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the suite prints is no report
    sys.path.insert(0, str(file.parent))
    sys.argv = [str(file), "-h", host, "-p", port]
    signal.signal(signal.SIGALRM, _too_long)

    def report(*_: Any, **__: Any) -> None:
        signal.alarm(case_s)  # what goes before all cases may wait for ever too
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]).run(Reported(out, case_s))

    unittest.main = report  # type: ignore[assignment, misc]
    runpy.run_path(str(file), run_name="__main__")
    out.flush()
    os._exit(0)  # the suite's clients leave threads behind that wait for ever


def _too_long(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TimeoutError("the case takes too long")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
