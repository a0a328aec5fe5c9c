"""Sums of a document: every `Totales` and `OtraMoneda` of DTE_v10.xsd and EnvioBOLETA_v11.xsd."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.dte.modelo.campos import (
    CeroEsNada,
    Dec6_4,
    Dec14_4,
    Divisa,
    Impuesto,
    Monto,
    MontoPositivo,
    Pct,
    Pct100Positivo,
    TipoMoneda,
    Valor,
    Varios,
)
from shared.dte.modelo.nodo import Nodo


class ImpuestoRetenido(Nodo):
    """One additional tax or withholding."""

    TipoImp: Impuesto = Field(description="Código del impuesto")
    TasaImp: Pct100Positivo | None = Field(None, description="Tasa, en %")
    MontoImp: Valor = Field(description="Monto, en pesos")


class ImpuestoLiquidacion(Nodo):
    """One additional tax or withholding of a liquidación-factura."""

    TipoImp: Impuesto = Field(description="Código del impuesto")
    TasaImp: Pct | None = Field(None, description="Tasa, en %")
    MontoImp: Valor = Field(description="Monto, en pesos")


class TotalComisiones(Nodo):
    """Sums of commissions and other charges."""

    ValComNeto: Monto | None = Field(None, description="Comisiones, neto")
    ValComExe: Monto | None = Field(None, description="Comisiones, exento")
    ValComIVA: Monto | None = Field(None, description="Comisiones, IVA")


class TotalesFactura(Nodo):
    """Amounts in pesos. Those that follow from the lines may be left out; given ones are checked."""

    MntNeto: Monto | None = Field(None, description="Monto neto")
    MntExe: Monto | None = Field(None, description="Monto exento")
    MntBase: Monto | None = Field(None, description="Base de faenamiento de carne")
    MntMargenCom: Monto | None = Field(None, description="Base de márgenes de comercialización")
    TasaIVA: Pct | None = Field(None, description="Tasa de IVA, en %")
    IVA: Monto | None = Field(None, description="IVA")
    IVAProp: Monto | None = Field(None, description="IVA propio")
    IVATerc: Monto | None = Field(None, description="IVA de terceros")
    ImptoReten: Varios[ImpuestoRetenido] = Field((), max_length=20, description="Impuestos adicionales y retenciones")
    IVANoRet: Annotated[MontoPositivo | None, CeroEsNada] = Field(None, description="IVA no retenido")
    CredEC: Monto | None = Field(None, description="Crédito especial de empresas constructoras")
    GrntDep: Monto | None = Field(None, description="Garantía por depósito de envases")
    Comisiones: TotalComisiones | None = Field(None, description="Comisiones y otros cargos")
    MntTotal: Monto | None = Field(None, description="Monto total")
    MontoNF: Valor | None = Field(None, description="Monto no facturable")
    MontoPeriodo: Valor | None = Field(None, description="Monto del período")
    SaldoAnterior: Valor | None = Field(None, description="Saldo anterior")
    VlrPagar: Valor | None = Field(None, description="Valor a pagar")


class TotalesBoleta(Nodo):
    """Amounts in pesos of a boleta."""

    MntNeto: Monto | None = Field(None, description="Monto neto")
    MntExe: Monto | None = Field(None, description="Monto exento")
    IVA: Monto | None = Field(None, description="IVA")
    MntTotal: Monto | None = Field(None, description="Monto total")
    MontoNF: Valor | None = Field(None, description="Monto no facturable")
    TotalPeriodo: Valor | None = Field(None, description="Total del período")
    SaldoAnterior: Valor | None = Field(None, description="Saldo anterior")
    VlrPagar: Valor | None = Field(None, description="Valor a pagar")


class TotalComisionesLiquidacion(Nodo):
    """Sums of commissions and other charges, of either sign."""

    ValComNeto: Valor | None = Field(None, description="Comisiones, neto")
    ValComExe: Valor | None = Field(None, description="Comisiones, exento")
    ValComIVA: Valor | None = Field(None, description="Comisiones, IVA")


class TotalesLiquidacion(Nodo):
    """Amounts in pesos of a liquidación-factura, of either sign."""

    MntNeto: Valor | None = Field(None, description="Monto neto")
    MntExe: Valor | None = Field(None, description="Monto exento")
    TasaIVA: Pct | None = Field(None, description="Tasa de IVA, en %")
    IVA: Valor | None = Field(None, description="IVA")
    IVAProp: Valor | None = Field(None, description="IVA propio")
    IVATerc: Valor | None = Field(None, description="IVA de terceros")
    ImptoReten: Varios[ImpuestoLiquidacion] = Field((), max_length=20, description="Impuestos y retenciones")
    Comisiones: TotalComisionesLiquidacion | None = Field(None, description="Comisiones; si faltan, las de las líneas")
    MntTotal: Valor | None = Field(None, description="Monto total")
    MontoPeriodo: Valor | None = Field(None, description="Monto del período")
    SaldoAnterior: Valor | None = Field(None, description="Saldo anterior")
    VlrPagar: Valor | None = Field(None, description="Valor a pagar")


class TotalesExportacion(Nodo):
    """Amounts of an export, in its own currency, with up to four decimals."""

    TpoMoneda: TipoMoneda = Field(description="Moneda de la venta (tabla de Aduanas)")
    MntExe: Divisa | None = Field(None, description="Monto exento")
    MntTotal: Divisa | None = Field(None, description="Monto total")


Totales = TotalesFactura | TotalesBoleta | TotalesLiquidacion | TotalesExportacion


class ImpuestoOtraMoneda(Nodo):
    """One additional tax or withholding in the other currency."""

    TipoImpOtrMnda: Impuesto = Field(description="Código del impuesto")
    TasaImpOtrMnda: Pct | None = Field(None, description="Tasa, en %")
    VlrImpOtrMnda: Dec14_4 = Field(description="Monto")


class TotalesOtraMoneda(Nodo):
    """The same sums in another currency, as the seller states them."""

    TpoMoneda: TipoMoneda = Field(description="Moneda (tabla de Aduanas)")
    TpoCambio: Dec6_4 | None = Field(None, description="Tipo de cambio")
    MntNetoOtrMnda: Dec14_4 | None = Field(None, description="Monto neto")
    MntExeOtrMnda: Dec14_4 | None = Field(None, description="Monto exento")
    MntFaeCarneOtrMnda: Dec14_4 | None = Field(None, description="Base de faenamiento de carne")
    MntMargComOtrMnda: Dec14_4 | None = Field(None, description="Base de márgenes de comercialización")
    IVAOtrMnda: Dec14_4 | None = Field(None, description="IVA")
    ImpRetOtrMnda: Varios[ImpuestoOtraMoneda] = Field((), max_length=20, description="Impuestos y retenciones")
    IVANoRetOtrMnda: Dec14_4 | None = Field(None, description="IVA no retenido")
    MntTotOtrMnda: Dec14_4 = Field(description="Monto total")


class ExportacionOtraMoneda(Nodo):
    """The sums of an export in another currency; the SII asks for pesos (PESO CL)."""

    TpoMoneda: TipoMoneda = Field(description="Moneda: PESO CL")
    TpoCambio: Dec6_4 | None = Field(None, description="Tipo de cambio")
    MntExeOtrMnda: Divisa | None = Field(None, description="Monto exento; si falta, por el tipo de cambio")
    MntTotOtrMnda: Divisa | None = Field(None, description="Monto total; si falta, por el tipo de cambio")
