"""`Documento` of DTE_v10.xsd: the factura and every other document of the same body."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.dte.modelo.campos import (
    Clave,
    Dec14_4,
    Dec16_2,
    DineroPorcentaje,
    Entero,
    Fecha,
    Monto,
    Numero6,
    Opcion,
    Pct,
    Positivo,
    Rango,
    Rut,
    Texto,
    Varios,
)
from shared.dte.modelo.detalle import DetalleFactura
from shared.dte.modelo.encabezado import EmisorFactura, IdDocFactura, ReceptorFactura
from shared.dte.modelo.montos import TotalesFactura, TotalesOtraMoneda
from shared.dte.modelo.nodo import Nodo
from shared.dte.modelo.partes import GeoReferencia
from shared.dte.modelo.transporte import DatosTransporte

NumeroLinea = Annotated[int, Rango(1, 99)]


class EncabezadoFactura(Nodo):
    """Everything that is said once."""

    IdDoc: IdDocFactura = Field(description="Identificación del documento")
    Emisor: EmisorFactura | None = Field(None, description="Quien vende; si falta, la empresa del terminal")
    RUTMandante: Rut | None = Field(None, description="RUT por cuenta de quien se emite")
    Receptor: ReceptorFactura = Field(description="Quien compra")
    RUTSolicita: Rut | None = Field(None, description="RUT de quien pide el documento")
    Transporte: DatosTransporte | None = Field(None, description="Transporte")
    Totales: TotalesFactura | None = Field(None, description="Totales; si faltan, se calculan")
    OtraMoneda: TotalesOtraMoneda | None = Field(None, description="Totales en otra moneda")


class SubtotalFactura(Nodo):
    """A subtotal for the reader; it enters no sum."""

    NroSTI: NumeroLinea | None = Field(None, description="Número del subtotal; si falta, su orden")
    GlosaSTI: Annotated[str, Texto(40)] = Field(description="Glosa")
    OrdenSTI: NumeroLinea | None = Field(None, description="Orden de impresión")
    SubTotNetoSTI: Dec16_2 | None = Field(None, description="Neto")
    SubTotIVASTI: Dec16_2 | None = Field(None, description="IVA")
    SubTotAdicSTI: Dec16_2 | None = Field(None, description="Impuestos adicionales")
    SubTotExeSTI: Dec16_2 | None = Field(None, description="Exento")
    ValSubtotSTI: Dec16_2 | None = Field(None, description="Subtotal")
    LineasDeta: Varios[Positivo] = Field((), max_length=60, description="Líneas que suma")


class DescuentoGlobalFactura(Nodo):
    """A discount or surcharge on a whole group of lines."""

    NroLinDR: Positivo | None = Field(None, description="Número; si falta, su orden")
    TpoMov: Annotated[str, Opcion("D", "R")] = Field(description="D descuento, R recargo")
    GlosaDR: Annotated[str, Texto(45)] | None = Field(None, description="Glosa")
    TpoValor: DineroPorcentaje = Field(description="% o $")
    ValorDR: Dec16_2 = Field(description="Valor")
    ValorDROtrMnda: Dec14_4 | None = Field(None, description="Valor en otra moneda")
    IndExeDR: Annotated[Entero, Opcion(1, 2)] | None = Field(
        None, description="Grupo: 1 exento, 2 no facturable; sin él, lo afecto"
    )


class ReferenciaFactura(Nodo):
    """Another document that this one refers to."""

    NroLinRef: NumeroLinea | None = Field(None, description="Número; si falta, su orden")
    TpoDocRef: Annotated[str, Clave(3)] = Field(description="Tipo del documento referido (33, 52, 801, HES…)")
    IndGlobal: Annotated[Entero, Opcion(1)] | None = Field(
        None, description="1: se refiere a un conjunto de documentos"
    )
    FolioRef: Annotated[str, Clave(18)] = Field(description="Folio del documento referido")
    RUTOtr: Rut | None = Field(None, description="RUT de otro contribuyente que lo emitió")
    FchRef: Fecha | None = Field(None, description="Fecha del documento referido; si falta, la de emisión")
    CodRef: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="1 anula, 2 corrige texto, 3 corrige montos"
    )
    RazonRef: Annotated[str, Texto(90)] | None = Field(None, description="Razón")


class MaderaManejo(Nodo):
    """Origin and destination of timber."""

    ComunaRolOrigen: Numero6 = Field(description="Comuna del rol de origen")
    MnzRolOrigen: Numero6 = Field(description="Manzana del rol de origen")
    PrdRolOrigen: Numero6 = Field(description="Predio del rol de origen")
    ComunaRolDestino: Numero6 | None = Field(None, description="Comuna del rol de destino")
    MnzRolDestino: Numero6 | None = Field(None, description="Manzana del rol de destino")
    PrdRolDestino: Numero6 | None = Field(None, description="Predio del rol de destino")
    CodPlanConaf: Annotated[str, Clave(40)] = Field(description="Plan de manejo de Conaf")
    AvisoEjecucionFaena: Annotated[str, Clave(40)] | None = Field(None, description="Aviso de ejecución de faena")
    LatitudOrigenMadera: Annotated[str, Clave(30)] = Field(description="Latitud de origen")
    LongitudOrigenMadera: Annotated[str, Clave(30)] = Field(description="Longitud de origen")
    LatitudDestinoMadera: Annotated[str, Clave(30)] | None = Field(None, description="Latitud de destino")
    LongitudDestinoMadera: Annotated[str, Clave(30)] | None = Field(None, description="Longitud de destino")
    SistemareferenciaMadera: Annotated[int, Rango(1, 9)] = Field(description="Sistema de referencia")


class LineaComision(Nodo):
    """A commission or other charge."""

    NroLinCom: Annotated[int, Rango(1, 20)] | None = Field(None, description="Número; si falta, su orden")
    TipoMovim: Annotated[str, Opcion("C", "O")] = Field(description="C comisión, O otro cargo")
    Glosa: Annotated[str, Texto(60)] = Field(description="Glosa")
    TasaComision: Pct | None = Field(None, description="Tasa, en %")
    ValComNeto: Monto = Field(description="Neto")
    ValComExe: Monto = Field(description="Exento")
    ValComIVA: Monto | None = Field(None, description="IVA")


class Factura(Nodo):
    """A factura (33, 34), factura de compra (46), guía (52), nota de débito (56) or nota de crédito (61).

    As sold or complete: fields that can be derived may be missing until `complete_venta`.
    """

    CUERPO: ClassVar[str] = "Documento"
    """Name of the element."""

    Encabezado: EncabezadoFactura = Field(description="Encabezado")
    Detalle: Varios[DetalleFactura] = Field(max_length=60, description="Líneas")
    SubTotInfo: Varios[SubtotalFactura] = Field((), max_length=20, description="Subtotales informativos")
    DscRcgGlobal: Varios[DescuentoGlobalFactura] = Field(
        (), max_length=20, description="Descuentos y recargos globales"
    )
    Referencia: Varios[ReferenciaFactura] = Field((), max_length=40, description="Documentos referidos")
    GeoRefEmision: GeoReferencia | None = Field(None, description="Lugar de emisión")
    ManejoMadera: MaderaManejo | None = Field(None, description="Manejo de la madera")
    Comisiones: Varios[LineaComision] = Field((), max_length=20, description="Comisiones y otros cargos")
