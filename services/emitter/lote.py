"""The way in over HTTP for many sales at once: NDJSON in, one result for each line out, in order, both as streams.

    lines ─▶ a bounded number of them under way, in the one use case ─▶ results, in the order of the lines

A line is a sale like any other: what is wrong with it is its own result and nobody else's. Neither memory nor what
other tills notice depends on how many lines there are, or on how fast they are sent or their results read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from services.emitter.answers import Problema, ProblemError, ResultadoLinea, to_documento, to_problema
from services.emitter.lote_lineas import Linea, Lineas, find_clave
from services.emitter.lote_salida import Salida
from services.emitter.openapi import LOTE_BODY
from services.emitter.peticion import authenticate, require_ndjson
from services.emitter.terminals import read_clave
from services.emitter.venta import MAX_BYTES
from shared.errors import PostaError, Unavailable
from shared.log import get_logger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from services.emitter.app import Emitter
    from services.emitter.espera import Emitido
    from services.emitter.terminals import Terminals
    from shared.messages import TerminalGuardado

log = get_logger("posta.emitter.lote")

NDJSON = "application/x-ndjson"
_LARGA = 65_536
"""Bytes from which a line is looked at beside the event loop."""
_PACIENCIA = 120.0
"""Seconds after which a client that takes nothing of its results is given up."""


class Lote:
    """Emits the lines of all bulk requests, `ventana` of them under way at one time."""

    def __init__(self, emitter: Emitter, terminals: Terminals, stop: asyncio.Event, *, ventana: int) -> None:
        self._emitter = emitter
        self._terminals = terminals
        self._stop = stop
        self._ventana = ventana
        self._lugares = asyncio.Semaphore(ventana)

    async def receive(self, request: Request) -> Response:
        """Emite un documento por cada línea, y responde una línea por cada una, en el mismo orden y a medida que salen.

        Una línea es una venta como la de `POST /v1/dte`, y puede traer su propia clave en `clave`; si no la trae, su
        clave es la `Idempotency-Key` de la petición, dos puntos y el número de la línea. Lo que esté mal en una línea
        se dice en su resultado y no toca a las demás. Las líneas en blanco se cuentan y no tienen resultado.
        """
        await authenticate(request, self._terminals)
        require_ndjson(request)
        prefijo = request.headers.get("idempotency-key")
        if prefijo is not None:
            prefijo = read_clave(prefijo)
            read_clave(f"{prefijo}:{10**9}")
        self._emitter.require_running()
        trozos = request.stream()
        primero = await anext(trozos)  # before the answer begins, so that a client that asks first is told to go on
        return _Corriente(self, request, primero, trozos, prefijo)

    async def start(self, linea: Linea, request: Request, prefijo: str | None) -> _EnCurso:
        """The sale of this line under way, once it is this till's turn and there is a place."""
        terminal: TerminalGuardado | PostaError
        try:
            terminal = await authenticate(request, self._terminals)  # again: a stream may outlive its key
            await self._terminals.limites.wait_turn(terminal)
        except PostaError as error:
            terminal = error
        await self._lugares.acquire()
        pedida = _Pedida(linea.numero)
        tarea = asyncio.ensure_future(self._emit(pedida, linea, terminal, prefijo))
        tarea.add_done_callback(lambda _: self._lugares.release())
        return pedida, tarea

    def create_orden(self) -> asyncio.Queue[_EnCurso | None]:
        """Where one request's lines wait for those before them: as bounded as the number under way."""
        return asyncio.Queue(self._ventana)

    async def _emit(
        self, pedida: _Pedida, linea: Linea, terminal: TerminalGuardado | PostaError, prefijo: str | None
    ) -> Emitido:
        if linea.demasiado_larga:
            detail = f"se admiten {MAX_BYTES} bytes por línea; divida la venta"
            raise ProblemError(413, "muy-grande", "La venta es muy grande", detail)
        pedida.clave = clave = await self._find_clave(linea, prefijo)
        if self._stop.is_set():
            raise Unavailable("El emisor", "se está deteniendo; repita la línea con la misma clave")
        if isinstance(terminal, PostaError):
            raise terminal
        return await self._emitter.emit(linea.cuerpo, clave, terminal, de_lote=True)

    async def _find_clave(self, linea: Linea, prefijo: str | None) -> str:
        if len(linea.cuerpo) < _LARGA:
            clave = find_clave(linea.cuerpo)
        else:
            clave = await asyncio.to_thread(find_clave, linea.cuerpo)
        if clave is None and prefijo is None:
            detail = "ponga una «clave» en la línea, o una Idempotency-Key en la petición"
            raise ProblemError(400, "clave-invalida", "Falta la clave de idempotencia", detail)
        return clave if clave is not None else f"{prefijo}:{linea.numero}"


@dataclass(slots=True)
class _Pedida:
    """Which line it is, and its key as soon as that is known: both go into its result, whatever comes of it."""

    numero: int
    clave: str | None = None


_EnCurso = tuple[_Pedida, "asyncio.Future[Emitido]"]


class _Corriente(Response):
    """The answer to one bulk request, made while the request is still being read."""

    def __init__(
        self, lote: Lote, request: Request, primero: bytes, trozos: AsyncIterator[bytes], prefijo: str | None
    ) -> None:
        super().__init__(media_type=NDJSON)
        del self.headers["content-length"]
        self._lote = lote
        self._request = request
        self._primero = primero
        self._trozos = trozos
        self._prefijo = prefijo
        self._orden = lote.create_orden()
        self._en_curso: set[asyncio.Future[Emitido]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  `_trozos` receives
        """Read, emit and answer at the same time, until all is answered or the client has gone."""
        try:
            with Salida() as salida:
                async with asyncio.TaskGroup() as partes:
                    partes.create_task(self._read())
                    partes.create_task(self._collect(salida))
                    await self._send(salida, send)
        except* (ClientDisconnect, TimeoutError):
            log.info("lote_abandonado")  # whatever was stored stays; the client asks again with the same keys
        finally:
            for tarea in self._en_curso:
                tarea.cancel()
            await asyncio.gather(*self._en_curso, return_exceptions=True)

    async def _read(self) -> None:
        lineas = Lineas(MAX_BYTES)
        for linea in lineas.feed(self._primero):
            await self._start(linea)
        async for trozo in self._trozos:
            for linea in lineas.feed(trozo):
                await self._start(linea)
        for linea in lineas.end():
            await self._start(linea)
        await self._orden.put(None)

    async def _start(self, linea: Linea) -> None:
        pedida, tarea = await self._lote.start(linea, self._request, self._prefijo)
        self._en_curso.add(tarea)
        await self._orden.put((pedida, tarea))

    async def _collect(self, salida: Salida) -> None:
        while (en_curso := await self._orden.get()) is not None:
            pedida, tarea = en_curso
            if not tarea.done():  # what a commit answered together leaves together
                await asyncio.wait([tarea])
            self._en_curso.discard(tarea)
            await salida.put(_render(pedida, tarea, self._request.url.path))
        salida.finish()

    async def _send(self, salida: Salida, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        mas = True
        while mas:
            trozo = await salida.take()
            mas = bool(trozo)
            async with asyncio.timeout(_PACIENCIA):
                await send({"type": "http.response.body", "body": trozo, "more_body": mas})


def _render(pedida: _Pedida, tarea: asyncio.Future[Emitido], lugar: str) -> bytes:
    """One line's result as it is sent."""
    error = tarea.exception()
    if error is None:
        emitido = tarea.result()
        documento = to_documento(emitido.dte, emitido.advertencias)
        status = 201 if emitido.nuevo else 200
        resultado = ResultadoLinea(linea=pedida.numero, clave=pedida.clave, status=status, documento=documento)
        texto = resultado.model_dump_json(exclude={"problema"})
    else:
        problema = to_problema(error, lugar)
        resultado = ResultadoLinea(linea=pedida.numero, clave=pedida.clave, status=problema.status, problema=problema)
        texto = resultado.model_dump_json(exclude_none=True)
    return texto.encode() + b"\n"


def create_lote_router(lote: Lote) -> APIRouter:
    """The route, with its contract."""
    problemas: dict[int | str, dict[str, Any]] = {
        status: {"model": Problema, "description": palabras}
        for status, palabras in {
            400: "La `Idempotency-Key` no sirve de clave",
            401: "Falta la llave del terminal, o no existe, o fue revocada",
            415: "El cuerpo no se declara como NDJSON en UTF-8",
            503: "No disponible por ahora: repita después de `Retry-After`",
        }.items()
    }
    router = APIRouter()
    router.add_api_route(
        "/v1/dte/lote",
        lote.receive,
        methods=["POST"],
        summary="Emitir muchos documentos",
        response_class=Response,
        status_code=200,
        response_model=None,
        responses=problemas,
        openapi_extra=LOTE_BODY,
    )
    return router
