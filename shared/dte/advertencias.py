"""What the SII takes and objects to (reparos), told to the seller as warnings: the sale is issued all the same.

Formato DTE v2.5, Formato Boletas Electrónicas v4.2, Res. Ex. SII 154 of 2025, and the SII's codes of level 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from shared.dte.codigos import Codigo
from shared.dte.modelo import Boleta, Exportacion, Factura, Liquidacion, Venta
from shared.dte.reglas.boleta import MAX_UF, find_anonimos
from shared.dte.reglas.comunes import corrects_texto
from shared.dte.tipos import TipoDte
from shared.dte.totales.impuestos import sum_iva_retenido
from shared.errors import Falla

PLAZO = timedelta(days=3)
"""Between issue and reception (DTE-1-650)."""
TRANSPORTE_DESDE = date(2026, 5, 1)
"""Res. Ex. SII 154 of 2025."""
UF_MINIMA = Decimal(35_000)
"""Pesos: the unidad de fomento has been worth more since 2022, so smaller boletas are within the limit for certain."""

_RECEPTOR_OBLIGADO = frozenset({TipoDte.FACTURA, TipoDte.FACTURA_EXENTA, TipoDte.FACTURA_COMPRA})
"""Documents that are refused without the buyer's data."""
_VIAJE = ("Patente", "RUTTrans", "Chofer", "DirDest", "CmnaDest", "FchSalida", "HraSalida")
_ADUANA = ("CodModVenta", "CodClauVenta", "TotClauVenta", "CodViaTransp", "CodPtoEmbarque", "CodPtoDesemb")
_PAISES = ("CodPaisRecep", "CodPaisDestin")
_NOTAS_LIQUIDADAS = frozenset({"60", "61"})
_SIN_RETENCION = "49"


def find_advertencias(venta: Venta, *, hoy: date, uf: Decimal | None = None) -> tuple[Falla, ...]:
    """Everything that the SII would object to in a complete sale that is issued on `hoy` (Chilean date).

    `uf` is the value in pesos of the unidad de fomento on the day of issue; without it, a boleta that may be beyond
    135 UF is warned of instead of checked.
    """
    fallas = [falla for avisar in _AVISOS for falla in avisar(venta)]
    fallas += _fecha(venta, hoy)
    if uf is None and isinstance(venta, Boleta):
        fallas += _uf(venta)
    return tuple(fallas)


def _fecha(venta: Venta, hoy: date) -> Iterator[Falla]:
    emision, ruta = venta.Encabezado.IdDoc.FchEmis, "Encabezado.IdDoc.FchEmis"
    if emision is not None and hoy - emision > PLAZO:
        yield Codigo.FECHA_ANTIGUA.falla(ruta, dado=emision)
    if emision is not None and emision > hoy:
        yield Codigo.FECHA_FUTURA.falla(ruta, dado=emision)


def _uf(venta: Boleta) -> Iterator[Falla]:
    total = venta.Encabezado.Totales.MntTotal if venta.Encabezado.Totales is not None else None
    if (total or 0) > MAX_UF * UF_MINIMA:
        for ruta in find_anonimos(venta):
            yield Codigo.UF_DESCONOCIDA.falla(ruta)


def _receptor(venta: Venta) -> Iterator[Falla]:
    if isinstance(venta, Factura) and venta.Encabezado.IdDoc.TipoDTE not in _RECEPTOR_OBLIGADO:
        for campo in ("GiroRecep", "DirRecep", "CmnaRecep"):
            if getattr(venta.Encabezado.Receptor, campo) is None:
                yield Codigo.RECEPTOR_REPARO.falla(f"Encabezado.Receptor.{campo}")


def _origen(venta: Venta) -> Iterator[Falla]:
    emisor = venta.Encabezado.Emisor
    for campo in ("DirOrigen", "CmnaOrigen"):
        if emisor is not None and getattr(emisor, campo) is None:
            yield Codigo.ORIGEN.falla(f"Encabezado.Emisor.{campo}")


def _forma_pago(venta: Venta) -> Iterator[Falla]:
    obligado = venta.Encabezado.IdDoc.TipoDTE in (TipoDte.FACTURA, TipoDte.FACTURA_EXENTA, TipoDte.LIQUIDACION)
    if obligado and getattr(venta.Encabezado.IdDoc, "FmaPago", None) is None:
        yield Codigo.SIN_FORMA_PAGO.falla("Encabezado.IdDoc.FmaPago")


def _transporte(venta: Venta) -> Iterator[Falla]:
    """What travels with goods since May of 2026: every guía, and facturas that say how their goods travel."""
    emision = venta.Encabezado.IdDoc.FchEmis
    if not isinstance(venta, Factura) or emision is None or emision < TRANSPORTE_DESDE:
        return
    transporte = venta.Encabezado.Transporte
    if transporte is not None or venta.Encabezado.IdDoc.TipoDTE is TipoDte.GUIA:
        for campo in _VIAJE:
            if getattr(transporte, campo, None) is None:
                yield Codigo.TRANSPORTE.falla(f"Encabezado.Transporte.{campo}")


def _nota(venta: Venta) -> Iterator[Falla]:
    totales = venta.Encabezado.Totales
    if corrects_texto(venta) and totales is not None and totales.MntTotal:
        yield Codigo.TEXTO_CON_MONTO.falla("Encabezado.Totales.MntTotal")


def _compra(venta: Venta) -> Iterator[Falla]:
    if not isinstance(venta, Factura) or venta.Encabezado.IdDoc.TipoDTE is not TipoDte.FACTURA_COMPRA:
        return
    totales = venta.Encabezado.Totales
    declarada = any(_SIN_RETENCION in linea.CodImpAdic for linea in venta.Detalle)
    if totales is not None and totales.IVA and not sum_iva_retenido(totales.ImptoReten) and not declarada:
        yield Codigo.SIN_RETENCION.falla("Detalle")


def _liquidacion(venta: Venta) -> Iterator[Falla]:
    if isinstance(venta, Liquidacion):
        for posicion, linea in enumerate(venta.Detalle):
            if linea.TpoDocLiq in _NOTAS_LIQUIDADAS and (linea.MontoItem or 0) > 0:
                yield Codigo.LIQUIDADO.falla(f"Detalle[{posicion}].MontoItem")


def _exportacion(venta: Venta) -> Iterator[Falla]:
    if not isinstance(venta, Exportacion):
        return
    encabezado = venta.Encabezado
    if encabezado.OtraMoneda is None or encabezado.OtraMoneda.TpoMoneda != "PESO CL":
        yield Codigo.SIN_PESOS.falla("Encabezado.OtraMoneda")
    extranjero = encabezado.Receptor.Extranjero
    if extranjero is None or extranjero.Nacionalidad is None:
        yield Codigo.SIN_NACIONALIDAD.falla("Encabezado.Receptor.Extranjero.Nacionalidad")
    if encabezado.IdDoc.TipoDTE is TipoDte.EXPORTACION and encabezado.IdDoc.IndServicio is None:
        yield from _mercaderias(venta)


def _mercaderias(venta: Exportacion) -> Iterator[Falla]:
    """What customs asks about goods."""
    if venta.Encabezado.IdDoc.FmaPagExp is None:
        yield Codigo.ADUANA.falla("Encabezado.IdDoc.FmaPagExp")
    aduana = venta.Encabezado.Transporte.Aduana if venta.Encabezado.Transporte is not None else None
    for campo in (*_ADUANA, *_PAISES):
        if getattr(aduana, campo, None) is None:
            yield Codigo.ADUANA.falla(f"Encabezado.Transporte.Aduana.{campo}")


def _indicadores(venta: Venta) -> Iterator[Falla]:
    """Marks that mean something in other documents only."""
    tipo = venta.Encabezado.IdDoc.TipoDTE
    for campo, unico in (("IndTraslado", TipoDte.GUIA), ("IndNoRebaja", TipoDte.NOTA_CREDITO)):
        if tipo is not unico and getattr(venta.Encabezado.IdDoc, campo, None) is not None:
            yield Codigo.AJENO.falla(f"Encabezado.IdDoc.{campo}", tipo=int(tipo))


_AVISOS: Sequence[Callable[[Venta], Iterator[Falla]]] = (
    _receptor,
    _origen,
    _forma_pago,
    _transporte,
    _nota,
    _compra,
    _liquidacion,
    _exportacion,
    _indicadores,
)
