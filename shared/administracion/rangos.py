"""What is told of ranges of folios and of their stock, by whichever service is asked. Never the CAF's file."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from shared.dte.existencias import Existencia, Nivel
from shared.dte.tipos import TipoDte

if TYPE_CHECKING:
    from shared.adapters.mongo.folio_records import CafGuardado


class Rango(BaseModel):
    """Un rango de folios autorizados."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=["76192083-9-39-1"])
    emisor: str
    tipo: TipoDte
    desde: int
    hasta: int
    tienda: str | None = Field(description="La única tienda que usa estos folios")
    terminal: str | None = Field(description="El único terminal que usa estos folios")
    fecha: date = Field(description="Fecha de autorización (FA)")
    vence: date | None = Field(description="Último día en que se puede usar; nulo si no vence")
    disponibles: int
    reservados: int = Field(description="En manos de ventas en curso")
    usados: int
    anulados: int


class Alcance(BaseModel):
    """Cuántos folios hay para un tipo de documento de una empresa, tienda o terminal, y para cuántos días."""

    model_config = ConfigDict(frozen=True)

    emisor: str
    tipo: TipoDte
    tienda: str | None = Field(description="La única tienda que los usa")
    terminal: str | None = Field(description="El único terminal que los usa")
    disponibles: int
    por_dia: float = Field(description="Folios usados por día en la última semana")
    dias: float | None = Field(description="Días para los que alcanzan a ese ritmo; nulo si no se acaban")
    nivel: Nivel


def describe_rango(caf: CafGuardado) -> Rango:
    return Rango(
        id=caf.id,
        emisor=caf.emisor,
        tipo=caf.tipo,
        desde=caf.desde,
        hasta=caf.hasta,
        tienda=caf.destino.tienda,
        terminal=caf.destino.terminal,
        fecha=caf.fecha,
        vence=caf.vence,
        disponibles=caf.disponibles,
        reservados=caf.reservados,
        usados=caf.usados,
        anulados=sum(tramo.cuantos for tramo in caf.anulados),
    )


def describe_alcance(existencia: Existencia) -> Alcance:
    destino = existencia.destino
    return Alcance(
        emisor=destino.emisor,
        tipo=destino.tipo,
        tienda=destino.tienda,
        terminal=destino.terminal,
        disponibles=existencia.disponibles,
        por_dia=existencia.por_dia,
        dias=existencia.dias,
        nivel=existencia.nivel,
    )
