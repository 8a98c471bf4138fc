"""Becomes another program as another user, and dies when its parent does: run as a script, never imported.

``python child.py UID GID PARENT_PID SIGNAL PROGRAM ARGUMENTS...``. A user id of -1 keeps the user. The
kernel clears the parent-death signal when the user changes, so it is asked for last, right before exec.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> None:
    uid, gid, parent, signal = (int(word) for word in argv[:4])
    program = argv[4:]
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before we asked
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
