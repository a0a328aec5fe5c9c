"""Rules about other documents: which may be referred to, how, and what a note must say about the one it corrects.

Formato DTE v2.5, zone "Referencias"; SII errors REF-3-415 (no reference) and REF-3-758 (no CodRef).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from shared.dte.codigos import Codigo
from shared.dte.modelo import Exportacion, Factura, Liquidacion
from shared.dte.modelo.exportacion import ReferenciaExportacion
from shared.dte.modelo.factura import ReferenciaFactura
from shared.dte.modelo.liquidacion import ReferenciaLiquidacion
from shared.dte.tipos import TipoDte
from shared.errors import Falla

Referencia = ReferenciaFactura | ReferenciaLiquidacion | ReferenciaExportacion

_TRIBUTARIOS = frozenset({30, 32, 33, 34, 35, 38, 39, 40, 41, 43, 45, 46, 50, 52, 55, 56, 60, 61, 103, 110, 111, 112})
_REFERIBLES = _TRIBUTARIOS | {801, 802, 803, 804, 805, 806, 807, 808, 809, 810, 811, 812, 813, 814, 815, 820}
"""Formato DTE v2.5, table of `TpoDocRef`; alphabetic types are free."""
_DE_EXPORTACION = frozenset({110, 111, 112})
_NACIONALES = _TRIBUTARIOS - _DE_EXPORTACION
_CORREGIBLES: Mapping[TipoDte, frozenset[int]] = {
    TipoDte.NOTA_DEBITO: _NACIONALES,
    TipoDte.NOTA_CREDITO: _NACIONALES,
    TipoDte.EXPORTACION_DEBITO: _DE_EXPORTACION,
    TipoDte.EXPORTACION_CREDITO: _DE_EXPORTACION,
}
_INFORMATIVAS = frozenset({50, 52})
"""Guías: a note may name them without correcting them."""
_UNICAS = frozenset({1, 2})
"""`CodRef` that annuls a document or corrects its text: one at a time."""


def check_referencias(venta: Factura | Liquidacion | Exportacion) -> Iterator[Falla]:
    """Every reference by its form: the kind of document, its folio, whose it is, and its date."""
    emisor = venta.Encabezado.Emisor
    referencias: Sequence[Referencia] = venta.Referencia
    for posicion, referencia in enumerate(referencias):
        ruta, tipo = f"Referencia[{posicion}]", _number(referencia)
        if tipo is not None and tipo not in _REFERIBLES:
            yield Codigo.REFERENCIA_TIPO.falla(f"{ruta}.TpoDocRef", dado=referencia.TpoDocRef)
        if _is_global(referencia, tipo) != (referencia.IndGlobal is not None):
            yield Codigo.REFERENCIA_GLOBAL.falla(f"{ruta}.FolioRef")
        if tipo in _TRIBUTARIOS and not referencia.FolioRef.isdecimal():
            yield Codigo.REFERENCIA_FOLIO.falla(f"{ruta}.FolioRef", tipo=tipo, dado=f"«{referencia.FolioRef}»")
        otro = getattr(referencia, "RUTOtr", None)
        if otro is not None and emisor is not None and otro == emisor.RUTEmisor:
            yield Codigo.REFERENCIA_PROPIA.falla(f"{ruta}.RUTOtr")


def check_nota(venta: Factura | Exportacion) -> Iterator[Falla]:
    """A note corrects at least one document, says how, and just one where it annuls it or corrects its text."""
    tipo = venta.Encabezado.IdDoc.TipoDTE
    referencias: Sequence[Referencia] = venta.Referencia
    corregidas = ajenas = 0
    for posicion, referencia in enumerate(referencias):
        ruta, numero = f"Referencia[{posicion}]", _number(referencia)
        if numero in _CORREGIBLES[tipo] and (referencia.CodRef is not None or numero not in _INFORMATIVAS):
            corregidas += 1
            yield from _check_corregida(venta, referencia, ruta)
        elif referencia.CodRef is not None and numero in _TRIBUTARIOS:
            ajenas += 1
            yield Codigo.REFERENCIA_AJENA.falla(f"{ruta}.TpoDocRef", tipo=int(tipo), dado=numero)
    codigo = next((uno.CodRef for uno in referencias if uno.CodRef in _UNICAS), None)
    if corregidas == ajenas == 0:
        yield Codigo.REFERENCIA_FALTA.falla("Referencia", tipo=int(tipo))
    elif corregidas > 1 and codigo is not None:
        yield Codigo.REFERENCIA_UNICA.falla("Referencia", dado=codigo)


def _check_corregida(venta: Factura | Exportacion, referencia: Referencia, ruta: str) -> Iterator[Falla]:
    """The reference to a corrected document: how it is corrected, and when it was issued."""
    emision = venta.Encabezado.IdDoc.FchEmis
    if referencia.CodRef is None:
        yield Codigo.REFERENCIA_CODIGO.falla(f"{ruta}.CodRef")
    if referencia.FchRef is None:
        yield Codigo.FALTA.falla(f"{ruta}.FchRef")
    elif emision is not None and referencia.FchRef > emision:
        yield Codigo.REFERENCIA_FECHA.falla(f"{ruta}.FchRef", dado=referencia.FchRef, esperado=emision)


def _is_global(referencia: Referencia, tipo: int | None) -> bool:
    """Whether it names no single document; certification's references to its test set (SET) may, and are not global."""
    return referencia.FolioRef == "0" and (tipo is not None or referencia.IndGlobal is not None)


def _number(referencia: Referencia) -> int | None:
    """The kind of document as the SII's number; None for the free ones (HES, SET…)."""
    return int(referencia.TpoDocRef) if referencia.TpoDocRef.isdecimal() else None
