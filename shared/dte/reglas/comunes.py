"""Rules that have nothing to do with one kind of document: numbering, lines, periods, and who may be exempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from shared.dte.codigos import Codigo
from shared.dte.grupos import EXENTO, check_globales, is_afecta
from shared.dte.lineas import Linea, check_linea
from shared.dte.modelo import Boleta, Factura, Liquidacion, Venta
from shared.dte.tipos import NOTAS, TipoDte
from shared.dte.totales import Cuenta
from shared.errors import Falla

_NUMEROS: Mapping[str, str] = {
    "Detalle": "NroLinDet",
    "SubTotInfo": "NroSTI",
    "DscRcgGlobal": "NroLinDR",
    "Referencia": "NroLinRef",
    "Comisiones": "NroLinCom",
}
NUMERADAS: Mapping[type[Venta], Mapping[str, str]] = {
    modelo: {lista: campo for lista, campo in _NUMEROS.items() if lista in modelo.model_fields}
    for modelo in get_args(Venta)
}
"""The lists of each document, and the child that holds an element's place in them."""
_CONTRAPARTES: Mapping[TipoDte, TipoDte] = {
    TipoDte.FACTURA: TipoDte.FACTURA_EXENTA,
    TipoDte.FACTURA_EXENTA: TipoDte.FACTURA,
    TipoDte.BOLETA: TipoDte.BOLETA_EXENTA,
    TipoDte.BOLETA_EXENTA: TipoDte.BOLETA,
}
_VENTA = 1
"""`IndTraslado` of a guía that is a sale."""
_CORRIGE_TEXTO = 2


def check_folio(venta: Venta) -> Iterator[Falla]:
    """A folio is assigned, never given."""
    if venta.Encabezado.IdDoc.Folio is not None:
        yield Codigo.FOLIO_DADO.falla("Encabezado.IdDoc.Folio")


def check_numeracion(venta: Venta) -> Iterator[Falla]:
    """Given line numbers are 1, 2, 3…"""
    for lista, campo in NUMERADAS[type(venta)].items():
        for posicion, elemento in enumerate(getattr(venta, lista)):
            dado = getattr(elemento, campo)
            if dado not in (None, posicion + 1):
                yield Codigo.NO_CUADRA.falla(f"{lista}[{posicion}].{campo}", dado=dado, calculado=posicion + 1)


def check_lineas(venta: Venta, cuenta: Cuenta) -> Iterator[Falla]:
    """Each line by its own arithmetic, and the discounts on all of them."""
    lineas: Sequence[Linea] = venta.Detalle
    gratis = is_gratis(venta)
    for posicion, (linea, montos) in enumerate(zip(lineas, cuenta.lineas, strict=True)):
        if linea.PrcItem is None and linea.MontoItem is None and not gratis:
            yield Codigo.LINEA_SIN_MONTO.falla(f"Detalle[{posicion}]")
        yield from check_linea(linea, montos, f"Detalle[{posicion}]")
    yield from check_globales(venta)


def is_gratis(venta: Venta) -> bool:
    """Whether lines without a price cost nothing: goods that only move, and notes that correct a text."""
    id_doc = venta.Encabezado.IdDoc
    if isinstance(venta, Factura) and id_doc.TipoDTE is TipoDte.GUIA:
        return venta.Encabezado.IdDoc.IndTraslado not in (None, _VENTA)
    return corrects_texto(venta)


def corrects_texto(venta: Venta) -> bool:
    """Whether this is a note whose only purpose is another wording."""
    return venta.Encabezado.IdDoc.TipoDTE in NOTAS and any(uno.CodRef == _CORRIGE_TEXTO for uno in venta.Referencia)


def check_periodo(venta: Venta) -> Iterator[Falla]:
    """Periods run forward."""
    desde, hasta = venta.Encabezado.IdDoc.PeriodoDesde, venta.Encabezado.IdDoc.PeriodoHasta
    if desde is not None and hasta is not None and desde > hasta:
        yield Codigo.PERIODO.falla("Encabezado.IdDoc.PeriodoDesde")


def check_algo_afecto(venta: Venta) -> Iterator[Falla]:
    """A taxable document has something taxable: an all-exempt 33 is a 34, and a 39 a 41."""
    tipo = venta.Encabezado.IdDoc.TipoDTE
    lineas: Sequence[Linea] = venta.Detalle
    if any(linea.IndExe == EXENTO for linea in lineas) and not any(map(is_afecta, lineas)):
        yield Codigo.TODO_EXENTO.falla("Detalle", tipo=int(tipo), otro=int(_CONTRAPARTES[tipo]))


def check_nada_afecto(venta: Venta) -> Iterator[Falla]:
    """An exempt document (34, 41) has nothing taxable."""
    tipo = venta.Encabezado.IdDoc.TipoDTE
    lineas: Sequence[Linea] = venta.Detalle
    for posicion, linea in enumerate(lineas):
        if is_afecta(linea):
            ruta = f"Detalle[{posicion}].IndExe"
            yield Codigo.AFECTA_EN_EXENTO.falla(ruta, tipo=int(tipo), otro=int(_CONTRAPARTES[tipo]))
    if isinstance(venta, Boleta) and venta.Encabezado.IdDoc.IndMntNeto is not None:
        yield Codigo.AJENO.falla("Encabezado.IdDoc.IndMntNeto", tipo=int(tipo))


def check_bruto(venta: Factura | Liquidacion) -> Iterator[Falla]:
    """Gross prices and additional taxes exclude each other."""
    lineas: Sequence[Linea] = venta.Detalle
    if venta.Encabezado.IdDoc.MntBruto and any(getattr(linea, "CodImpAdic", ()) for linea in lineas):
        yield Codigo.BRUTO_CON_IMPUESTO.falla("Encabezado.IdDoc.MntBruto")
