"""The small HTTP client: kept connections, cookies, bounded answers, and what goes wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulators.http_client import ANSWER_BYTES_MAX, HttpClient, HttpError
from simulators.testing import FakeHall
from simulators.testing_server import TestServer


def test_connections_are_kept_and_cookies_come_back() -> None:
    async def run() -> None:
        hall = FakeHall(kinds={"kinds": []}, now_ms=lambda: 0)
        client = HttpClient(f"{await hall.start()}/api/v1")
        assert (await client.get("/kinds")).body == {"kinds": []}
        assert (await client.get("/queue/windows")).status == 401
        assert (await client.post("/session", {"user": "clerk", "password": "p"})).ok
        assert (await client.get("/queue/windows")).ok
        assert len(client._idle) == 1, "one connection served all"
        found = await client.get("/guide/items", {"q": "户籍"})
        assert [item["code"] for item in found.body["items"]] == ["HJ-01"]
        await client.close()
        await hall.stop()

    asyncio.run(run())


@asynccontextmanager
async def answering(raw: bytes, *, close: bool = False) -> AsyncIterator[str]:
    """A server that answers everything with these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(raw)
            await writer.drain()
            if close:
                break

    server = TestServer(serve)
    try:
        yield f"http://127.0.0.1:{await server.start()}"
    finally:
        await server.stop()


def test_chunked_answers_are_put_together() -> None:
    async def run() -> None:
        chunks = b'5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n'
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        async with answering(head + chunks) as url:
            client = HttpClient(url)
            assert (await client.get("/x")).body == {"a": 1}
            assert (await client.get("/x")).body == {"a": 1}
            await client.close()

    asyncio.run(run())


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async def run() -> None:
        async with answering(b"HTTP/1.1 204 No Content\r\n\r\n", close=True) as url:
            client = HttpClient(url)
            for _ in range(3):
                assert (await client.ask("DELETE", "/x")).status == 204
            await client.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_BYTES_MAX + 1),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_one_kind_of_error(raw: bytes) -> None:
    async def run() -> None:
        async with answering(raw, close=True) as url:
            client = HttpClient(url)
            with pytest.raises(HttpError):
                await client.get("/x")
            assert client.failures == 1
            assert client._idle == []

    asyncio.run(run())


def test_a_hall_that_is_not_there_is_one_kind_of_error() -> None:
    async def run() -> None:
        with pytest.raises(HttpError):
            await HttpClient("http://127.0.0.1:9").get("/x")

    asyncio.run(run())
