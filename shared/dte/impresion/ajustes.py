"""What stands between the lines and the totals: subtotals, global discounts and surcharges, commissions."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.impresion.cifras import format_numero, format_pesos, format_tasa, negate
from shared.dte.impresion.glosas import GRUPOS_AJUSTE, say
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Dato

_SUBTOTALES = {
    "SubTotNetoSTI": "neto",
    "SubTotIVASTI": "IVA",
    "SubTotAdicSTI": "impuestos adicionales",
    "SubTotExeSTI": "exento",
    "ValSubtotSTI": "",
}
_COMISIONES = {"ValComNeto": "neto", "ValComExe": "exento", "ValComIVA": "IVA"}


def list_ajustes(documento: Rama) -> Iterator[Dato]:
    """Each with its words and its value."""
    for subtotal in documento.each("SubTotInfo"):
        yield from _list_subtotal(subtotal)
    for ajuste in documento.each("DscRcgGlobal"):
        yield _read_global(ajuste)
    for comision in documento.each("Comisiones"):
        yield from _list_comision(comision)


def _list_subtotal(rama: Rama) -> Iterator[Dato]:
    nombre = rama.get("GlosaSTI") or f"Subtotal {rama.get('NroSTI')}"
    for campo, parte in _SUBTOTALES.items():
        if rama.get(campo):
            yield Dato(f"{nombre} ({parte})" if parte else nombre, format_numero(rama.get(campo)))


def _read_global(rama: Rama) -> Dato:
    rebaja = rama.get("TpoMov") != "R"
    partes = (
        "Descuento global" if rebaja else "Recargo global",
        say(GRUPOS_AJUSTE, rama.get("IndExeDR")),
    )
    nombre = " ".join(filter(None, partes))
    glosa = rama.get("GlosaDR")
    valor = rama.get("ValorDR")
    signo = "-" if rebaja else "+"
    return Dato(
        f"{nombre}: {glosa}" if glosa else nombre,
        f"{signo}{format_tasa(valor)}" if rama.get("TpoValor") == "%" else f"{signo}{format_pesos(valor)}",
    )


def _list_comision(rama: Rama) -> Iterator[Dato]:
    """Commissions and other charges of a liquidación-factura, which lower what the principal gets."""
    movimiento = "Comisión" if rama.get("TipoMovim") == "C" else "Otro cargo"
    glosa, tasa = rama.get("Glosa"), format_tasa(rama.get("TasaComision"))
    nombre = " ".join(filter(None, (f"{movimiento}: {glosa}" if glosa else movimiento, tasa)))
    for campo, parte in _COMISIONES.items():
        if rama.get(campo).strip("0"):
            yield Dato(f"{nombre} ({parte})", format_pesos(negate(rama.get(campo))))
