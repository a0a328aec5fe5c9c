"""What the SII would reject although the schema allows it, found before a folio is spent.

A rule is a function from a sale to the faults it finds; `REGLAS` says which document obeys which. Sources: Formato DTE
v2.5, Formato Boletas Electrónicas v4.2, and the SII's own error codes (HED-1-844…846, REF-3-415).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shared.dte.codigos import Codigo
from shared.dte.grupos import check_globales, is_afecta
from shared.dte.lineas import Linea, check_linea
from shared.dte.modelo import Boleta, Factura, Venta
from shared.dte.tipos import TipoDte
from shared.dte.totales import check_totales
from shared.errors import Falla

Regla = Callable[[Any], Iterator[Falla]]
"""Takes the body that it is listed for."""

_OTRO_SI_EXENTO: Mapping[TipoDte, int] = {TipoDte.FACTURA: 34, TipoDte.BOLETA: 41}
_DOCUMENTOS_REFERIBLES = frozenset(
    {30, 32, 33, 34, 35, 38, 39, 40, 41, 43, 45, 46, 50, 52, 55, 56, 60, 61, 103, 110, 111, 112}
    | {801, 802, 803, 804, 805, 806, 807, 808, 809, 810, 811, 812, 813, 814, 815, 820}
)
"""Formato DTE v2.5, table of `TpoDocRef`; alphabetic types are free."""


def check_venta(venta: Venta) -> Iterator[Falla]:
    """Every fault of the sale that its lines' shape does not show."""
    for regla in REGLAS[venta.Encabezado.IdDoc.TipoDTE]:
        yield from regla(venta)


def _lineas(venta: Venta) -> Iterator[Falla]:
    lineas: Sequence[Linea] = venta.Detalle
    for posicion, linea in enumerate(lineas):
        yield from check_linea(linea, f"Detalle[{posicion}]")
    yield from check_globales(venta.Detalle, venta.DscRcgGlobal)


def _numeracion(venta: Venta) -> Iterator[Falla]:
    """Given line numbers are 1, 2, 3…"""
    for lista, campo in NUMERADAS.items():
        for posicion, elemento in enumerate(getattr(venta, lista, ())):
            dado = getattr(elemento, campo)
            if dado not in (None, posicion + 1):
                yield Codigo.NO_CUADRA.falla(f"{lista}[{posicion}].{campo}", dado=dado, calculado=posicion + 1)


NUMERADAS: Mapping[str, str] = {
    "Detalle": "NroLinDet",
    "SubTotInfo": "NroSTI",
    "DscRcgGlobal": "NroLinDR",
    "Referencia": "NroLinRef",
    "Comisiones": "NroLinCom",
}
"""The lists of a document, and the child that holds an element's place in it."""


def _algo_afecto(venta: Venta) -> Iterator[Falla]:
    tipo = venta.Encabezado.IdDoc.TipoDTE
    exenta = any(linea.IndExe == 1 for linea in venta.Detalle)
    if exenta and not any(map(is_afecta, venta.Detalle)):
        yield Codigo.TODO_EXENTO.falla("Detalle", tipo=int(tipo), otro=_OTRO_SI_EXENTO[tipo])


def _folio(venta: Venta) -> Iterator[Falla]:
    if venta.Encabezado.IdDoc.Folio is not None:
        yield Codigo.FOLIO_DADO.falla("Encabezado.IdDoc.Folio")


def _periodo(venta: Venta) -> Iterator[Falla]:
    desde, hasta = venta.Encabezado.IdDoc.PeriodoDesde, venta.Encabezado.IdDoc.PeriodoHasta
    if desde is not None and hasta is not None and desde > hasta:
        yield Codigo.PERIODO.falla("Encabezado.IdDoc.PeriodoDesde")


def _receptor(venta: Factura) -> Iterator[Falla]:
    for campo in ("GiroRecep", "DirRecep", "CmnaRecep"):
        if getattr(venta.Encabezado.Receptor, campo) is None:
            yield Codigo.RECEPTOR.falla(f"Encabezado.Receptor.{campo}")


def _bruto(venta: Factura) -> Iterator[Falla]:
    if venta.Encabezado.IdDoc.MntBruto and any(linea.CodImpAdic for linea in venta.Detalle):
        yield Codigo.BRUTO_CON_IMPUESTO.falla("Encabezado.IdDoc.MntBruto")


def _referencias(venta: Factura) -> Iterator[Falla]:
    for posicion, referencia in enumerate(venta.Referencia):
        ruta = f"Referencia[{posicion}]"
        if referencia.TpoDocRef.isdecimal() and int(referencia.TpoDocRef) not in _DOCUMENTOS_REFERIBLES:
            yield Codigo.REFERENCIA_TIPO.falla(f"{ruta}.TpoDocRef", dado=referencia.TpoDocRef)
        if (referencia.FolioRef == "0") != (referencia.IndGlobal is not None):
            yield Codigo.REFERENCIA_GLOBAL.falla(f"{ruta}.FolioRef")


def _servicio(venta: Boleta) -> Iterator[Falla]:
    """What periodic services need (IndServicio 1 and 2)."""
    servicio = venta.Encabezado.IdDoc.IndServicio
    if servicio in (1, 2) and venta.Encabezado.Receptor.DirRecep is None:
        yield Codigo.SERVICIO.falla("Encabezado.Receptor.DirRecep", servicio=servicio)
    if servicio == 2 and venta.Encabezado.IdDoc.FchVenc is None:
        yield Codigo.SERVICIO.falla("Encabezado.IdDoc.FchVenc", servicio=servicio)


def _espectaculo(venta: Boleta) -> Iterator[Falla]:
    """What tickets to a show need (IndServicio 4)."""
    for posicion, linea in enumerate(venta.Detalle):
        if venta.Encabezado.IdDoc.IndServicio == 4 and linea.ItemEspectaculo is None:
            yield Codigo.ESPECTACULO.falla(f"Detalle[{posicion}].ItemEspectaculo")
        if linea.ItemEspectaculo == "01" and linea.InfoTicket is None:
            yield Codigo.ESPECTACULO.falla(f"Detalle[{posicion}].InfoTicket")


_SIEMPRE: Sequence[Regla] = (_folio, _numeracion, _lineas, _periodo, check_totales)

REGLAS: Mapping[TipoDte, Sequence[Regla]] = {
    TipoDte.FACTURA: (*_SIEMPRE, _algo_afecto, _receptor, _bruto, _referencias),
    TipoDte.BOLETA: (*_SIEMPRE, _algo_afecto, _servicio, _espectaculo),
}
