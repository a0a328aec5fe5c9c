"""What the emitter answers, as a till sees it: a document, or an exception that says what to do. No network here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from shared.errors import Conflict, Falla, Invalid, PostaError, Unavailable

ESPERA_MAX = 30.0
"""Seconds that a client waits at most between two attempts."""
RETRYABLE = frozenset({429, 502, 503, 504})
_SIN_FOLIOS = "urn:posta:problema:sin-folios"


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


class SinFolios(Unavailable):
    """The company has no folios left for this type of document: the sale waits until somebody imports a CAF."""

    def __init__(self, detalle: str) -> None:
        super().__init__("El emisor", detalle)
        self.args = (detalle,)  # it does answer


class SinRespuesta(Unavailable):
    """The attempts are spent and nobody knows: the same sale is sent again later, with the same key."""


@dataclass(frozen=True, slots=True)
class Resultado:
    """What came of one sale of many: its document, or why there is none."""

    clave: str
    documento: DocumentoEmitido | None = None
    error: PostaError | None = None


def read_documento(status: int, campos: Mapping[str, Any]) -> DocumentoEmitido:
    """The document in an answer; 200 means that it was there already."""
    return DocumentoEmitido.model_validate({**campos, "repetido": status == 200})


def read_error(status: int, problema: Mapping[str, Any]) -> PostaError:
    """The exception that a refusal stands for."""
    detail = str(problema.get("detail") or f"HTTP {status}")
    match status:
        case 401 | 403:
            return NotAuthorized(detail)
        case 409:
            return Conflict(detail)
        case _ if status < 500 and status != 429:
            return Invalid(*_fallas(problema, detail))
        case _ if problema.get("type") == _SIN_FOLIOS:
            return SinFolios(detail)
        case _:
            return Unavailable("El emisor", detail)


def read_problema(response: httpx.Response) -> dict[str, Any]:
    """The problem document in an answer; empty if it is something else."""
    try:
        return TypeAdapter(dict[str, Any]).validate_json(response.content)
    except ValidationError:  # a proxy's page
        return {}


def read_espera(response: httpx.Response) -> float:
    """Seconds that the emitter asks us to wait; a date or nonsense counts as none."""
    value = response.headers.get("retry-after", "")
    return min(float(value), ESPERA_MAX) if value.isdecimal() else 0.0


def _fallas(problema: Mapping[str, Any], detail: str) -> list[Falla]:
    fallas = [Falla(falla["ruta"], falla["codigo"], falla["mensaje"]) for falla in problema.get("errores", [])]
    return fallas or [Falla("", str(problema.get("type", "")), detail)]
