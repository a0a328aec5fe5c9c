"""The client itself. The key belongs to the sale.

Whatever happens on the way (no answer, a 503, a restart of the till), the same sale is sent again with the same key,
and the emitter answers with the document that is already there.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from services.emitter.client.respuestas import (
    ESPERA_MAX,
    RETRYABLE,
    DocumentoEmitido,
    NotAuthorized,
    Resultado,
    SinFolios,
    SinRespuesta,
    read_documento,
    read_error,
    read_espera,
    read_problema,
)
from shared.errors import Invalid, Misconfigured

T = TypeVar("T")
Venta = Mapping[str, Any]

_ESPERA_PRIMERA = 0.2
_VISIBLE = re.compile(r"[\x20-\x7e]{1,128}")
"""What fits into a header: keys of tills and of sales."""
_LINEAS = 200
_A_LA_VEZ = 2
"""Bulk requests under way: while the emitter ends one it has the next at hand."""


@dataclass(frozen=True, slots=True)
class _NoAhora:
    """An attempt that is to be made again, after `espera` seconds or more."""

    motivo: str
    espera: float = 0.0


class PosClient:
    """One till. Use it as an async context manager; it keeps its connections open."""

    def __init__(
        self,
        url: str,
        terminal_key: str,
        *,
        intentos: int = 8,
        timeout: float = 15.0,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`intentos`: requests for one sale at most; `timeout`: seconds for each.

        Misconfigured if `url` is no address, NotAuthorized if `terminal_key` cannot be a key.
        """
        if not _VISIBLE.fullmatch(terminal_key):
            raise NotAuthorized("la llave del terminal tiene otra forma: es lo que mostró «posta terminal create»")
        self._intentos = intentos
        self._sleep = sleep
        self._http = httpx.AsyncClient(
            base_url=_parse_url(url),
            headers={"Authorization": f"Bearer {terminal_key}"},
            timeout=timeout,
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    async def emit(self, documento: Venta | bytes, clave: str) -> DocumentoEmitido:
        """The document of this sale (DTE-shaped, a mapping or JSON bytes), made by this request or an earlier one.

        Waits and sends again with the same key while there is no answer or the emitter asks for patience. Invalid with
        each fault of the sale, Conflict when the key stands for another sale, NotAuthorized, and Unavailable: SinFolios
        at once, or SinRespuesta when the attempts are spent. The till then keeps the sale and its key for later.
        """
        if not _VISIBLE.fullmatch(clave):
            raise Invalid.one("clave", "POSTA-POS-03", "debe tener de 1 a 128 caracteres ASCII imprimibles")
        cuerpo = documento if isinstance(documento, bytes) else json.dumps(documento, ensure_ascii=False).encode()
        return await self._insist(lambda: self._post(cuerpo, clave))

    async def emit_lote(
        self, ventas: Iterable[tuple[str, Venta]], *, lineas: int = _LINEAS
    ) -> AsyncIterator[Resultado]:
        """The result of each sale, given with its key, in order: many sales, `lineas` of them in one request.

        What `emit` raises for one sale is here the `error` of its result, and the others go on. Lines without an answer
        are sent again with their keys, and have a SinRespuesta when the attempts are spent; folios that have run out
        (SinFolios) are not waited for. NotAuthorized, and Invalid when the
        request itself is refused, end it all.
        """
        restantes = iter(ventas)
        en_curso: deque[asyncio.Task[list[Resultado]]] = deque()
        try:
            while grupo := list(islice(restantes, lineas)):
                en_curso.append(asyncio.create_task(self._emit_grupo(grupo)))
                if len(en_curso) == _A_LA_VEZ:
                    for resultado in await en_curso.popleft():
                        yield resultado
            while en_curso:
                for resultado in await en_curso.popleft():
                    yield resultado
        finally:
            for tarea in en_curso:
                tarea.cancel()
            await asyncio.gather(*en_curso, return_exceptions=True)

    async def _post(self, cuerpo: bytes, clave: str) -> DocumentoEmitido | _NoAhora:
        headers = {"Content-Type": "application/json", "Idempotency-Key": clave}
        try:
            response = await self._http.post("/v1/dte", content=cuerpo, headers=headers)
        except httpx.TransportError as error:
            return _no_answer(error)
        if response.status_code in (200, 201):
            return read_documento(response.status_code, response.json())
        refusal = read_error(response.status_code, read_problema(response))
        if response.status_code in RETRYABLE and not isinstance(refusal, SinFolios):
            return _not_now(response)
        raise refusal

    async def _emit_grupo(self, grupo: list[tuple[str, Venta]]) -> list[Resultado]:
        resultados: dict[int, Resultado] = {}

        async def attempt() -> _NoAhora | None:
            return await self._post_lote(grupo, resultados)

        sin_respuesta = None
        try:
            await self._insist(attempt)
        except SinRespuesta as error:
            sin_respuesta = error
        return [
            resultados.get(numero) or Resultado(clave, error=sin_respuesta) for numero, (clave, _) in enumerate(grupo)
        ]

    async def _post_lote(self, grupo: list[tuple[str, Venta]], resultados: dict[int, Resultado]) -> _NoAhora | None:
        """Send what has no result yet, and note what comes; None once nothing is left to send again."""
        faltan = [numero for numero in range(len(grupo)) if numero not in resultados]
        cuerpo = b"".join(_render(*grupo[numero]) for numero in faltan)
        motivo = _NoAhora("la respuesta se cortó")
        try:
            async with self._http.stream(
                "POST", "/v1/dte/lote", content=cuerpo, headers={"Content-Type": "application/x-ndjson"}
            ) as response:
                if response.status_code in RETRYABLE:
                    return _not_now(response)
                if response.status_code != 200:
                    await response.aread()
                    raise read_error(response.status_code, read_problema(response))
                async for linea in _lines(response):
                    numero = faltan[linea["linea"] - 1]
                    outcome = _read_linea(grupo[numero][0], linea)
                    if isinstance(outcome, _NoAhora):
                        motivo = outcome
                    else:
                        resultados[numero] = outcome
        except httpx.TransportError as error:
            motivo = _no_answer(error)
        return motivo if len(resultados) < len(grupo) else None

    async def _insist(self, attempt: Callable[[], Awaitable[T | _NoAhora]]) -> T:
        """What `attempt` gives in the end, after waits that grow; Unavailable when the attempts are spent."""
        espera = _ESPERA_PRIMERA
        motivo = ""
        for intento in range(self._intentos):
            if intento:
                await self._sleep(espera)
                espera = min(2 * espera, ESPERA_MAX)
            outcome = await attempt()
            if not isinstance(outcome, _NoAhora):
                return outcome
            motivo = outcome.motivo
            espera = max(espera, outcome.espera) * random.uniform(1.0, 1.25)  # noqa: S311  jitter
        raise SinRespuesta("El emisor", f"{motivo} ({self._intentos} intentos)")


def _parse_url(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Misconfigured(f"«{url}» no es la dirección de un emisor") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise Misconfigured(f"«{url}» no es la dirección de un emisor: debe comenzar con http:// o https://")
    return parsed


def _no_answer(error: httpx.TransportError) -> _NoAhora:
    """No connection, or none to the end."""
    match error:
        case httpx.TimeoutException():
            return _NoAhora("no respondió a tiempo")
        case httpx.ConnectError():
            return _NoAhora("no hay conexión con él")
        case _:
            return _NoAhora("se cortó la conexión")


def _not_now(response: httpx.Response) -> _NoAhora:
    detail = ""
    with suppress(httpx.ResponseNotRead):  # of a stream, the status is enough
        detail = str(read_problema(response).get("detail") or "")
    return _NoAhora(detail or f"HTTP {response.status_code}", read_espera(response))


def _render(clave: str, venta: Venta) -> bytes:
    return json.dumps({**venta, "clave": clave}, ensure_ascii=False).encode() + b"\n"


async def _lines(response: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The results in a stream, one a line; what was cut off in the middle is none."""
    resto = b""
    async for trozo in response.aiter_bytes():
        *lineas, resto = (resto + trozo).split(b"\n")
        for linea in lineas:
            yield json.loads(linea)


def _read_linea(clave: str, linea: Mapping[str, Any]) -> Resultado | _NoAhora:
    status = int(linea["status"])
    if status in (200, 201):
        return Resultado(clave, documento=read_documento(status, linea["documento"]))
    problema = linea["problema"]
    error = read_error(status, problema)
    if status in RETRYABLE and not isinstance(error, SinFolios):
        return _NoAhora(str(problema.get("detail")), min(float(problema.get("reintentar_en") or 0), ESPERA_MAX))
    return Resultado(clave, error=error)
