"""A small asyncio HTTP/1.1 client for JSON: connections are kept and shared, answers are bounded."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

ANSWER_BYTES_MAX = 16 * 2**20
HEAD_BYTES_MAX = 65_536
CONNECTIONS_MAX = 16
TIMEOUT_S = 15.0


class HttpError(Exception):
    """The server could not be asked, or its answer is no HTTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``body`` is the parsed JSON, or None when there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(slots=True)
class _Link:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False


@dataclass(slots=True)
class HttpClient:
    """One user's way to ``base`` (``http://host:port/api/v1``); cookies are kept as a browser does."""

    base: str
    connections_max: int = CONNECTIONS_MAX
    requests: int = 0
    failures: int = 0
    _idle: list[_Link] = field(default_factory=list)
    _gate: asyncio.Semaphore | None = None
    _cookies: dict[str, str] = field(default_factory=dict)

    async def get(
        self, path: str, query: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        return await self.ask("GET", f"{path}?{urlencode(query)}" if query else path, headers=headers)

    async def post(self, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.ask("POST", path, body=body, headers=headers)

    async def ask(
        self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises ``HttpError``; any status is an answer."""
        if self._gate is None:
            self._gate = asyncio.Semaphore(self.connections_max)
        self.requests += 1
        async with self._gate:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    return await self._ask(method, path, body, headers or {})
            except (OSError, TimeoutError, EOFError, ValueError) as error:
                self.failures += 1
                raise HttpError(f"{method} {path}: {str(error) or type(error).__name__}") from error

    async def close(self) -> None:
        while self._idle:
            writer = self._idle.pop().writer
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """On a kept connection that the server closed meanwhile, once more on a new one."""
        link = self._idle.pop() if self._idle else await self._connect()
        try:
            answer = await self._exchange(link, method, path, body, headers)
        except (ConnectionError, asyncio.IncompleteReadError):
            if not link.used:
                raise
            link = await self._connect()
            answer = await self._exchange(link, method, path, body, headers)
        if answer.headers.get("connection", "").lower() == "close":
            link.writer.close()
        else:
            link.used = True
            self._idle.append(link)
        return answer

    async def _connect(self) -> _Link:
        parts = urlsplit(self.base)
        tls = _loopback_tls() if parts.scheme == "https" else None
        port = parts.port or (443 if tls else 80)
        return _Link(*await asyncio.open_connection(parts.hostname, port, ssl=tls, limit=HEAD_BYTES_MAX))

    async def _exchange(
        self, link: _Link, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> Answer:  # fmt: skip
        """The answer, or a closed link: half an answer is none, and nobody may read on from its middle."""
        parts = urlsplit(self.base)
        payload = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        lines = {"Host": parts.netloc, "Accept": "application/json", "Content-Length": str(len(payload)), **headers}
        if payload:
            lines["Content-Type"] = "application/json"
        if self._cookies:
            lines["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        head = f"{method} {parts.path}{quote(path, safe='/?&=%+,:@-._~')} HTTP/1.1\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        try:
            link.writer.write(head.encode() + b"\r\n" + payload)
            await link.writer.drain()
            return await self._read(link.reader)
        except BaseException:
            link.writer.close()
            raise

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        version, _, rest = (await _line(reader)).partition(" ")
        if not version.startswith("HTTP/1."):
            raise ValueError("the answer is no HTTP")
        status = int(rest[:3])
        headers: dict[str, str] = {}
        while line := await _line(reader):
            name, _, value = line.partition(":")
            if name.lower() == "set-cookie":
                cookie, _, content = value.split(";", 1)[0].strip().partition("=")
                self._cookies[cookie] = content
            headers[name.strip().lower()] = value.strip()
        data = await _body(reader, headers, status)
        is_json = "json" in headers.get("content-type", "")
        return Answer(status=status, headers=headers, body=json.loads(data) if data and is_json else None)


async def _line(reader: asyncio.StreamReader) -> str:
    line = await reader.readuntil(b"\n")
    return line.decode("latin-1").strip()


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str], status: int) -> bytes:
    if status in {204, 304}:
        return b""
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(_bounded(int(headers.get("content-length", "0"))))
    data = bytearray()
    while size := int((await _line(reader)).split(";")[0], 16):
        _bounded(len(data) + size)
        data += await reader.readexactly(size)
        await _line(reader)
    await _line(reader)
    return bytes(data)


def _bounded(size: int) -> int:
    if not 0 <= size <= ANSWER_BYTES_MAX:
        raise ValueError(f"an answer of {size} bytes")
    return size


def _loopback_tls() -> ssl.SSLContext:
    """The demo's own certificate is not in any store; what is simulated holds no secret."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
