"""Results on their way to whoever reads them more slowly than they come: in memory, then in a file, then no more.

Most HTTP clients read nothing before they have sent everything. If results then had nowhere to go, the client would
wait for us to read and we for the client, for ever.
"""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import Self

_EN_MEMORIA = 1_000_000
_MAXIMO = 256_000_000
_TROZO = 65_536


class Salida:
    """A queue of bytes for one writer and one reader. Its file has no name, and is gone when the process is."""

    def __init__(self, *, en_memoria: int = _EN_MEMORIA, maximo: int = _MAXIMO) -> None:
        """`en_memoria` bytes go to no disk; beyond `maximo` the writer waits for the reader."""
        self._archivo = SpooledTemporaryFile[bytes](max_size=en_memoria)
        self._maximo = maximo
        self._escritos = 0
        self._leidos = 0
        self._completa = False
        self._cambio = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._archivo.close()

    async def put(self, datos: bytes) -> None:
        """Add at the end, once there is room."""
        while self._escritos - self._leidos >= self._maximo:
            await self._next_change()
        self._archivo.seek(self._escritos)
        self._archivo.write(datos)
        self._escritos += len(datos)
        self._cambio.set()

    def finish(self) -> None:
        """Nothing more will come."""
        self._completa = True
        self._cambio.set()

    async def take(self) -> bytes:
        """What comes next, as soon as there is something; nothing at all once everything was taken."""
        while self._leidos == self._escritos and not self._completa:
            await self._next_change()
        self._archivo.seek(self._leidos)
        trozo = self._archivo.read(_TROZO)
        self._leidos += len(trozo)
        if self._leidos == self._escritos:  # the file begins anew, or it would keep what nobody needs
            self._archivo.seek(0)
            self._archivo.truncate()
            self._leidos = self._escritos = 0
        self._cambio.set()
        return trozo

    async def _next_change(self) -> None:
        self._cambio.clear()
        await self._cambio.wait()
