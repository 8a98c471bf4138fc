"""Orders while it runs: one JSON object a line, on stdin or on a unix socket; answers on the same way."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from simulators.orders import LINE_BYTES_MAX, BadOrder, Order, parse_line

CarryOut: TypeAlias = Callable[[Order], Awaitable[None]]


async def obey_stdin(carry_out: CarryOut, say: Callable[[str], None]) -> None:
    """Until stdin ends; a line that is no order is said and passed over."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    except (ValueError, OSError):
        return  # a file or nothing at all: there is nobody to listen to
    await _obey(reader, carry_out, say)


async def listen_on_socket(path: Path, carry_out: CarryOut) -> asyncio.Server:
    """A unix socket for scripts, its owner's alone; each line is answered ``ok`` or with what is wrong."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def answer(line: str) -> None:
            writer.write(f"{line}\n".encode())

        await _obey(reader, carry_out, answer, on_done=lambda: answer("ok"))
        writer.close()

    return await asyncio.start_unix_server(serve, sock=_bind(path), limit=LINE_BYTES_MAX)


def _bind(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    bound.bind(str(path))
    path.chmod(0o600)
    return bound


async def _obey(
    reader: asyncio.StreamReader,
    carry_out: CarryOut,
    say: Callable[[str], None],
    on_done: Callable[[], None] = lambda: None,
) -> None:
    while True:
        try:
            line = await reader.readline()
        except ValueError:
            say(f"a line is longer than {LINE_BYTES_MAX} bytes")
            return
        if not line:
            return
        if not line.strip():
            continue
        try:
            await carry_out(parse_line(line))
        except BadOrder as error:
            say(str(error))
        else:
            on_done()
