"""Which TLS the hall speaks: versions and suites, the same at its pages, its brokers and wherever it asks others.

TLS 1.2 with ephemeral keys and authenticated ciphers, and TLS 1.3, which has no others and is chosen where both sides
can. Said here, not left to how OpenSSL was built.
"""

from __future__ import annotations

import ssl

SUITES = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)
"""Of TLS 1.2, strongest first; each has forward secrecy."""
CIPHERS = ":".join(SUITES)


def harden(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same context, speaking nothing else."""
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    return context
