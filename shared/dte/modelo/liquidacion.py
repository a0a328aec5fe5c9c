"""`Liquidacion` of DTE_v10.xsd: what an agent sold for somebody else, less its commissions. Amounts have a sign."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.dte.modelo.campos import (
    Ciudad,
    Clave,
    Comuna,
    Correo,
    Dec12_6,
    Entero,
    Fecha,
    FolioDte,
    Impuesto,
    Numero9,
    Opcion,
    Pct,
    Precio,
    Rango,
    RazonSocial,
    Rut,
    Texto,
    Valor,
    Varios,
)
from shared.dte.modelo.detalle import SubcantidadItem
from shared.dte.modelo.encabezado import EmpresaEmisora, TerminosPago
from shared.dte.modelo.factura import NumeroLinea, SubtotalFactura
from shared.dte.modelo.montos import TotalesLiquidacion
from shared.dte.modelo.nodo import Nodo
from shared.dte.modelo.partes import CodigoItem
from shared.dte.tipos import TipoDte


class InicioIdDocLiquidacion(Nodo):
    """Identification of the document."""

    TipoDTE: Annotated[TipoDte, Opcion(43)] = Field(description="43")
    Folio: FolioDte | None = Field(None, description="Folio; lo asigna Posta")
    FchEmis: Fecha | None = Field(None, description="Fecha de emisión; si falta, hoy")
    IndServicio: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Servicio: 1 periódico domiciliario, 2 otro periódico, 3 otro"
    )
    MntBruto: Annotated[Entero, Opcion(1)] | None = Field(None, description="1: los montos de las líneas incluyen IVA")
    TpoTranCompra: Annotated[Entero, Opcion(*range(1, 8))] | None = Field(
        None, description="Transacción, para quien compra"
    )
    TpoTranVenta: Annotated[Entero, Opcion(*range(1, 5))] | None = Field(
        None, description="Transacción, para quien vende"
    )
    FmaPago: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="Forma de pago: 1 contado, 2 crédito, 3 sin costo"
    )


class IdDocLiquidacion(TerminosPago, InicioIdDocLiquidacion):
    """Identification of the document and terms of payment."""


class EmisorLiquidacion(EmpresaEmisora):
    """The agent; whatever is left out is filled in from its record."""

    Sucursal: Annotated[str, Texto(20)] | None = Field(None, description="Sucursal")
    CdgSIISucur: Numero9 | None = Field(None, description="Código de la sucursal en el SII")
    DirOrigen: Annotated[str, Texto(70)] | None = Field(None, description="Dirección")
    CmnaOrigen: Comuna | None = Field(None, description="Comuna")
    CiudadOrigen: Ciudad | None = Field(None, description="Ciudad")
    CdgVendedor: Annotated[str, Texto(60)] | None = Field(None, description="Vendedor")


class ReceptorLiquidacion(Nodo):
    """For whom it was sold."""

    RUTRecep: Rut = Field(description="RUT del mandante")
    CdgIntRecep: Annotated[str, Clave(20)] | None = Field(None, description="Código interno del mandante")
    RznSocRecep: RazonSocial = Field(description="Razón social del mandante")
    GiroRecep: Annotated[str, Texto(40)] = Field(description="Giro del mandante")
    Contacto: Annotated[str, Texto(80)] | None = Field(None, description="Contacto")
    CorreoRecep: Correo | None = Field(None, description="Correo del mandante")
    DirRecep: Annotated[str, Texto(70)] = Field(description="Dirección del mandante")
    CmnaRecep: Comuna = Field(description="Comuna del mandante")
    CiudadRecep: Ciudad | None = Field(None, description="Ciudad del mandante")
    DirPostal: Annotated[str, Texto(70)] | None = Field(None, description="Dirección postal")
    CmnaPostal: Comuna | None = Field(None, description="Comuna postal")
    CiudadPostal: Ciudad | None = Field(None, description="Ciudad postal")


class EncabezadoLiquidacion(Nodo):
    """Everything that is said once."""

    IdDoc: IdDocLiquidacion = Field(description="Identificación del documento")
    Emisor: EmisorLiquidacion | None = Field(None, description="Quien liquida; si falta, la empresa del terminal")
    Receptor: ReceptorLiquidacion = Field(description="Por cuenta de quien se vendió")
    Totales: TotalesLiquidacion | None = Field(None, description="Totales; si faltan, se calculan")


class DetalleLiquidacion(Nodo):
    """One line: a kind of documents that were issued for the principal. Its amount may be negative."""

    PARRAFOS: ClassVar[frozenset[str]] = frozenset({"DscItem"})

    NroLinDet: NumeroLinea | None = Field(None, description="Número de línea; si falta, su orden")
    CdgItem: Varios[CodigoItem] = Field((), max_length=5, description="Códigos del ítem")
    TpoDocLiq: Annotated[str, Clave(3)] = Field(description="Tipo de los documentos que se liquidan: 33, 35, 61…")
    IndExe: Annotated[Entero, Opcion(1, 2, 3, 4, 5, 6)] | None = Field(
        None,
        description="1 exento, 2 no facturable, 3 garantía de envase, 4 no venta, 5 a rebajar, 6 no facturable (resta)",
    )
    NmbItem: Annotated[str, Texto(80)] = Field(description="Nombre del ítem")
    DscItem: Annotated[str, Texto(1000)] | None = Field(None, description="Descripción")
    QtyRef: Dec12_6 | None = Field(None, description="Cantidad en la unidad de referencia")
    UnmdRef: Annotated[str, Texto(4)] | None = Field(None, description="Unidad de referencia")
    PrcRef: Dec12_6 | None = Field(None, description="Precio en la unidad de referencia")
    QtyItem: Dec12_6 | None = Field(None, description="Cantidad; con precio y sin cantidad se entiende 1")
    Subcantidad: Varios[SubcantidadItem] = Field((), max_length=5, description="Reparto de la cantidad")
    FchElabor: Fecha | None = Field(None, description="Fecha de elaboración")
    FchVencim: Fecha | None = Field(None, description="Fecha de vencimiento")
    UnmdItem: Annotated[str, Texto(4)] | None = Field(None, description="Unidad de medida")
    PrcItem: Precio | None = Field(None, description="Precio unitario, en pesos")
    CodImpAdic: Varios[Impuesto] = Field((), max_length=2, description="Impuestos adicionales o retenciones")
    MontoItem: Valor | None = Field(None, description="Monto de la línea, con su signo; si falta, se calcula")


class ReferenciaLiquidacion(Nodo):
    """Another document that this one refers to."""

    NroLinRef: NumeroLinea | None = Field(None, description="Número; si falta, su orden")
    TpoDocRef: Annotated[str, Clave(3)] = Field(description="Tipo del documento referido (33, 52, 801, HES…)")
    IndGlobal: Annotated[Entero, Opcion(1)] | None = Field(
        None, description="1: se refiere a un conjunto de documentos"
    )
    FolioRef: Annotated[str, Clave(18)] = Field(description="Folio del documento referido")
    FchRef: Fecha | None = Field(None, description="Fecha del documento referido; si falta, la de emisión")
    CodRef: Annotated[Entero, Opcion(1, 2, 3)] | None = Field(
        None, description="1 anula, 2 corrige texto, 3 corrige montos"
    )
    RazonRef: Annotated[str, Texto(90)] | None = Field(None, description="Razón")


class ComisionLiquidacion(Nodo):
    """A commission or other charge, of either sign."""

    NroLinCom: Annotated[int, Rango(1, 20)] | None = Field(None, description="Número; si falta, su orden")
    TipoMovim: Annotated[str, Opcion("C", "O")] = Field(description="C comisión, O otro cargo")
    Glosa: Annotated[str, Texto(60)] = Field(description="Glosa")
    TasaComision: Pct | None = Field(None, description="Tasa, en %")
    ValComNeto: Valor = Field(description="Neto")
    ValComExe: Valor = Field(description="Exento")
    ValComIVA: Valor | None = Field(None, description="IVA; si falta, se calcula")


class Liquidacion(Nodo):
    """A liquidación-factura (43), as sold or complete."""

    CUERPO: ClassVar[str] = "Liquidacion"
    """Name of the element."""

    Encabezado: EncabezadoLiquidacion = Field(description="Encabezado")
    Detalle: Varios[DetalleLiquidacion] = Field(max_length=60, description="Líneas")
    SubTotInfo: Varios[SubtotalFactura] = Field((), max_length=20, description="Subtotales informativos")
    Referencia: Varios[ReferenciaLiquidacion] = Field((), max_length=40, description="Documentos referidos")
    Comisiones: Varios[ComisionLiquidacion] = Field((), max_length=20, description="Comisiones y otros cargos")
