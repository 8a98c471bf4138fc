"""The one way out: every address that somebody told us is asked for here, and only where it may lead.

The name is resolved once, each of its addresses is judged, and the connection goes to the very address that was
judged. Nothing is followed: a redirect is an error, and its target is a new question. Proxies of the environment are
not used. Addresses inside (loopback, private, link-local, shared) need a configured subnet; some are never asked.

OutgoingRefused     it may not be asked: ``reason`` says why, nothing was sent      422
OutgoingFailed      it was asked, and no good answer came                           503
"""

from __future__ import annotations

import http.client
import io
import logging
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from iot.tls import harden
from services.kernel.errors import Invalid, Unavailable

IPAddress: TypeAlias = IPv4Address | IPv6Address
IPNetwork: TypeAlias = IPv4Network | IPv6Network
Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
Connect: TypeAlias = Callable[[IPAddress, int, float], socket.socket]
Reason: TypeAlias = Literal["url", "scheme", "port", "host", "address", "header", "redirect"]

URL_MAX = 2_048
ADDRESSES_MAX = 8
"""Of one name; one with more is refused, so that all are judged."""
MAX_BYTES, TIMEOUT_S = 1_048_576, 10.0
RETRY_AFTER_S = 30
PORTS: Mapping[str, frozenset[int]] = {"https": frozenset({443, 8443}), "http": frozenset({80, 8080})}
_DEFAULT_PORT = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[!-~]+")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_log = logging.getLogger(__name__)
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "upgrade"})


def _networks(*texts: str) -> tuple[IPNetwork, ...]:
    return tuple(ip_network(text) for text in texts)


INSIDE = _networks(
    "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
)  # fmt: skip
"""What the registries of special addresses list; of version 6 all but global unicast is inside."""
NEVER = _networks(
    # nowhere in particular, or many at once
    "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8",
    # clouds tell a machine's keys here
    "169.254.169.254/32", "169.254.170.0/24", "169.254.0.23/32", "100.100.100.200/32", "168.63.129.16/32",
    "192.0.0.192/32", "fd00:ec2::254/128", "fd00:ec2::23/128", "fd20:ce::254/128",
)  # fmt: skip
"""Not even where a configured subnet holds them."""
_GLOBAL_V6 = ip_network("2000::/3")
_SPECIAL_V6 = _networks("2001::/23", "2001:db8::/32", "3fff::/20")
_V4_IN_V6 = _networks("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
_ISATAP = 0x0000_5EFE
"""The third quarter of such an address, but for one bit."""


class OutgoingRefused(Invalid):
    """It may not be asked; nothing was sent. ``reason`` is a code, for whoever entered the address."""

    code = "outgoing.refused"

    def __init__(self, reason: Reason, *, zh: str, en: str) -> None:
        super().__init__(zh=zh, en=en, reason=reason)
        self.reason: Reason = reason


class OutgoingFailed(Unavailable):
    """It was asked, and no answer came that could be used."""

    code = "outgoing.failed"

    def __init__(self, *, zh: str, en: str) -> None:
        super().__init__(zh=zh, en=en, retry_after_s=RETRY_AFTER_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where an address leads, before its name is resolved. ``literal`` where it names no name."""

    scheme: str
    host: str
    port: int
    path: str
    literal: IPAddress | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """``headers`` by lower-case name, the last of each; the body is whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Every address the system's resolver gives for this name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def connect_by_system(address: IPAddress, port: int, timeout_s: float) -> socket.socket:
    return socket.create_connection((str(address), port), timeout=timeout_s)


class Outgoing:
    """``allowed``: subnets inside that may be asked. ``internet``: whether the world outside may.

    ``ports``: by scheme, what may be asked; None allows none of it, so that ``{"https": ...}`` speaks TLS only.
    """

    def __init__(
        self,
        allowed: Sequence[IPNetwork] = (),
        *,
        internet: bool = True,
        ports: Mapping[str, frozenset[int]] = PORTS,
        resolve: Resolve = resolve_by_system,
        connect: Connect = connect_by_system,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed, self._internet, self._ports = tuple(allowed), internet, ports
        self._resolve, self._connect, self._tls = resolve, connect, tls

    def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = MAX_BYTES,
        timeout_s: float = TIMEOUT_S,
    ) -> Response:
        """Blocks for ``timeout_s`` at most, the resolver's own time apart: call it in a worker thread."""
        target = parse_target(url, self._ports)
        _check_headers(headers or {})
        addresses = self.addresses_of(target)
        clock = _Clock(timeout_s)
        try:
            with self._open(target, addresses, clock) as sock:
                return _ask(target, sock, clock, method=method, body=body, headers=headers or {}, max_bytes=max_bytes)
        except ssl.SSLCertVerificationError as error:
            _log.warning("outgoing_not_trusted host=%s error=%s", target.host, error.verify_message)
            raise OutgoingFailed(zh="对方的证书无效。", en=f"The certificate of {target.host} is not valid.") from error
        except TimeoutError as error:
            raise OutgoingFailed(zh="对方没有及时回应。", en=f"{target.host} took too long.") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            _log.warning("outgoing_failed host=%s error=%s", target.host, type(error).__name__)
            raise OutgoingFailed(zh="无法与对方通信。", en=f"Talking to {target.host} failed.") from error

    def addresses_of(self, target: Target) -> list[IPAddress]:
        """All of them, judged. One that may not be asked refuses the name: who mixes them means no good."""
        if target.literal is not None:
            found = [target.literal]
        else:
            try:
                found = [ip_address(text) for text in self._resolve(target.host, target.port)]
            except (OSError, ValueError) as error:  # a scoped address is no address of ours
                raise OutgoingFailed(zh="找不到这个主机。", en=f"There is no host {target.host}.") from error
        if not found or len(found) > ADDRESSES_MAX:
            raise OutgoingFailed(zh="找不到这个主机。", en=f"There is no host {target.host}, or it is too many.")
        if not all(self.may_ask(address) for address in found):
            raise OutgoingRefused(
                "address",
                zh="该地址指向不允许访问的网络；如确需访问，请由管理员把网段加入允许列表。",
                en=f"{target.host} leads into a network that may not be asked; its subnet would have to be configured.",
            )
        return found

    def may_ask(self, address: IPAddress) -> bool:
        if _carries_v4(address) or any(address in network for network in NEVER):
            return False
        if any(address in network for network in self._allowed):
            return True
        return self._internet and not _is_inside(address)

    def _open(self, target: Target, addresses: Sequence[IPAddress], clock: _Clock) -> socket.socket:
        """Connected to the first that answers; TLS names the host, whatever its address."""
        failed: OSError = OSError("no address")
        for address in addresses:
            try:
                plain = self._connect(address, target.port, clock.left_s())
            except OSError as error:
                failed = error
                continue
            if target.scheme == "http":
                return plain
            try:
                context = self._tls or harden(ssl.create_default_context())
                plain.settimeout(clock.left_s())
                return context.wrap_socket(plain, server_hostname=target.host)
            except BaseException:
                plain.close()
                raise
        raise failed


def parse_target(url: str, ports: Mapping[str, frozenset[int]] = PORTS) -> Target:
    """An address in its one plain form. Anything that two readers could read differently is refused."""
    if len(url) > URL_MAX or not _PRINTABLE.fullmatch(url) or {"\\", "#"} & set(url):
        raise _refused("url", "网址含有不允许的字符或过长。", "The address is too long or holds characters it may not.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("url", "网址格式不正确。", "This is no address.") from error
    if parts.scheme not in ports or not url[len(parts.scheme) :].startswith("://"):
        raise _refused("scheme", "不支持这种网址。", f"Only {', '.join(sorted(ports))} is asked.")
    if "@" in parts.netloc or "%" in parts.netloc or parts.netloc.endswith(":"):
        raise _refused("url", "网址中不能带用户名、密码或转义的主机名。", "The address names a user or hides its host.")
    host = parts.hostname or ""
    port = _DEFAULT_PORT.get(parts.scheme) if port is None else port
    if port not in ports[parts.scheme]:
        raise _refused("port", "不允许访问该端口。", f"Port {port} is not asked by {parts.scheme}.")
    literal = _literal(host, bracketed="[" in parts.netloc)
    if literal is None and not _is_name(host):
        raise _refused("host", "主机名不正确。", "The host is no plain name and no plain address.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme=parts.scheme, host=host, port=port, path=path, literal=literal)


def _literal(host: str, *, bracketed: bool) -> IPAddress | None:
    """Dotted decimal or bracketed version 6, as ``ipaddress`` reads them: no octal, no hexadecimal, no zone."""
    try:
        return IPv6Address(host) if bracketed else IPv4Address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Resolvers read a last label of digits as an address (127.1, 0x7f000001, 2130706433): that is no name."""
    labels = host.split(".")
    return len(host) <= 253 and all(map(_LABEL.fullmatch, labels)) and not _NUMBER.fullmatch(labels[-1])


def _carries_v4(address: IPAddress) -> bool:
    """Version 4 in the clothes of version 6: mapped, translated, 6to4, Teredo, ISATAP, compatible (all but ::1)."""
    if isinstance(address, IPv4Address):
        return False
    if address.scope_id is not None or 1 < int(address) < 1 << 32:
        return True
    return int(address) >> 32 & 0xFDFF_FFFF == _ISATAP or any(address in network for network in _V4_IN_V6)


def _is_inside(address: IPAddress) -> bool:
    if isinstance(address, IPv4Address):
        return any(address in network for network in INSIDE)
    return address not in _GLOBAL_V6 or any(address in network for network in _SPECIAL_V6)


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        plain = name.isascii() and value.isascii() and value.isprintable()
        if not plain or name.lower() in _OURS:
            raise _refused("header", "请求头不允许。", f"The header {name!r} is not the caller's to send.")


def _refused(reason: Reason, zh: str, en: str) -> OutgoingRefused:
    return OutgoingRefused(reason, zh=zh, en=en)


class _Clock:
    """What is left of a call's time, over all that it waits for."""

    def __init__(self, timeout_s: float) -> None:
        self._end_s = time.monotonic() + timeout_s

    def left_s(self) -> float:
        left = self._end_s - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class _Timed(io.RawIOBase):
    """The socket's bytes while there is time: one that sends a byte a second does not get a second each."""

    def __init__(self, sock: socket.socket, clock: _Clock) -> None:
        self._sock, self._clock = sock, clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._clock.left_s())
        return self._sock.recv_into(buffer)


class _Line:
    """As much of a socket as ``http.client`` uses."""

    def __init__(self, sock: socket.socket, clock: _Clock) -> None:
        self._sock, self._clock = sock, clock

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._clock.left_s())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock, self._clock))

    def close(self) -> None:
        """Whoever opened it closes it."""


def _ask(
    target: Target, sock: socket.socket, clock: _Clock, *,
    method: str, body: bytes | None, headers: Mapping[str, str], max_bytes: int,
) -> Response:  # fmt: skip
    link = http.client.HTTPConnection(target.host, target.port)
    link.default_port = _DEFAULT_PORT[target.scheme]
    link.sock = _Line(sock, clock)
    link.auto_open = 0
    link.request(method, target.path, body=body, headers={**headers, "Connection": "close"})
    answer = link.getresponse()
    if 300 <= answer.status < 400:
        raise _refused("redirect", "对方要求跳转到别的地址，未跟随。", f"{target.host} answers with another address.")
    got = answer.read(max_bytes + 1)
    if len(got) > max_bytes:
        raise OutgoingFailed(zh="对方的回应过大。", en=f"The answer of {target.host} is larger than {max_bytes} bytes.")
    if answer.length:
        raise http.client.IncompleteRead(got, answer.length)
    return Response(status=answer.status, headers={k.lower(): v for k, v in answer.headers.items()}, body=got)
