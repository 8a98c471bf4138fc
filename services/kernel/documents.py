"""Documents a module hands out; today the QR code, as an SVG that scales and prints."""

from __future__ import annotations

import io

import segno

MAX_QR_CHARACTERS = 500
"""More does not scan from a phone's length away."""


def qr_svg(text: str) -> str:
    """An SVG element of any size the page gives it, error correction M, with its quiet zone."""
    if len(text) > MAX_QR_CHARACTERS:
        raise ValueError(f"a QR code of {len(text)} characters does not scan: at most {MAX_QR_CHARACTERS}")
    out = io.BytesIO()
    segno.make_qr(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff"
    )
    return out.getvalue().decode()
