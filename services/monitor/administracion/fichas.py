"""What the pages and the API show of companies. Never a secret: those stay encrypted where they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, assert_never

from pydantic import BaseModel, Field

from services.monitor.pausas import PausaVista
from shared.adapters.mongo.folio_records import CafGuardado
from shared.adapters.mongo.listado import UltimasVentas
from shared.administracion.rangos import Alcance, Rango, describe_alcance, describe_rango
from shared.clock import chile
from shared.dte.existencias import Existencia
from shared.dte.tipos import Ambiente, Canal
from shared.messages import CorreoEmisor, EmisorGuardado, Proveedor, Resolucion, TerminalGuardado

AVISO_CERTIFICADO = timedelta(days=30)
"""From when on a certificate's end is near, as the emitter's log has it."""


class Vigencia(StrEnum):
    """How a certificate or a range stands in time."""

    FALTA = "falta"
    VIGENTE = "vigente"
    POR_VENCER = "por_vencer"
    VENCIDO = "vencido"


class Certificado(BaseModel):
    """Con qué firma la empresa."""

    estado: Vigencia
    vence: datetime | None = None
    titular: str | None = Field(None, description="Quien firma, como lo nombra el certificado")
    rut: str | None = Field(None, description="Su RUT")


class EstadoRango(StrEnum):
    """What a range is good for."""

    EN_USO = "en_uso"
    AGOTADO = "agotado"
    VENCIDO = "vencido"


class RangoCaf(Rango):
    """Un CAF importado, sin su archivo."""

    estado: EstadoRango
    devueltos: int = Field(description="De los disponibles, los que se entregaron y volvieron: se usarán")


class Terminal(BaseModel):
    """Una caja. Su llave no se guarda."""

    id: str
    tienda: str
    caja: str
    revocado: bool
    por_segundo: float | None = Field(description="Ventas por segundo, si tiene un límite propio")
    ultima_venta: datetime | None = Field(description="Si está entre las últimas 1.000 ventas de la empresa")
    vendio_antes_de: datetime | None = Field(description="Si no está entre ellas y vendió: fue antes de este momento")


class Correo(BaseModel):
    """Cómo la empresa envía la copia a sus clientes."""

    activo: bool
    servidor: str
    puerto: int
    seguridad: str
    usuario: str | None
    remitente: str
    pdf: bool


class Empresa(BaseModel):
    """Una empresa en la lista."""

    rut: str
    razon_social: str
    ambiente: Ambiente
    proveedor: Proveedor
    resoluciones: dict[Canal, Resolucion]
    limite_por_minuto: int | None
    certificado: Certificado
    folios: list[Alcance]
    intercambio: bool = Field(description="Si sus clientes reciben copia por correo")


class Ficha(Empresa):
    """Una empresa con todo lo suyo."""

    datos: dict[str, Any]
    dtebox: str | None = Field(description="Dirección de su DTEBox")
    correo: Correo | None
    pausas: list[PausaVista] = Field(description="Por qué nada suyo va al SII: la empresa, o un canal que usa")
    rangos: list[RangoCaf]
    terminales: list[Terminal]


def canales_of(emisor: EmisorGuardado) -> tuple[Canal, ...]:
    """The doors that what it signs now goes through."""
    match emisor.proveedor:
        case Proveedor.DTEBOX:
            return (Canal.DTEBOX,)
        case Proveedor.SII:
            return tuple(emisor.resoluciones)
        case _ as never:
            assert_never(never)


def describe_certificado(emisor: EmisorGuardado, ahora: datetime) -> Certificado:
    """What is known of it without opening it."""
    if emisor.certificado is None:
        return Certificado(estado=Vigencia.FALTA)
    vence, estado = emisor.certificado_vence, Vigencia.VIGENTE
    if vence is not None and vence - ahora < AVISO_CERTIFICADO:
        estado = Vigencia.VENCIDO if vence < ahora else Vigencia.POR_VENCER
    return Certificado(estado=estado, vence=vence, titular=emisor.certificado_titular, rut=emisor.certificado_rut)


def judge_rango(caf: CafGuardado, ahora: datetime) -> RangoCaf:
    """The range as everybody tells it, and what it is good for at this moment."""
    expired = caf.vence is not None and caf.vence < chile(ahora).date()
    used_up = not caf.disponibles and not caf.reservados
    return RangoCaf(
        **dict(describe_rango(caf)),
        estado=EstadoRango.AGOTADO if used_up else EstadoRango.VENCIDO if expired else EstadoRango.EN_USO,
        devueltos=len(caf.libres),
    )


def describe_terminal(terminal: TerminalGuardado, ventas: UltimasVentas) -> Terminal:
    return Terminal(
        id=terminal.id,
        tienda=terminal.tienda,
        caja=terminal.caja,
        revocado=terminal.revocado,
        por_segundo=terminal.por_segundo,
        ultima_venta=ventas.en.get(terminal.id),
        vendio_antes_de=ventas.antes_de.get(terminal.id),
    )


def describe_correo(correo: CorreoEmisor) -> Correo:
    """Everything but the password."""
    return Correo(
        activo=correo.activo,
        servidor=correo.host,
        puerto=correo.puerto,
        seguridad=correo.seguridad,
        usuario=correo.usuario,
        remitente=correo.remitente,
        pdf=correo.pdf,
    )


def describe_empresa(
    emisor: EmisorGuardado,
    correo: CorreoEmisor | None,
    existencias: Sequence[Existencia],
    *,
    ambiente: Ambiente,
    ahora: datetime,
) -> Empresa:
    """`existencias` of any company: those of this one are picked out."""
    return Empresa(
        rut=emisor.rut,
        razon_social=emisor.datos["razon_social"],
        ambiente=ambiente,
        proveedor=emisor.proveedor,
        resoluciones=emisor.resoluciones,
        limite_por_minuto=emisor.limite_por_minuto,
        certificado=describe_certificado(emisor, ahora),
        folios=[describe_alcance(one) for one in existencias if one.destino.emisor == emisor.rut],
        intercambio=correo is not None and correo.activo,
    )
