"""What waits for a person, and replays of it, over HTTP: the same use cases as `posta dlq`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.pedidos import Filtro, Nota, Reenvio, Seleccion
from services.monitor.replay import Causa, Expediente, Informe, Previa, Replay
from shared.adapters.mongo.operaciones import Operacion
from shared.dte import causa

CausaNombrada = Annotated[causa.Causa, Path(description="Como sin_permiso")]
OperacionId = Annotated[str, Path(max_length=40, description="Identidad de la operación")]


class Detencion(BaseModel):
    """Por qué se detiene."""

    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")


def create_operaciones_router(replay: Replay) -> APIRouter:
    """The routes."""
    api = APIRouter(tags=["Reenvíos"], route_class=Ruta)
    _add_pendientes(api, replay)
    _add_operaciones(api, replay)
    return api


def _add_pendientes(api: APIRouter, replay: Replay) -> None:

    @api.get("/api/dlq", summary="Lo que espera a una persona, por causa")
    @exige(Permiso.VER)
    async def causas(filtro: Annotated[Filtro, Query()]) -> list[Causa]:
        """La causa, cuántos documentos, desde cuándo, cuándo se reenvió por última vez y qué hacer."""
        return await replay.list_causas(filtro.filtro)

    @api.get("/api/dlq/previa", summary="Qué se reenviaría")
    @exige(Permiso.VER)
    async def previa(seleccion: Annotated[Seleccion, Query()]) -> Previa:
        """El conjunto en este momento. Pedido con su «hasta», un reenvío no toma ningún documento más que estos."""
        return await replay.preview(seleccion.pedido)

    @api.put("/api/dlq/notas/{causa}", summary="Anotar una causa", status_code=204)
    @exige(Permiso.REENVIAR)
    async def nota(causa: CausaNombrada, nota: Nota, actor: Quien) -> None:
        """Lo que el equipo sabe de ella, junto a su tarjeta; un texto vacío la borra."""
        await replay.write_nota(causa, nota.texto, quien=actor.quien)

    @api.get("/api/dlq/{documento}", summary="Por qué espera un documento")
    @exige(Permiso.VER)
    async def expediente(documento: Annotated[str, Path(max_length=40)]) -> Expediente:
        """El documento, su historia, lo que el SII respondió a su último sobre, y qué hacer."""
        return await replay.show(documento)


def _add_operaciones(api: APIRouter, replay: Replay) -> None:
    @api.post("/api/operaciones", summary="Reenviar", status_code=201)
    @exige(Permiso.REENVIAR)
    async def start(pedido: Reenvio, actor: Quien) -> Operacion:
        """Fija el conjunto en este momento y lo reenvía por etapas: uno, diez y el resto al ritmo pedido."""
        return await replay.start(pedido.pedido, quien=actor.quien, motivo=pedido.motivo)

    @api.get("/api/operaciones", summary="Los reenvíos, el último primero")
    @exige(Permiso.VER)
    async def operaciones() -> list[Operacion]:
        return await replay.list_operaciones()

    @api.get("/api/operaciones/{operacion}", summary="Qué fue de cada documento de un reenvío")
    @exige(Permiso.VER)
    async def informe(
        operacion: OperacionId,
        documentos: Annotated[int, Query(ge=0, le=10_000, description="Cuántos se muestran uno por uno")] = 1_000,
    ) -> Informe:
        return await replay.report(operacion, documentos=documentos)

    @api.post(
        "/api/operaciones/{operacion}/detener",
        summary="Detener un reenvío",
    )
    @exige(Permiso.REENVIAR)
    async def stop(operacion: OperacionId, pedido: Detencion, actor: Quien) -> Operacion:
        """No se envía nada más; lo que ya se envió sigue su curso, y el resto sigue esperando a una persona."""
        return await replay.stop(operacion, quien=actor.quien, motivo=pedido.motivo)
