"""What the wire can do to a request, and whether the transport knows if anything had left."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from deploy.local.ports import LOOPBACK, free_ports
from shared.adapters.transport import USER_AGENT, Answer, Cut, Transport
from shared.dte.lectura import MAX_RESPUESTA
from tests.conditions import LIMIT

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

CAMPOS = {"rutSender": "1", "dvSender": "9", "rutCompany": "2", "dvCompany": "7"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[str]:
    """A server that does `talk` on each connection; gives its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, LOOPBACK, 0, limit=4_000_000)
    async with listening:
        yield f"http://{LOOPBACK}:{listening.sockets[0].getsockname()[1]}"


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(timedelta(seconds=60))
    yield transport
    await transport.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """One whole request, by its Content-Length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b"")


async def upload(transport: Transport, url: str, contenido: bytes = b"<EnvioDTE/>") -> Answer | Cut:
    return await transport.upload(url, {"Cookie": "TOKEN=x"}, CAMPOS, "EnvioDTE_2-7.xml", contenido)


async def test_the_form_goes_in_order_with_its_length_and_never_in_chunks(transport: Transport) -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)
        await writer.drain()

    contenido = "<?xml version='1.0' encoding='ISO-8859-1'?><Ñ/>".encode("iso-8859-1") * 1000
    async with server(talk) as url:
        answer = await upload(transport, f"{url}/cgi_dte/UPL/DTEUpload", contenido)
    assert answer == Answer(200, {"content-length": "2"}, b"ok")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert (
        f"user-agent: {USER_AGENT}".encode() in head.lower().replace(b"mozilla", b"Mozilla")
        or USER_AGENT.encode() in head
    )
    assert b"chunked" not in head.lower()
    names = [b'name="%s"' % name for name in (b"rutSender", b"dvSender", b"rutCompany", b"dvCompany", b"archivo")]
    positions = [body.index(name) for name in names]
    assert positions == sorted(positions)
    assert b'filename="EnvioDTE_2-7.xml"\r\nContent-Type: text/xml\r\n\r\n' + contenido in body


async def test_a_refused_connection_has_sent_nothing(transport: Transport) -> None:
    (port,) = free_ports(1)
    answer = await upload(transport, f"http://{LOOPBACK}:{port}/")
    assert isinstance(answer, Cut)
    assert not answer.sent


@pytest.mark.parametrize("url", ["http://posta.invalid/", "ftp://127.0.0.1/", "http://"])
async def test_a_host_that_does_not_exist_has_been_sent_nothing(transport: Transport, url: str) -> None:
    answer = await upload(transport, url)
    assert isinstance(answer, Cut)
    assert not answer.sent


async def test_a_failed_tls_handshake_has_sent_nothing(transport: Transport) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"this is not TLS at all\r\n")
        await writer.drain()

    async with server(talk) as url:
        answer = await upload(transport, url.replace("http:", "https:"))
    assert isinstance(answer, Cut)
    assert not answer.sent


async def test_a_tls_handshake_that_never_ends_has_sent_nothing() -> None:
    transport = Transport(timedelta(seconds=0.3))
    hung_up = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        hung_up.set()

    async with server(talk) as url:
        answer = await upload(transport, url.replace("http:", "https:"))
        async with asyncio.timeout(LIMIT):
            await hung_up.wait()  # the connection was not left open
    assert isinstance(answer, Cut)
    assert not answer.sent
    await transport.close()


async def cut_at_once(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Take the connection and drop it."""


async def cut_after_headers(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def cut_after_body(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def cut_within_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n<RECEPCIONDTE>")
    await writer.drain()


async def answer_junk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"\x00\x01 what is this\r\n\r\n")
    await writer.drain()


async def answer_bad_encoding(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
    await writer.drain()


@pytest.mark.parametrize(
    "talk", [cut_at_once, cut_after_headers, cut_after_body, cut_within_answer, answer_junk, answer_bad_encoding]
)
async def test_once_a_byte_has_left_a_cut_is_never_called_unsent(transport: Transport, talk: Talk) -> None:
    async with server(talk) as url:
        answer = await upload(transport, url, b"x" * 3_000_000)
    assert isinstance(answer, Cut)
    assert answer.sent
    assert answer.detail


async def test_an_answer_that_drips_is_cut_when_the_whole_exchange_takes_too_long() -> None:
    transport = Transport(timedelta(seconds=3))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            if reader.at_eof() or await ended(reader, 0.05):
                return

    async with server(talk) as url:
        answer = await upload(transport, url)
    assert isinstance(answer, Cut)
    assert answer.sent
    await transport.close()


async def ended(reader: asyncio.StreamReader, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await reader.read(1) == b""
    except TimeoutError:
        return False


async def test_an_endless_answer_is_read_up_to_a_bound(transport: Transport) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except ConnectionError:
            return

    async with server(talk) as url:
        answer = await upload(transport, url)
    assert isinstance(answer, Answer)
    assert len(answer.body) == MAX_RESPUESTA


async def test_a_redirect_is_an_answer_and_is_not_followed(transport: Transport) -> None:
    requests: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(talk) as url:
        answer = await upload(transport, url)
    assert isinstance(answer, Answer)
    assert answer.status == 302
    assert len(requests) == 1


async def test_cookies_of_the_server_are_not_sent_back(transport: Transport) -> None:
    requests: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: TOKEN=suyo; Path=/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with server(talk) as url:
        for _ in range(2):
            await transport.get(url, {"Cookie": "TOKEN=mio"})
    assert b"TOKEN=mio" in requests[1]
    assert b"suyo" not in requests[1]


def test_every_exception_of_the_library_is_one_that_the_transport_translates() -> None:
    found = [
        member
        for _, member in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(member, Exception) and member is not httpx.CookieConflict
    ]
    assert len(found) > 20
    assert [e for e in found if not issubclass(e, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError)] == []
