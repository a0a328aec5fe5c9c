"""A POS's side: send a sale, get its document, and never get two of it.

    async with PosClient("http://127.0.0.1:8001", llave) as pos:
        documento = await pos.emit(venta, clave="caja-7-000123")

The key belongs to the sale. Whatever happens on the way (no answer, a 503, a restart of the till), the same sale is
sent again with the same key, and the emitter answers with the document that is already there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.errors import Conflict, Falla, Invalid, PostaError, Unavailable

_ESPERA_PRIMERA = 0.2
_ESPERA_MAX = 30.0
_RETRYABLE = frozenset({429, 502, 503, 504})


class DocumentoEmitido(BaseModel):
    """What a till gets for a sale. `ted` is the stamp to print."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    emisor: str
    tipo: int
    folio: int
    estado: str
    fecha: date
    monto: int
    receptor: str
    ted: str
    sha256: str
    creado: datetime
    advertencias: tuple[str, ...] = ()
    enlaces: Mapping[str, str]
    repetido: bool = False
    """True when an earlier request with the same key had made it."""


class NotAuthorized(PostaError):
    """The terminal key is not known, or was revoked."""


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
        """`intentos`: requests for one sale at most; `timeout`: seconds for each."""
        self._intentos = intentos
        self._sleep = sleep
        self._http = httpx.AsyncClient(
            base_url=url,
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

    async def emit(self, documento: Mapping[str, Any] | bytes, clave: str) -> DocumentoEmitido:
        """The document of this sale (DTE-shaped, a mapping or JSON bytes), made by this request or an earlier one.

        Waits and sends again with the same key while there is no answer or the emitter asks for patience. Invalid with
        each fault of the sale, Conflict when the key stands for another sale, NotAuthorized, and Unavailable when the
        attempts are spent: then nobody knows, and the till keeps the sale and its key for later.
        """
        cuerpo = documento if isinstance(documento, bytes) else json.dumps(documento, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": clave}
        espera = _ESPERA_PRIMERA
        motivo = ""
        for intento in range(self._intentos):
            if intento:
                await self._sleep(espera)
                espera = min(2 * espera, _ESPERA_MAX)
            try:
                response = await self._http.post("/v1/dte", content=cuerpo, headers=headers)
            except httpx.TransportError as error:
                motivo = repr(error)
                continue
            if response.status_code not in _RETRYABLE:
                return _read(response)
            motivo = _detail(response)
            espera = max(espera, _retry_after(response)) * random.uniform(1.0, 1.25)  # noqa: S311  jitter
        raise Unavailable("El emisor", f"{motivo} ({self._intentos} intentos)")


async def emit_file(url: str, terminal_key: str, archivo: bytes, clave: str | None = None) -> dict[str, Any]:
    """Issue the document of one file, as `PosClient.emit` does; gives the answer as plain JSON.

    Without a key, the content is the key: the same file sent twice is one document.
    """
    async with PosClient(url, terminal_key) as pos:
        documento = await pos.emit(archivo, clave or f"archivo-{hashlib.sha256(archivo).hexdigest()}")
    return documento.model_dump(mode="json")


def _read(response: httpx.Response) -> DocumentoEmitido:
    """The document in an answer, or the exception that it stands for."""
    match response.status_code:
        case 200 | 201:
            repetido = response.headers.get("idempotency-replayed") == "true"
            return DocumentoEmitido.model_validate({**response.json(), "repetido": repetido})
        case 401 | 403:
            raise NotAuthorized(_detail(response))
        case 409:
            raise Conflict(_detail(response))
        case status if status < 500:
            raise Invalid(*_fallas(response))
        case _:
            raise Unavailable("El emisor", _detail(response))


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        return TypeAdapter(dict[str, Any]).validate_json(response.content)
    except ValidationError:  # a proxy's page
        return {}


def _detail(response: httpx.Response) -> str:
    return str(_problem(response).get("detail") or f"HTTP {response.status_code}")


def _fallas(response: httpx.Response) -> list[Falla]:
    problem = _problem(response)
    fallas = [Falla(falla["ruta"], falla["codigo"], falla["mensaje"]) for falla in problem.get("errores", [])]
    return fallas or [Falla("", str(problem.get("type", "")), _detail(response))]


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the emitter asks us to wait; a date or nonsense counts as none."""
    value = response.headers.get("retry-after", "")
    return min(float(value), _ESPERA_MAX) if value.isdecimal() else 0.0
