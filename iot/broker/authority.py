"""The hall's own small certificate authority: devices trust it, the broker (and the pages) show a certificate of it.

A folder of files: ``ca.crt`` (what devices trust), ``ca.key``, and two files a name issued. Keys are readable by their
owner only, and never printed. A new authority is signed by the one before it too, so that devices go on trusting the
hall until they were given the new one.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from iot.codecs.native import is_device_key
from iot.errors import AuthorityRefused

AUTHORITY_DAYS = 3650
SERVER_DAYS = 398
"""The longest that browsers accept, should the pages show the same certificate."""
CLIENT_DAYS = 3650
RENEW_BEFORE_DAYS = 30
BACKDATED = timedelta(hours=1)
"""Devices' clocks run behind."""
NAMES_MAX = 50
SERVER = "server"
_CROSS = "ca-before.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """``certificate`` holds the chain, ``key`` its private key."""

    certificate: Path
    key: Path
    expires: datetime


class Authority:
    """One folder. ``now`` is an argument wherever time matters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def certificate(self) -> Path:
        """What devices trust."""
        return self.folder / "ca.crt"

    @property
    def exists(self) -> bool:
        return self.certificate.exists() and self._key.exists()

    def create(self, *, site: str, now: datetime, renew: bool = False) -> None:
        """Make it; ``renew`` replaces one that exists, and has the old one vouch for the new."""
        if self.exists and not renew:
            raise AuthorityRefused(f"{self.folder} holds an authority already; to make a new one in its place: --renew")
        before = self._load() if self.exists else None
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"halltwin {site} {now:%Y-%m-%d %H:%M:%S}")])
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if before is not None:
            vouched = _builder(name, key.public_key(), issuer=before[0].subject, now=now, days=AUTHORITY_DAYS)
            cross = _as_authority(vouched, key.public_key(), before[1].public_key()).sign(before[1], hashes.SHA256())
            write_file(self.folder / _CROSS, pem_of_certificate(cross), mode=0o644)
        made = _builder(name, key.public_key(), issuer=name, now=now, days=AUTHORITY_DAYS)
        own = _as_authority(made, key.public_key(), key.public_key()).sign(key, hashes.SHA256())
        write_file(self._key, pem_of_key(key), mode=0o600)
        write_file(self.certificate, pem_of_certificate(own), mode=0o644)

    def fingerprint(self) -> str:
        """SHA-256 of what devices trust, as people compare it: AB:CD:..."""
        return self._load()[0].fingerprint(hashes.SHA256()).hex(":").upper()

    def issue_server(self, names: Sequence[str], *, now: datetime, name: str = SERVER) -> Issued:
        """A certificate for what answers at these host names and addresses."""
        if not names or len(names) > NAMES_MAX:
            raise AuthorityRefused(f"give 1 to {NAMES_MAX} host names or addresses")
        alternatives = x509.SubjectAlternativeName([_general_name(n) for n in dict.fromkeys(names)])
        return self._issue(name, ExtendedKeyUsageOID.SERVER_AUTH, alternatives, now=now, days=SERVER_DAYS)

    def issue_client(self, device: str, *, now: datetime) -> Issued:
        """A certificate for one device; beside its password, not in its place."""
        return self._issue(device, ExtendedKeyUsageOID.CLIENT_AUTH, None, now=now, days=CLIENT_DAYS)

    def find_server(self, names: Sequence[str], *, now: datetime) -> Issued | None:
        """The server's certificate, where it is of this authority, answers for these names and lasts a while yet."""
        found = self._files(SERVER)
        if not found[0].exists() or not found[1].exists():
            return None
        certificate = x509.load_pem_x509_certificate(found[0].read_bytes())
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        expires = certificate.not_valid_after_utc
        try:
            certificate.verify_directly_issued_by(self._load()[0])
        except (ValueError, TypeError, InvalidSignature):
            return None
        if {_general_name(n) for n in names} - set(said) or expires - now < timedelta(days=RENEW_BEFORE_DAYS):
            return None
        return Issued(certificate=found[0], key=found[1], expires=expires)

    @property
    def _key(self) -> Path:
        return self.folder / "ca.key"

    def _files(self, name: str) -> tuple[Path, Path]:
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _load(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        try:
            certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
            key = serialization.load_pem_private_key(self._key.read_bytes(), password=None)
        except OSError as error:
            raise AuthorityRefused(f"there is no authority in {self.folder}. Make one: halltwin ca init") from error
        except ValueError as error:
            raise AuthorityRefused(f"the authority in {self.folder} cannot be read: {error}") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityRefused(f"the authority in {self.folder} is none of ours")
        return certificate, key

    def _issue(
        self, name: str, usage: x509.ObjectIdentifier, names: x509.SubjectAlternativeName | None, *, now: datetime,
        days: int,
    ) -> Issued:  # fmt: skip
        if not is_device_key(name) or name in {"ca", "ca-before"}:
            raise AuthorityRefused(f"{name!r} cannot be the name of a certificate")
        authority, authority_key = self._load()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        days = min(days, (authority.not_valid_after_utc - now).days)
        made = (
            _builder(subject, key.public_key(), issuer=authority.subject, now=now, days=days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_usage(authority=False), critical=True)
        )
        if names is not None:
            made = made.add_extension(names, critical=False)
        certificate = made.sign(authority_key, hashes.SHA256())
        cross = self.folder / _CROSS
        chain = pem_of_certificate(certificate) + (cross.read_bytes() if cross.exists() else b"")
        files = self._files(name)
        write_file(files[1], pem_of_key(key), mode=0o600)
        write_file(files[0], chain, mode=0o644)
        return Issued(certificate=files[0], key=files[1], expires=certificate.not_valid_after_utc)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePublicKey, *, issuer: x509.Name, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _as_authority(
    made: x509.CertificateBuilder, key: ec.EllipticCurvePublicKey, issuer: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    return (
        made.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .add_extension(_usage(authority=True), critical=True)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, key_cert_sign=authority, crl_sign=authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        return x509.DNSName(name.encode("idna").decode())
    except UnicodeError as error:
        raise AuthorityRefused(f"{name!r} is no host name and no address") from error


def pem_of_certificate(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_file(path: Path, content: bytes, *, mode: int) -> None:
    """Replace a file at one stroke; it never has a wider mode than this."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)
