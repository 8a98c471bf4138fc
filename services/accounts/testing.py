"""What tests and scripts of tests sign in with."""

from __future__ import annotations

import base64

from services.accounts.factors import STEP_S, totp_of


def one_time_code(secret: str, *, now_s: float, ahead: int = 0) -> str:
    """What an authenticator app shows for this base32 secret now, or ``ahead`` steps from now."""
    return totp_of(base64.b32decode(secret)).generate(int(now_s) + ahead * STEP_S).decode()
