"""Orders while it runs: one JSON object a line, on stdin or on a unix socket; answers on the same way."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from simulators.orders import LINE_BYTES_MAX, BadOrder, Order, parse_line

CarryOut: TypeAlias = Callable[[Order], None]


async def obey_stdin(carry_out: CarryOut, say: Callable[[str], None]) -> None:
    """Until stdin ends; a line that is no order is said and passed over. A file or nothing at all says nothing."""
    if sys.stdin is None or not _can_be_awaited(sys.stdin.fileno()):
        return
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=LINE_BYTES_MAX)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await _obey(reader, carry_out, say)


async def listen_on_socket(path: Path, carry_out: CarryOut) -> asyncio.Server:
    """A unix socket for scripts, its owner's alone; each line is answered ``ok`` or with what is wrong."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def answer(line: str) -> None:
            writer.write(f"{line}\n".encode())

        await _obey(reader, carry_out, answer, on_done=lambda: answer("ok"))
        writer.close()

    return await asyncio.start_unix_server(serve, sock=_bind(path), limit=LINE_BYTES_MAX)


def _can_be_awaited(descriptor: int) -> bool:
    mode = os.fstat(descriptor).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)


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
            carry_out(parse_line(line))
        except BadOrder as error:
            say(str(error))
        else:
            on_done()
