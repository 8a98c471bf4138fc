"""The hall's own way into mosquitto: a unix socket that speaks TLS.

Not for secrecy, for turns: of a plain connection mosquitto reads one packet a round of its loop, of a TLS one all that
stand in a record. When many devices have much to say the hall's acknowledgements would get one turn in as many as there
are devices, and the broker would keep what it could long have passed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from iot.broker.authority import BACKDATED, pem_of_certificate, pem_of_key, write_file

_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class HallLink:
    """Where it is, and the certificate that is shown there and nowhere else."""

    socket: Path
    certificate: Path
    key: Path


def certify(link: HallLink) -> None:
    """A new certificate, signed by itself, at each start of the broker."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "halltwin hall link")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_file(link.key, pem_of_key(key), mode=0o600)
    write_file(link.certificate, pem_of_certificate(made), mode=0o600)
