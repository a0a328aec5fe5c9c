"""The sandbox's own addresses: health, metrics, scenario, register, reports. The real SII has none of them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.sandbox.app import Sii
from services.sandbox.fallas import explain
from services.sandbox.informes import build_resumen, list_documentos
from services.sandbox.registro import Registro
from services.sandbox.scenarios import Escenario
from shared.metrics import CONTENT_TYPE, render

EstadoDocumento = Literal["aceptado", "reparo", "rechazado", "en_proceso"]


def add_admin(app: FastAPI, sii: Sii) -> None:
    """Add them to the application."""
    app.add_exception_handler(RequestValidationError, _answer_invalid)

    @app.get("/health/live")
    async def live() -> dict[str, str]:
        return {"estado": "vivo"}

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(render(), headers={"Content-Type": CONTENT_TYPE})

    @app.get("/sandbox/escenario")
    async def escenario() -> Escenario:
        return sii.escena.escenario

    @app.put("/sandbox/escenario")
    async def play(escenario: Escenario) -> Escenario:
        await sii.play(escenario)
        return escenario

    @app.get("/sandbox/registro")
    async def registro() -> Registro:
        return sii.registro

    @app.put("/sandbox/registro")
    async def register(registro: Registro) -> Registro:
        await sii.register(registro)
        return registro

    _add_informes(app, sii)


def _add_informes(app: FastAPI, sii: Sii) -> None:
    @app.get("/sandbox/resumen")
    async def resumen() -> dict[str, Any]:
        sumas = await sii.work(build_resumen, sii.store, sii.clock())
        averias = enumerate(sii.escena.escenario.averias)
        ocurridas = [{"clase": averia.clase, "veces": sii.escena.ocurridas[fila]} for fila, averia in averias]
        return {**sumas, "averias_ocurridas": ocurridas}

    @app.get("/sandbox/correos")
    async def correos() -> list[dict[str, Any]]:
        return await sii.work(sii.buzon.describe)

    @app.get("/sandbox/documentos")
    async def documentos(
        estado: EstadoDocumento | None = None,
        emisor: str | None = None,
        tipo: int | None = None,
        folio: int | None = None,
    ) -> list[dict[str, Any]]:
        filtros: dict[str, object] = {"estado": estado, "emisor": emisor, "tipo": tipo, "folio": folio}
        return await sii.work(list_documentos, sii.store, sii.clock(), filtros)


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    """422 with one entry for each field that is wrong."""
    fallas = error.errors() if isinstance(error, RequestValidationError) else ()
    errores = [
        {"ruta": ".".join(map(str, falla["loc"][1:])), "codigo": falla["type"], "mensaje": explain(falla)}
        for falla in fallas
    ]
    return JSONResponse({"mensaje": "datos no válidos: corrija los campos indicados", "errores": errores}, 422)
