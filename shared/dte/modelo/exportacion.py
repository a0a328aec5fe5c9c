"""`Exportaciones` of DTE_v10.xsd: sales abroad, in foreign currency with four decimals, without IVA."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.dte.modelo.campos import (
    Ciudad,
    Clave,
    Comuna,
    Dec6_4,
    Dec12_6,
    Dec14_4,
    Divisa,
    Entero,
    Fecha,
    FechaAntigua,
    FolioDte,
    Monto,
    Numero2,
    Numero9,
    Opcion,
    PctLinea,
    Precio,
    Rut,
    Texto,
    Varios,
)
from shared.dte.modelo.detalle import SubcantidadItem, SubDescuento, SubRecargoItem
from shared.dte.modelo.encabezado import (
    ContactoReceptor,
    EmpresaEmisora,
    IdentidadReceptor,
    PersonaExtranjera,
    TerminosPago,
)
from shared.dte.modelo.factura import DescuentoGlobalFactura, NumeroLinea, SubtotalFactura
from shared.dte.modelo.montos import ExportacionOtraMoneda, TotalesExportacion
from shared.dte.modelo.nodo import Nodo
from shared.dte.modelo.partes import CodigoItem
from shared.dte.modelo.transporte import TransporteExportacion
from shared.dte.tipos import TipoDte


class InicioIdDocExportacion(Nodo):
    """Identification of the document."""

    TipoDTE: Annotated[TipoDte, Opcion(110, 111, 112)] = Field(
        description="110 factura, 111 nota de débito, 112 nota de crédito"
    )
    Folio: FolioDte | None = Field(None, description="Folio; lo asigna Posta")
    FchEmis: Fecha | None = Field(None, description="Fecha de emisión; si falta, hoy")
    TipoDespacho: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Despacho: 1 por cuenta del receptor, 2 del emisor al cliente, 3 del emisor a otro lugar"
    )
    IndServicio: Annotated[Entero, Opcion(3, 4, 5, 6)] | None = Field(
        None,
        description="Servicio: 3 calificado por Aduanas, 4 hotelería, 5 transporte terrestre internacional, "
        "6 utilizado íntegramente en el extranjero",
    )
    FmaPago: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Forma de pago: 1 contado, 2 crédito, 3 sin costo"
    )
    FmaPagExp: Numero2 | None = Field(None, description="Forma de pago de exportación (tabla de Aduanas)")


class IdDocExportacion(TerminosPago, InicioIdDocExportacion):
    """Identification of the document and terms of payment."""


class EmisorExportacion(EmpresaEmisora):
    """The exporter; whatever is left out is filled in from its record."""

    Sucursal: Annotated[str, Texto(20)] | None = Field(None, description="Sucursal")
    CdgSIISucur: Numero9 | None = Field(None, description="Código de la sucursal en el SII")
    CodAdicSucur: Annotated[str, Clave(20)] | None = Field(None, description="Código adicional de la sucursal")
    DirOrigen: Annotated[str, Texto(70)] | None = Field(None, description="Dirección")
    CmnaOrigen: Comuna | None = Field(None, description="Comuna")
    CiudadOrigen: Ciudad | None = Field(None, description="Ciudad")
    CdgVendedor: Annotated[str, Texto(60)] | None = Field(None, description="Vendedor")
    IdAdicEmisor: Annotated[str, Clave(20)] | None = Field(None, description="Identificador adicional")


class ClienteExtranjero(PersonaExtranjera):
    """Who buys abroad."""

    IdAdicRecep: Annotated[str, Clave(20)] | None = Field(None, description="Identificador adicional")


class IdentidadExtranjera(IdentidadReceptor):
    """Who buys abroad: RUT 55555555-5."""

    Extranjero: ClienteExtranjero | None = Field(None, description="Identificación en su país")


class ReceptorExportacion(ContactoReceptor, IdentidadExtranjera):
    """The buyer abroad."""


class EncabezadoExportacion(Nodo):
    """Everything that is said once."""

    IdDoc: IdDocExportacion = Field(description="Identificación del documento")
    Emisor: EmisorExportacion | None = Field(None, description="Quien exporta; si falta, la empresa del terminal")
    Receptor: ReceptorExportacion = Field(description="Quien compra")
    Transporte: TransporteExportacion | None = Field(None, description="Transporte y Aduana")
    Totales: TotalesExportacion = Field(description="Moneda, y los totales si se informan")
    OtraMoneda: ExportacionOtraMoneda | None = Field(None, description="Los totales en pesos")


class SubcantidadExportacion(SubcantidadItem):
    """Part of the quantity, with the kind of its code."""

    TipCodSubQty: Annotated[str, Clave(10)] | None = Field(None, description="Tipo de código")


class PrecioEnOtraMoneda(Nodo):
    """The line in another currency."""

    PrcOtrMon: Dec14_4 = Field(description="Precio unitario")
    Moneda: Annotated[str, Clave(3)] = Field(description="Moneda (Banco Central)")
    FctConv: Dec6_4 | None = Field(None, description="Factor de conversión a pesos")
    DctoOtrMnda: Dec14_4 | None = Field(None, description="Descuento")
    RecargoOtrMnda: Dec14_4 | None = Field(None, description="Recargo")
    MontoItemOtrMnda: Dec14_4 = Field(description="Monto de la línea")


class DetalleExportacion(Nodo):
    """One line, in the currency of the sale."""

    PARRAFOS: ClassVar[frozenset[str]] = frozenset({"DscItem"})

    NroLinDet: NumeroLinea | None = Field(None, description="Número de línea; si falta, su orden")
    CdgItem: Varios[CodigoItem] = Field((), max_length=5, description="Códigos del ítem")
    IndExe: Annotated[Entero, Opcion(1, 2, 3, 4, 5, 6)] | None = Field(
        None, description="1 exento (si falta), 2 no facturable, 3 garantía, 4 no venta, 5 a rebajar, 6 no facturable"
    )
    NmbItem: Annotated[str, Texto(80)] = Field(description="Nombre del ítem")
    DscItem: Annotated[str, Texto(1000)] | None = Field(None, description="Descripción")
    QtyRef: Dec12_6 | None = Field(None, description="Cantidad en la unidad de referencia")
    UnmdRef: Annotated[str, Texto(4)] | None = Field(None, description="Unidad de referencia")
    PrcRef: Dec12_6 | None = Field(None, description="Precio en la unidad de referencia")
    QtyItem: Dec12_6 | None = Field(None, description="Cantidad; con precio y sin cantidad se entiende 1")
    Subcantidad: Varios[SubcantidadExportacion] = Field((), max_length=5, description="Reparto de la cantidad")
    FchElabor: Fecha | None = Field(None, description="Fecha de elaboración")
    FchVencim: Fecha | None = Field(None, description="Fecha de vencimiento")
    UnmdItem: Annotated[str, Texto(4)] | None = Field(None, description="Unidad de medida")
    PrcItem: Precio | None = Field(None, description="Precio unitario, en la moneda de la venta")
    OtrMnda: PrecioEnOtraMoneda | None = Field(None, description="La línea en otra moneda")
    DescuentoPct: PctLinea | None = Field(None, description="Descuento, en %")
    DescuentoMonto: Monto | None = Field(None, description="Descuento, en unidades enteras de la moneda")
    SubDscto: Varios[SubDescuento] = Field((), max_length=5, description="Desglose del descuento")
    RecargoPct: PctLinea | None = Field(None, description="Recargo, en %")
    RecargoMonto: Monto | None = Field(None, description="Recargo, en unidades enteras de la moneda")
    SubRecargo: Varios[SubRecargoItem] = Field((), max_length=5, description="Desglose del recargo")
    MontoItem: Divisa | None = Field(None, description="Monto de la línea; si falta, se calcula")


class ReferenciaExportacion(Nodo):
    """Another document that this one refers to."""

    NroLinRef: NumeroLinea | None = Field(None, description="Número; si falta, su orden")
    TpoDocRef: Annotated[str, Clave(3)] = Field(description="Tipo del documento referido (110, 807, 813…)")
    IndGlobal: Annotated[Entero, Opcion(1)] | None = Field(
        None, description="1: se refiere a un conjunto de documentos"
    )
    FolioRef: Annotated[str, Clave(18)] = Field(description="Folio del documento referido")
    RUTOtr: Rut | None = Field(None, description="RUT de otro contribuyente que lo emitió")
    IdAdicOtr: Annotated[str, Clave(20)] | None = Field(
        None, description="Identificador adicional de ese contribuyente"
    )
    FchRef: FechaAntigua | None = Field(None, description="Fecha del documento referido; si falta, la de emisión")
    CodRef: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="1 anula, 2 corrige texto, 3 corrige montos"
    )
    RazonRef: Annotated[str, Texto(90)] | None = Field(None, description="Razón")


class Exportacion(Nodo):
    """A factura (110), nota de débito (111) or nota de crédito (112) of exports, as sold or complete."""

    CUERPO: ClassVar[str] = "Exportaciones"
    """Name of the element."""

    Encabezado: EncabezadoExportacion = Field(description="Encabezado")
    Detalle: Varios[DetalleExportacion] = Field(max_length=60, description="Líneas")
    SubTotInfo: Varios[SubtotalFactura] = Field((), max_length=20, description="Subtotales informativos")
    DscRcgGlobal: Varios[DescuentoGlobalFactura] = Field(
        (), max_length=20, description="Descuentos y recargos globales"
    )
    Referencia: Varios[ReferenciaExportacion] = Field((), max_length=40, description="Documentos referidos")
