"""The address the hall answers at: one listening socket, opened first so that a clash is told at once."""

from __future__ import annotations

import socket

import psutil

from ui.problems import NeedsAttention


def listen(host: str, port: int) -> socket.socket:
    """Listen on ``host:port`` (0: any free port). The socket outlives a restart of the server process."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise NeedsAttention(
            what=f"port {port} is in use{_holder(port)}",
            where=f"{host}:{port}",
            todo="Stop that program, or choose another port with --port N (0 takes any free one).",
        ) from error
    sock.listen(1024)
    sock.set_inheritable(True)
    return sock


def url_of(listening: socket.socket, *, secure: bool) -> str:
    """Where pages find it."""
    host, port = listening.getsockname()[:2]
    return f"{'https' if secure else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def free_port(host: str) -> int:
    """A port nobody holds just now; for programs that open their own socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
                if connection.pid is None:
                    return ""
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return ""
    return ""
