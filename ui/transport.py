"""What of the hall's own traffic would leave this machine unencrypted, or go to who knows whom: refused at the start.

Loopback and sockets of this machine need no TLS: nobody else hears them. ``clear_text = true`` in the section says
that the way there is protected otherwise (a cable of its own, a tunnel), and is the house's word for it.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

VERIFIED = ("verify-full", "verify-ca")


def find_clear_database(url: str, *, unless: str = "database.clear_text = true") -> str | None:
    """What is wrong with the way to this PostgreSQL, and what to do; None where it is encrypted to the right one."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        told = conninfo_to_dict(url)
    except ProgrammingError as error:
        return f"database.url: {str(error).strip()}"
    hosts = str(told.get("hostaddr") or told.get("host") or "").split(",")
    if told.get("sslmode") in VERIFIED or all(is_of_this_machine(host) for host in hosts):
        return None
    return (
        f"database.url leads to another machine ({', '.join(hosts)}) without checked TLS: add ?sslmode=verify-full "
        f"(and &sslrootcert=FILE for an authority of your own), or say {unless}"
    )


def find_clear_broker(url: str) -> str | None:
    """The same of a broker."""
    parts = urlsplit(url)
    if parts.scheme == "mqtts" or is_of_this_machine(parts.hostname or ""):
        return None
    return (
        f"broker.url leads to another machine ({parts.hostname}) in clear, and the password with it: "
        "take mqtts://, or say broker.clear_text = true"
    )


def is_of_this_machine(host: str) -> bool:
    """A socket file, no host at all, or a loopback address."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def find_clear_syslog(value: str) -> str | None:
    """The same of where logs are shipped to: a socket of this machine, or ``tls://host[:port]``."""
    parts = urlsplit(value)
    if value.startswith("/") or (parts.scheme == "tls" and parts.hostname and not parts.path):
        return None
    return "must be a socket like /dev/log, or tls://host:6514: nothing is shipped in clear"
