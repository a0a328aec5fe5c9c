"""The totals, by the name that each has in its type of document."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shared.dte.impresion.cifras import format_numero, format_pesos, format_tasa, negate
from shared.dte.impresion.glosas import BOLETAS
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Total
from shared.dte.impuestos import TASA_IVA, Efecto, find_impuesto

_PESO = "PESO CL"
_TRAS_EL_TOTAL = (
    ("MontoNF", "Monto no facturable"),
    ("MontoPeriodo", "Monto del período"),
    ("TotalPeriodo", "Total del período"),
    ("SaldoAnterior", "Saldo anterior"),
)
_OTRA_MONEDA = (
    ("MntNetoOtrMnda", "Monto neto"),
    ("MntExeOtrMnda", "Monto exento"),
    ("MntFaeCarneOtrMnda", "Base faena de carne"),
    ("MntMargComOtrMnda", "Margen de comercialización"),
    ("IVAOtrMnda", "IVA"),
    ("IVANoRetOtrMnda", "IVA no retenido"),
)

Escribir = Callable[[str], str]


def list_totales(encabezado: Rama, tipo: int) -> Iterator[Total]:
    """From the net amount down to what is to be paid; then the same in other currencies."""
    totales = encabezado.find("Totales")
    moneda = totales.get("TpoMoneda")
    escribir = _writer_of(moneda)
    yield from _list_sumandos(totales, tipo, escribir)
    yield from _list_restas(totales)
    pagar = totales.get("VlrPagar")
    yield Total(f"Total {moneda}".rstrip(), escribir(totales.get("MntTotal")), destacado=not pagar)
    for campo, nombre in _TRAS_EL_TOTAL:
        if totales.get(campo):
            yield Total(nombre, escribir(totales.get(campo)))
    if pagar:
        yield Total("Valor a pagar", escribir(pagar), destacado=True)
    for otra in encabezado.each("OtraMoneda"):
        yield from _list_otra_moneda(otra)


def _writer_of(moneda: str) -> Escribir:
    """Pesos have a sign and no decimals; other currencies are named beside the total."""
    if moneda in ("", _PESO):
        return format_pesos
    return lambda texto: format_numero(texto, 2)


def _list_sumandos(totales: Rama, tipo: int, escribir: Escribir) -> Iterator[Total]:
    tasa = totales.get("TasaIVA") or (f"{TASA_IVA}" if tipo in BOLETAS else "")
    filas = (
        ("MntNeto", "Monto neto"),
        ("MntExe", "Monto exento"),
        ("MntBase", "Base faena de carne"),
        ("MntMargenCom", "Margen de comercialización"),
        ("IVA", f"IVA {format_tasa(tasa)}".rstrip()),
        ("IVAProp", "IVA propio"),
        ("IVATerc", "IVA de terceros"),
    )
    for campo, nombre in filas:
        if totales.get(campo):
            yield Total(nombre, escribir(totales.get(campo)))
    for impuesto in totales.each("ImptoReten"):
        yield _read_impuesto(impuesto.get("TipoImp"), impuesto.get("TasaImp"), impuesto.get("MontoImp"), format_pesos)


def _read_impuesto(codigo: str, tasa: str, monto: str, escribir: Escribir) -> Total:
    """A tax is added; what the buyer keeps back to pay it to the treasury is taken off."""
    impuesto = find_impuesto(codigo)
    resta = impuesto.efecto is Efecto.RESTA and not monto.startswith("-")
    nombre = f"{impuesto.nombre} {format_tasa(tasa)}".rstrip()
    return Total(nombre, escribir(negate(monto) if resta else monto))


def _list_restas(totales: Rama) -> Iterator[Total]:
    comisiones = totales.find("Comisiones")
    filas = (
        ("IVA no retenido", totales.get("IVANoRet")),
        ("Garantía por envases", totales.get("GrntDep")),
        ("Crédito especial empresas constructoras", negate(totales.get("CredEC"))),
        ("Comisiones netas", negate(comisiones.get("ValComNeto"))),
        ("Comisiones exentas", negate(comisiones.get("ValComExe"))),
        ("IVA de comisiones", negate(comisiones.get("ValComIVA"))),
    )
    return (Total(nombre, format_pesos(valor)) for nombre, valor in filas if valor.strip("0"))


def _list_otra_moneda(otra: Rama) -> Iterator[Total]:
    moneda = otra.get("TpoMoneda")
    escribir = _writer_of(moneda)
    if otra.get("TpoCambio"):
        yield Total("Tipo de cambio", format_numero(otra.get("TpoCambio")))
    for campo, nombre in _OTRA_MONEDA:
        if otra.get(campo):
            yield Total(f"{nombre} {moneda}", escribir(otra.get(campo)))
    for impuesto in otra.each("ImpRetOtrMnda"):
        yield _read_impuesto(
            impuesto.get("TipoImpOtrMnda"), impuesto.get("TasaImpOtrMnda"), impuesto.get("VlrImpOtrMnda"), escribir
        )
    if otra.get("MntTotOtrMnda"):
        yield Total(f"Total {moneda}", escribir(otra.get("MntTotOtrMnda")), destacado=True)
