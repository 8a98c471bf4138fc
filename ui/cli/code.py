"""``halltwin code``: the one-time code of this moment, for the administrators of a demo.

Real people have the secret in an authenticator app or a passkey; a secret on a command line is none.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
import time

from services.accounts.factors import STEP_S, totp_of
from ui.problems import WrongUsage


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("secret", metavar="SECRET", help="as the demo printed it, in base32")
    parser.add_argument("--json", action="store_true", help="with how many seconds it is still shown")


def run(args: argparse.Namespace) -> int:
    now_s = int(time.time())
    try:
        code = totp_of(base64.b32decode(args.secret.upper())).generate(now_s).decode()
    except (binascii.Error, ValueError) as error:
        raise WrongUsage(f"that is no secret in base32: {error}") from error
    print(json.dumps({"code": code, "seconds": STEP_S - now_s % STEP_S}) if args.json else code)
    return 0
