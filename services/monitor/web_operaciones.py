"""What waits for a person, and replays of it, over HTTP: the same use cases as `posta dlq`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.replay import RITMO, RITMO_MAX, Causa, Expediente, Informe, Pedido, Replay
from shared.adapters.mongo.operaciones import Operacion
from shared.adapters.mongo.parados import FiltroParados
from shared.dte.tipos import Canal, TipoDte

OperacionId = Annotated[str, Path(max_length=40, description="Identidad de la operación")]


class Filtro(BaseModel):
    """Qué documentos, de los que esperan a una persona."""

    model_config = ConfigDict(extra="forbid")

    causa: str | None = Field(default=None, max_length=40)
    emisor: str | None = Field(default=None, max_length=12)
    tipo: TipoDte | None = None
    canal: Canal | None = None
    desde: datetime | None = Field(default=None, description="Los que esperan desde este momento o después")
    hasta: datetime | None = Field(default=None, description="Los que esperan desde antes de este momento")


class Reenvio(Filtro):
    """Qué se reenvía y cómo."""

    ids: list[str] | None = Field(default=None, min_length=1, max_length=10_000)
    todo: bool = Field(default=False, description="Todo lo que espera: si no hay ids ni filtro")
    ritmo: float = Field(default=RITMO, gt=0, le=RITMO_MAX, description="Documentos por segundo")
    canario: bool = Field(default=True, description="Primero uno, después diez; se detiene si la causa vuelve")
    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")


class Detencion(BaseModel):
    """Por qué se detiene."""

    motivo: str = Field(default="", max_length=200, description="Queda en la auditoría")


def create_operaciones_router(replay: Replay) -> APIRouter:
    """The routes."""
    api = APIRouter(tags=["Reenvíos"], route_class=Ruta)

    @api.get("/api/dlq", summary="Lo que espera a una persona, por causa")
    @exige(Permiso.VER)
    async def causas(filtro: Annotated[Filtro, Query()]) -> list[Causa]:
        """La causa, cuántos documentos, desde cuándo, cuándo se reenvió por última vez y qué hacer."""
        return await replay.list_causas(_to_filtro(filtro, None))

    @api.get("/api/dlq/{documento}", summary="Por qué espera un documento")
    @exige(Permiso.VER)
    async def expediente(documento: Annotated[str, Path(max_length=40)]) -> Expediente:
        """El documento, su historia, lo que el SII respondió a su último sobre, y qué hacer."""
        return await replay.show(documento)

    @api.post("/api/operaciones", summary="Reenviar", status_code=201)
    @exige(Permiso.REENVIAR)
    async def start(pedido: Reenvio, actor: Quien) -> Operacion:
        """Fija el conjunto en este momento y lo reenvía por etapas: uno, diez y el resto al ritmo pedido."""
        asked = Pedido(_to_filtro(pedido, pedido.ids), todo=pedido.todo, ritmo=pedido.ritmo, canario=pedido.canario)
        return await replay.start(asked, quien=actor.quien, motivo=pedido.motivo)

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

    return api


def _to_filtro(filtro: Filtro, ids: list[str] | None) -> FiltroParados:
    fields = {name: getattr(filtro, name) for name in Filtro.model_fields}
    return FiltroParados(**fields, ids=ids)
