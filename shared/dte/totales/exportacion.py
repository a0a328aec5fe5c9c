"""Totals of an export: one exempt sum in its own currency, and the same in pesos by the exchange rate."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shared.dte.codigos import Codigo
from shared.dte.grupos import Grupos
from shared.dte.modelo import Exportacion, TotalesExportacion
from shared.dte.modelo.montos import ExportacionOtraMoneda
from shared.dte.moneda import DIVISA, EXACTO, Numero, to_pesos
from shared.errors import Falla

RUTA = "Encabezado.OtraMoneda"


def compute_exportacion(venta: Exportacion, grupos: Grupos) -> TotalesExportacion:
    """Everything that is exported is exempt (D.L. 825, art. 12 D)."""
    return venta.Encabezado.Totales.model_copy(update={"MntExe": grupos.exento, "MntTotal": grupos.exento})


def compute_otra_moneda(venta: Exportacion, grupos: Grupos) -> ExportacionOtraMoneda | None:
    """The stated block with the amounts that follow from its exchange rate; stated amounts stay."""
    dado = venta.Encabezado.OtraMoneda
    if dado is None or dado.TpoCambio is None:
        return dado
    monto = _exchange(grupos.exento, dado.TpoCambio, dado.TpoMoneda)
    exento = monto if dado.MntExeOtrMnda is None else dado.MntExeOtrMnda
    total = monto if dado.MntTotOtrMnda is None else dado.MntTotOtrMnda
    return dado.model_copy(update={"MntExeOtrMnda": exento, "MntTotOtrMnda": total})


def check_otra_moneda(venta: Exportacion, grupos: Grupos) -> Iterator[Falla]:
    """Amounts that are neither stated nor computable, or a unit or more away from what the exchange rate gives."""
    dado = venta.Encabezado.OtraMoneda
    if dado is None:
        return
    if dado.TpoCambio is None and dado.MntTotOtrMnda is None:
        yield Codigo.FALTA.falla(f"{RUTA}.TpoCambio")
    if dado.TpoCambio is not None:
        monto = _exchange(grupos.exento, dado.TpoCambio, dado.TpoMoneda)
        yield from DIVISA.check(f"{RUTA}.MntTotOtrMnda", monto)
        for campo, valor in (("MntExeOtrMnda", dado.MntExeOtrMnda), ("MntTotOtrMnda", dado.MntTotOtrMnda)):
            if valor is not None and abs(valor - monto) >= 1:
                yield Codigo.NO_CUADRA.falla(f"{RUTA}.{campo}", dado=valor, calculado=monto)


def _exchange(monto: Numero, tasa: Decimal, moneda: str) -> Decimal:
    """Pesos are whole, other currencies have four decimals."""
    exacto = EXACTO.multiply(Decimal(monto), tasa)
    return Decimal(to_pesos(exacto) if moneda == "PESO CL" else DIVISA.round(exacto))
