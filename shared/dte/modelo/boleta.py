"""`Documento` of EnvioBOLETA_v11.xsd: the boleta. Its names and lengths differ from the factura's in small ways."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field

from shared.dte.modelo.campos import (
    Ciudad,
    Clave,
    Comuna,
    Correo,
    Dec12_6,
    Dec16_2,
    DineroPorcentaje,
    Entero,
    Fecha,
    FechaHora,
    FolioDte,
    Fono,
    Monto,
    Numero6,
    Numero9,
    Opcion,
    Pct100,
    Precio,
    Rango,
    RazonSocial,
    Rut,
    Texto,
    Varios,
)
from shared.dte.modelo.montos import TotalesBoleta
from shared.dte.modelo.nodo import Nodo
from shared.dte.modelo.partes import CodigoItem, GeoReferencia
from shared.dte.rut import RUT_CONSUMIDOR_FINAL
from shared.dte.tipos import TipoDte

Hasta20 = Annotated[int, Rango(1, 20)]
Hasta40 = Annotated[int, Rango(1, 40)]
Hasta1000 = Annotated[int, Rango(1, 1000)]


class IdDocBoleta(Nodo):
    """Identification of the document."""

    TipoDTE: Annotated[TipoDte, Opcion(39, 41)] = Field(description="39 boleta, 41 boleta exenta")
    Folio: FolioDte | None = Field(None, description="Folio; lo asigna Posta")
    FchEmis: Fecha | None = Field(None, description="Fecha de emisión; si falta, hoy")
    IndServicio: Annotated[Entero, Opcion(1, 2, 3, 4)] = Field(
        3, description="1 servicio periódico, 2 periódico domiciliario, 3 venta o servicio, 4 espectáculo de terceros"
    )
    IndMntNeto: Annotated[Entero, Opcion(2)] | None = Field(None, description="2: los montos de las líneas son netos")
    PeriodoDesde: Fecha | None = Field(None, description="Período, desde")
    PeriodoHasta: Fecha | None = Field(None, description="Período, hasta")
    FchVenc: Fecha | None = Field(None, description="Fecha de vencimiento del pago")
    MedioPago: Annotated[Entero, Opcion(1, 2, 3, 4, 5)] | None = Field(
        None, description="1 efectivo, 2 pago electrónico, 3 transferencia, 4 cheque, 5 otro"
    )


class EmisorBoleta(Nodo):
    """The company that sells; whatever is left out is filled in from its record."""

    RUTEmisor: Rut | None = Field(None, description="RUT de la empresa que emite")
    RznSocEmisor: RazonSocial | None = Field(None, description="Razón social")
    GiroEmisor: Annotated[str, Texto(80)] | None = Field(None, description="Giro")
    CdgSIISucur: Numero9 | None = Field(None, description="Código de la sucursal en el SII")
    DirOrigen: Annotated[str, Texto(70)] | None = Field(None, description="Dirección")
    CmnaOrigen: Comuna | None = Field(None, description="Comuna")
    CiudadOrigen: Ciudad | None = Field(None, description="Ciudad")


class ReceptorBoleta(Nodo):
    """The buyer, who is mostly not known."""

    RUTRecep: Rut = Field(RUT_CONSUMIDOR_FINAL, description="RUT del receptor; si falta, 66666666-6")
    CdgIntRecep: Annotated[str, Clave(20)] | None = Field(None, description="Código interno del receptor")
    RznSocRecep: RazonSocial | None = Field(None, description="Nombre del receptor")
    Contacto: Annotated[str, Texto(80)] | None = Field(None, description="Contacto")
    CorreoRecep: Correo | None = Field(None, description="Correo del receptor")
    TelefonoRecep: Fono | None = Field(None, description="Teléfono del receptor")
    DirRecep: Annotated[str, Texto(70)] | None = Field(None, description="Dirección del receptor")
    CmnaRecep: Comuna | None = Field(None, description="Comuna del receptor")
    CiudadRecep: Ciudad | None = Field(None, description="Ciudad del receptor")
    DirPostal: Annotated[str, Texto(70)] | None = Field(None, description="Dirección postal")
    CmnaPostal: Comuna | None = Field(None, description="Comuna postal")
    CiudadPostal: Ciudad | None = Field(None, description="Ciudad postal")


class EncabezadoBoleta(Nodo):
    """Everything that is said once."""

    IdDoc: IdDocBoleta = Field(description="Identificación del documento")
    Emisor: EmisorBoleta | None = Field(None, description="Quien vende; si falta, la empresa del terminal")
    Receptor: ReceptorBoleta = Field(ReceptorBoleta(), description="Quien compra; si falta, consumidor final")
    RUTProvSW: Rut | None = Field(None, description="RUT del proveedor del software")
    Totales: TotalesBoleta | None = Field(None, description="Totales; si faltan, se calculan")


class EntradaEspectaculo(Nodo):
    """A ticket to a show."""

    FolioTicket: Numero6 = Field(description="Número de la entrada")
    FchGenera: FechaHora = Field(description="Fecha y hora en que se generó")
    NmbEvento: Annotated[str, Texto(80)] = Field(description="Espectáculo")
    TpoTicket: Annotated[str, Texto(10)] = Field(description="Tipo de entrada: adulto, niño…")
    CdgEvento: Annotated[str, Clave(5)] = Field(description="Código del espectáculo")
    FchEvento: FechaHora = Field(description="Fecha y hora del espectáculo")
    LugarEvento: Annotated[str, Texto(80)] = Field(description="Lugar")
    UbicEvento: Annotated[str, Texto(20)] = Field(description="Sector")
    FilaUbicEvento: Annotated[str, Clave(3)] | None = Field(None, description="Fila")
    AsntoUbicEvento: Annotated[str, Clave(3)] | None = Field(None, description="Asiento")


def _two_digits(valor: object) -> object:
    return str(valor).zfill(2) if isinstance(valor, int | str) else valor


class DetalleBoleta(Nodo):
    """One line. Its amounts include IVA unless `IndMntNeto` is 2."""

    PARRAFOS: ClassVar[frozenset[str]] = frozenset({"DscItem"})

    NroLinDet: Hasta1000 | None = Field(None, description="Número de línea; si falta, su orden")
    CdgItem: Varios[CodigoItem] = Field((), max_length=5, description="Códigos del ítem")
    IndExe: Annotated[Entero, Opcion(1, 2, 6)] | None = Field(
        None, description="1 exento, 2 no facturable, 6 no facturable negativo"
    )
    ItemEspectaculo: Annotated[str, BeforeValidator(_two_digits), Opcion("01", "02")] | None = Field(
        None, description="01 entrada, 02 valor del servicio"
    )
    RUTMandante: Rut | None = Field(None, description="RUT por cuenta de quien se vende")
    NmbItem: Annotated[str, Texto(80)] = Field(description="Nombre del ítem")
    InfoTicket: EntradaEspectaculo | None = Field(None, description="Datos de la entrada")
    DscItem: Annotated[str, Texto(1000)] | None = Field(None, description="Descripción")
    QtyItem: Dec12_6 | None = Field(None, description="Cantidad; con precio y sin cantidad se entiende 1")
    UnmdItem: Annotated[str, Texto(4)] | None = Field(None, description="Unidad de medida")
    PrcItem: Precio | None = Field(None, description="Precio unitario, en pesos")
    DescuentoPct: Pct100 | None = Field(None, description="Descuento, en %")
    DescuentoMonto: Monto | None = Field(None, description="Descuento, en pesos")
    RecargoPct: Pct100 | None = Field(None, description="Recargo, en %")
    RecargoMonto: Monto | None = Field(None, description="Recargo, en pesos")
    MontoItem: Monto | None = Field(None, description="Monto de la línea; si falta, se calcula")


class SubtotalBoleta(Nodo):
    """A subtotal for the reader; it enters no sum."""

    NroSTI: Hasta20 | None = Field(None, description="Número del subtotal; si falta, su orden")
    GlosaSTI: Annotated[str, Texto(80)] | None = Field(None, description="Glosa")
    OrdenSTI: Annotated[int, Rango(1, 99)] | None = Field(None, description="Orden de impresión")
    SubTotNetoSTI: Dec16_2 | None = Field(None, description="Neto")
    SubTotIVASTI: Dec16_2 | None = Field(None, description="IVA")
    SubTotAdicSTI: Dec16_2 | None = Field(None, description="Impuestos adicionales")
    SubTotExeSTI: Dec16_2 | None = Field(None, description="Exento")
    ValSubtotSTI: Dec16_2 | None = Field(None, description="Subtotal")
    LineasDeta: Varios[Hasta1000] = Field((), max_length=1000, description="Líneas que suma")


class DescuentoGlobalBoleta(Nodo):
    """A discount or surcharge on a whole group of lines."""

    NroLinDR: Hasta20 | None = Field(None, description="Número; si falta, su orden")
    TpoMov: Annotated[str, Opcion("D", "R")] = Field(description="D descuento, R recargo")
    GlosaDR: Annotated[str, Texto(45)] | None = Field(None, description="Glosa")
    TpoValor: DineroPorcentaje = Field(description="% o $")
    ValorDR: Dec16_2 = Field(description="Valor")
    IndExeDR: Annotated[Entero, Opcion(1, 2)] | None = Field(
        None, description="Grupo: 1 exento, 2 no facturable; sin él, lo afecto"
    )


class ReferenciaBoleta(Nodo):
    """Another document, case or point of sale that the boleta refers to."""

    NroLinRef: Hasta40 | None = Field(None, description="Número; si falta, su orden")
    TpoDocRef: Annotated[str, Clave(3)] | None = Field(None, description="Tipo del documento referido")
    FolioRef: Annotated[str, Clave(18)] | None = Field(None, description="Folio del documento referido")
    CodRef: Annotated[str, Clave(18)] | None = Field(None, description="Código de la referencia")
    RazonRef: Annotated[str, Texto(90)] | None = Field(None, description="Razón")
    CodVndor: Annotated[str, Clave(8)] | None = Field(None, description="Código del vendedor")
    CodCaja: Annotated[str, Clave(8)] | None = Field(None, description="Código de la caja")


class Boleta(Nodo):
    """A boleta (39) or exempt boleta (41), as sold or complete.

    Fields that can be derived may be missing until `complete_venta`.
    """

    CUERPO: ClassVar[str] = "Documento"
    """Name of the element."""

    Encabezado: EncabezadoBoleta = Field(description="Encabezado")
    Detalle: Varios[DetalleBoleta] = Field(max_length=1000, description="Líneas")
    SubTotInfo: Varios[SubtotalBoleta] = Field((), max_length=20, description="Subtotales informativos")
    DscRcgGlobal: Varios[DescuentoGlobalBoleta] = Field((), max_length=20, description="Descuentos y recargos globales")
    Referencia: Varios[ReferenciaBoleta] = Field((), max_length=40, description="Referencias")
    GeoRefEmision: GeoReferencia | None = Field(None, description="Lugar de emisión")
