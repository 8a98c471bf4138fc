"""The certificate that the pages are served with, looked at before a browser does: it fits its key, or nothing starts.

What browsers would mind (its time is over, or nearly, its key is short, its authority is none they know) is told and
hinders nobody: a hall without pages helps less than one that has to be explained.
"""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ui.problems import NeedsAttention

RSA_BITS_MIN, EC_BITS_MIN = 3072, 256
"""128 bits of security."""
SOON = timedelta(days=21)


def judge_certificate(
    certificate: Path, key: Path, *, now: datetime, trusted: Sequence[x509.Certificate]
) -> list[str]:  # fmt: skip
    """What browsers would mind, in words; raises ``NeedsAttention`` where it cannot serve at all."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise NeedsAttention(
            what=f"certificate or key cannot be read ({error})",
            where=f"http.certificate {certificate}, http.key {key}",
            todo="Both are PEM files, the key without a password; the certificate comes first, then its chain.",
        ) from error
    own = chain[0]
    if _public(own.public_key()) != _public(private.public_key()):
        raise NeedsAttention(
            what="the certificate is not of this key",
            where=f"http.certificate {certificate}, http.key {key}",
            todo="Name the key that the certificate was asked for with.",
        )
    return [*_times(own, now), *_strength(own), *_trust(chain, now, trusted)]


def trusted_by_system() -> list[x509.Certificate]:
    """The authorities that programs of this machine know: the public ones, and what the house has added."""
    known = ssl.create_default_context().get_ca_certs(binary_form=True)
    with warnings.catch_warnings():  # some of them are old, and are not as one would make them today
        warnings.simplefilter("ignore")
        return [x509.load_der_x509_certificate(one) for one in known]


def _times(own: x509.Certificate, now: datetime) -> list[str]:
    if not own.not_valid_before_utc <= now < own.not_valid_after_utc:
        return [f"is good from {own.not_valid_before_utc:%Y-%m-%d} to {own.not_valid_after_utc:%Y-%m-%d}, not today"]
    if own.not_valid_after_utc - now < SOON:
        return [f"ends on {own.not_valid_after_utc:%Y-%m-%d}: renew it"]
    return []


def _strength(own: x509.Certificate) -> list[str]:
    key = own.public_key()
    short = (isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS_MIN) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < EC_BITS_MIN
    )
    return [f"has a short key: take EC P-256, or RSA of {RSA_BITS_MIN} bits"] if short else []


def _trust(chain: Sequence[x509.Certificate], now: datetime, trusted: Sequence[x509.Certificate]) -> list[str]:
    try:
        said = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        subject = next(name for name in said if isinstance(name, x509.DNSName | x509.IPAddress))
        verifier = PolicyBuilder().store(Store(list(trusted))).time(now).build_server_verifier(subject)
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, x509.ExtensionNotFound, StopIteration, ValueError):
        return ["is of no authority that this machine knows: browsers of the public will warn of it"]
    return []


def _public(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]
