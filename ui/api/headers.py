"""The headers every answer carries: pages load and run only what comes from here, data is never a page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders

HSTS_S = 63_072_000

_PAGES = (
    # No script and no style that is written into a page, nothing off origin. Pictures made by a page are data.
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'none'; worker-src 'none'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'"
)
_DATA = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
"""An answer of the API that somebody opens as if it were a page runs nothing and has no origin."""
_FEATURES = (
    "accelerometer", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
_OWN_FEATURES = ("clipboard-write", "fullscreen", "publickey-credentials-create", "publickey-credentials-get",
                 "screen-wake-lock")  # fmt: skip
_ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        [*(f"{name}=()" for name in _FEATURES), *(f"{name}=(self)" for name in _OWN_FEATURES)]
    ),
}


def tell_charset(headers: MutableHeaders) -> None:
    """Whatever is text, SVG too, says that it is UTF-8: a browser that guesses could be made to guess wrong."""
    kind = headers.get("content-type", "")
    media = kind.partition(";")[0].strip().lower()
    if "charset=" not in kind.lower() and (media.startswith("text/") or media.endswith(("/xml", "+xml"))):
        headers["content-type"] = f"{kind}; charset=utf-8"


def drawing_policy(style: str) -> str:
    """Of a drawing that holds this one style sheet, for whoever opens it by itself."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"{_DATA}; style-src 'sha256-{digest}'"


def security_headers(*, api: bool, https: bool) -> dict[str, str]:
    """Of an answer of the API, or of a page; ``https``: browsers shall never come here in the clear again."""
    headers = {**_ALWAYS, "Content-Security-Policy": _DATA if api else _PAGES}
    if api:
        headers["Cache-Control"] = "no-store"
    if https:
        headers["Strict-Transport-Security"] = f"max-age={HSTS_S}; includeSubDomains"
    return headers
