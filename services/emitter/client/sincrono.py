"""The same client for a till without an event loop: its loop runs in a thread, so that nothing is written twice."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

from services.emitter.client.pos import PosClient, Venta
from services.emitter.client.respuestas import DocumentoEmitido, Resultado

T = TypeVar("T")
_TANDA = 400


class SyncPosClient:
    """`PosClient` with methods that wait. Threads may share it; a process that was forked begins anew."""

    def __init__(self, url: str, terminal_key: str, **options: Any) -> None:
        """`options` are those of `PosClient`."""
        self._create: Callable[[], PosClient] = lambda: PosClient(url, terminal_key, **options)
        self._lock = threading.Lock()
        self._pid = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._hilo: threading.Thread | None = None
        self._pos: PosClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def emit(self, documento: Venta | bytes, clave: str) -> DocumentoEmitido:
        """As `PosClient.emit`."""
        return self._wait(lambda pos: pos.emit(documento, clave))

    def emit_lote(self, ventas: Iterable[tuple[str, Venta]]) -> Iterator[Resultado]:
        """As `PosClient.emit_lote`, some hundreds at a time. The sales are read in the caller's own thread."""
        restantes = iter(ventas)
        while tanda := list(islice(restantes, _TANDA)):
            yield from self._wait(lambda pos, tanda=tanda: _collect(pos, tanda))  # type: ignore[misc]

    def close(self) -> None:
        """Close the connections and end the thread; the next call starts them again."""
        with self._lock:
            if self._loop is None or self._hilo is None or self._pos is None or self._pid != os.getpid():
                return
            asyncio.run_coroutine_threadsafe(self._pos.close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._hilo.join()
            self._loop.close()
            self._loop = None

    def _wait(self, ask: Callable[[PosClient], Coroutine[Any, Any, T]]) -> T:
        loop, pos = self._running()
        future = asyncio.run_coroutine_threadsafe(ask(pos), loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # of Ctrl-C: nobody waits for it any more
            raise

    def _running(self) -> tuple[asyncio.AbstractEventLoop, PosClient]:
        with self._lock:
            if self._loop is None or self._pos is None or self._pid != os.getpid():
                self._pos = self._create()  # first: what is wrong with its arguments leaves nothing running
                self._pid, self._loop = os.getpid(), asyncio.new_event_loop()
                self._hilo = threading.Thread(target=self._loop.run_forever, name="posta-pos", daemon=True)
                self._hilo.start()
            return self._loop, self._pos


async def _collect(pos: PosClient, tanda: Iterable[tuple[str, Venta]]) -> list[Resultado]:
    return [resultado async for resultado in pos.emit_lote(tanda)]
