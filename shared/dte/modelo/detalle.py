"""The lines of a factura: `Detalle` of DTE_v10.xsd."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from shared.dte.modelo.campos import (
    Clave,
    Dec6_4,
    Dec12_6,
    Dec14_4,
    Dec16_2,
    DineroPorcentaje,
    Entero,
    Fecha,
    Impuesto,
    Monto,
    Opcion,
    PctLinea,
    Precio,
    Rango,
    Texto,
    Varios,
)
from shared.dte.modelo.nodo import Nodo
from shared.dte.modelo.partes import CodigoItem


class AgenteRetenedor(Nodo):
    """Data of a withholding agent."""

    IndAgente: Annotated[str, Opcion("R")] = Field(description="R: agente retenedor")
    MntBaseFaena: Monto | None = Field(None, description="Base de faenamiento")
    MntMargComer: Monto | None = Field(None, description="Margen de comercialización")
    PrcConsFinal: Monto | None = Field(None, description="Precio neto a consumidor final")


class SubcantidadItem(Nodo):
    """Part of the quantity."""

    SubQty: Dec12_6 = Field(description="Cantidad")
    SubCod: Annotated[str, Clave(35)] = Field(description="Código")


class PrecioOtraMoneda(Nodo):
    """The line in another currency."""

    PrcOtrMon: Dec12_6 = Field(description="Precio unitario")
    Moneda: Annotated[str, Clave(3)] = Field(description="Moneda (Banco Central)")
    FctConv: Dec6_4 | None = Field(None, description="Factor de conversión a pesos")
    DctoOtrMnda: Dec14_4 | None = Field(None, description="Descuento")
    RecargoOtrMnda: Dec14_4 | None = Field(None, description="Recargo")
    MontoItemOtrMnda: Dec14_4 | None = Field(None, description="Monto de la línea")


class SubDescuento(Nodo):
    """Part of the line's discount."""

    TipoDscto: DineroPorcentaje = Field(description="% o $")
    ValorDscto: Dec16_2 = Field(description="Valor")


class SubRecargoItem(Nodo):
    """Part of the line's surcharge."""

    TipoRecargo: DineroPorcentaje = Field(description="% o $")
    ValorRecargo: Dec16_2 = Field(description="Valor")


class DetalleFactura(Nodo):
    """One line."""

    PARRAFOS: ClassVar[frozenset[str]] = frozenset({"DscItem"})

    NroLinDet: Annotated[int, Rango(1, 99)] | None = Field(None, description="Número de línea; si falta, su orden")
    CdgItem: Varios[CodigoItem] = Field((), max_length=5, description="Códigos del ítem")
    IndExe: Annotated[Entero, Opcion(1, 2, 3, 4, 5, 6)] | None = Field(
        None,
        description="1 exento, 2 no facturable, 3 garantía de envase, 4 no venta, 5 a rebajar, 6 no facturable (resta)",
    )
    Retenedor: AgenteRetenedor | None = Field(None, description="Agente retenedor")
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
    OtrMnda: PrecioOtraMoneda | None = Field(None, description="La línea en otra moneda")
    DescuentoPct: PctLinea | None = Field(None, description="Descuento, en %")
    DescuentoMonto: Monto | None = Field(None, description="Descuento, en pesos")
    SubDscto: Varios[SubDescuento] = Field((), max_length=5, description="Desglose del descuento")
    RecargoPct: PctLinea | None = Field(None, description="Recargo, en %")
    RecargoMonto: Monto | None = Field(None, description="Recargo, en pesos")
    SubRecargo: Varios[SubRecargoItem] = Field((), max_length=5, description="Desglose del recargo")
    CodImpAdic: Varios[Impuesto] = Field((), max_length=2, description="Impuestos adicionales o retenciones")
    MontoItem: Monto | None = Field(None, description="Monto de la línea; si falta, se calcula")
