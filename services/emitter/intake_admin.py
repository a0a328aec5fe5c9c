"""Administration of folios over HTTP, for whoever has the installation's token: CAFs in, and how the stock stands."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request

from services.emitter.answers import Answer, Problema, ProblemError
from shared.administracion.rangos import Alcance, Rango, describe_alcance, describe_rango
from shared.dte.caf import LIMITE_CAF
from shared.errors import Conflict, Invalid

if TYPE_CHECKING:
    from shared.administracion.cafs import CafAdmin

_XML = {"application/xml": {"schema": {"type": "string", "format": "binary"}}}
_ADMIN: dict[str, Any] = {"security": [{"administracion": []}]}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problema, "description": "Falta el token de administración, o es otro"},
    403: {"model": Problema, "description": "Esta instalación no se administra por HTTP"},
    503: {"model": Problema, "description": "No disponible por ahora: repita después de `Retry-After`"},
}
_IMPORT_PROBLEMS: dict[int | str, dict[str, Any]] = {
    **_PROBLEMS,
    400: {"model": Problema, "description": "Parámetros inválidos"},
    409: {"model": Problema, "description": "Esos folios, o algunos, ya están importados"},
    413: {"model": Problema, "description": f"El archivo pasa de {LIMITE_CAF:,} bytes".replace(",", ".")},
    422: {"model": Problema, "description": "El CAF no se puede usar: el motivo está en `detail`"},
}


class Folios(Answer):
    """Los rangos y lo que queda de ellos."""

    rangos: tuple[Rango, ...]
    existencias: tuple[Alcance, ...]


class FolioRoutes:
    """The endpoints. Everybody else's key, a till's too, is worth nothing here."""

    def __init__(self, cafs: CafAdmin, token: str | None) -> None:
        self._cafs = cafs
        self._token = token

    async def import_caf(
        self,
        request: Request,
        tienda: Annotated[str | None, Query(max_length=40, description="Sólo para esta tienda")] = None,
        terminal: Annotated[str | None, Query(max_length=24, description="Sólo para este terminal")] = None,
    ) -> Rango:
        """Importa un archivo CAF, tal como lo entrega el SII."""
        self._authorize(request)
        archivo = await _read_archivo(request)
        try:
            return describe_rango(await self._cafs.import_caf(archivo, tienda=tienda, terminal=terminal))
        except Invalid as error:
            detail = "; ".join(falla.mensaje for falla in error.fallas)
            raise ProblemError(422, "caf-invalido", "El CAF no se puede usar", detail) from error
        except Conflict as error:
            raise ProblemError(409, "caf-repetido", "Los folios ya están importados", str(error)) from error

    async def list_folios(self, request: Request) -> Folios:
        """Los rangos importados y para cuánto alcanzan."""
        self._authorize(request)
        return Folios(
            rangos=tuple(describe_rango(caf) for caf in await self._cafs.list_cafs()),
            existencias=tuple(describe_alcance(existencia) for existencia in await self._cafs.list_existencias()),
        )

    def _authorize(self, request: Request) -> None:
        """Nothing, for the token of this installation; 401 for another, 403 where there is none."""
        if self._token is None:
            detail = "ponga un token en un archivo y su ruta en POSTA_ADMIN_TOKEN_FILE, o use la línea de comandos"
            raise ProblemError(403, "administracion-cerrada", "No se administra por HTTP", detail)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token.encode()):
            detail = "envíe el token de administración como «Authorization: Bearer TOKEN»"
            raise ProblemError(401, "no-autorizado", "Falta el token de administración", detail)


def create_folio_router(cafs: CafAdmin, token: str | None) -> APIRouter:
    """The routes under `/v1/caf`."""
    routes, router = FolioRoutes(cafs, token), APIRouter(prefix="/v1/caf")
    router.add_api_route(
        "",
        routes.import_caf,
        methods=["POST"],
        status_code=201,
        summary="Importar un CAF",
        responses=_IMPORT_PROBLEMS,
        openapi_extra={**_ADMIN, "requestBody": {"required": True, "content": _XML}},
    )
    router.add_api_route("", routes.list_folios, summary="Ver los folios", responses=_PROBLEMS, openapi_extra=_ADMIN)
    return router


async def _read_archivo(request: Request) -> bytes:
    archivo = bytearray()
    async for chunk in request.stream():
        archivo += chunk
        if len(archivo) > LIMITE_CAF:
            raise ProblemError(413, "muy-grande", "El archivo es muy grande", f"un CAF no pasa de {LIMITE_CAF} bytes")
    return bytes(archivo)
