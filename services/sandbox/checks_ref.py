"""What the SII looks at in the references of a note: that there is one, and that it fits what it corrects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from services.sandbox.modelo import Correccion, DocumentoRevisado, Objecion
from shared.dte.documento import DteLeido
from shared.dte.rut import RUT_CONSUMIDOR_FINAL
from shared.dte.tipos import NOTAS, TipoDte
from shared.dte.xml import find_texto, local_name

FindRecibido = Callable[[str, int, int], DocumentoRevisado | None]
"""The document that the SII has received of this issuer, of this type, under this folio."""

_ELECTRONICOS = frozenset(map(int, TipoDte))
"""What the SII has on its books; of paper documents it knows nothing."""
_GUIA = int(TipoDte.GUIA)
_TRIBUTARIO_MAX = 112
"""`TpoDocRef` of purchase orders, contracts and the like is 801 or more, or a word."""
_ANULA = "1"


def find_objeciones_ref(documento: etree._Element, leido: DteLeido, find_recibido: FindRecibido) -> Iterator[Objecion]:
    """What is wrong with a note's references; nothing is asked of those of other documents."""
    if leido.tipo not in NOTAS:
        return
    corregidos = 0
    for referencia in documento:
        if local_name(referencia) == "Referencia" and _corrects(referencia):
            corregidos += 1
            yield from _check_corregido(referencia, leido, find_recibido)
    if corregidos == 0:
        yield Objecion("REF", 3, 415, "Nota sin referencia al documento que corrige")


def find_correcciones(documento: etree._Element, leido: DteLeido) -> Iterator[Correccion]:
    """The single documents that a note corrects."""
    for referencia in documento:
        if local_name(referencia) != "Referencia" or leido.tipo not in NOTAS or _texto(referencia, "IndGlobal"):
            continue
        tipo, folio, codigo = (_numero(referencia, campo) for campo in ("TpoDocRef", "FolioRef", "CodRef"))
        if tipo in _ELECTRONICOS and folio is not None and codigo is not None:
            yield Correccion(_texto(referencia, "RUTOtr") or leido.emisor, tipo, folio, codigo)


def _corrects(referencia: etree._Element) -> bool:
    """Whether it is of a tax document that the note corrects; guías may just be mentioned."""
    tipo = _numero(referencia, "TpoDocRef")
    return tipo is not None and tipo <= _TRIBUTARIO_MAX and (tipo != _GUIA or _texto(referencia, "CodRef") != "")


def _check_corregido(referencia: etree._Element, nota: DteLeido, find_recibido: FindRecibido) -> Iterator[Objecion]:
    codigo = _texto(referencia, "CodRef")
    if not codigo:
        yield Objecion("REF", 3, 758, "Codigo de Referencia no informado", _name(referencia))
    tipo, folio = _numero(referencia, "TpoDocRef"), _numero(referencia, "FolioRef")
    if tipo not in _ELECTRONICOS or _texto(referencia, "IndGlobal"):
        return
    original = find_recibido(_texto(referencia, "RUTOtr") or nota.emisor, tipo, folio) if folio is not None else None
    if original is None:
        yield Objecion("REF", 3, 750, "DTE Referenciado no ha sido recibido en el SII", _name(referencia))
        return
    if original.receptor not in (nota.receptor, RUT_CONSUMIDOR_FINAL):
        yield Objecion("REF", 3, 751, "RUT Receptor no corresponde al del DTE Referenciado", original.receptor)
    if codigo == _ANULA and original.monto != nota.monto:
        yield Objecion("REF", 2, 780, "Monto no corresponde al del DTE que se anula", str(original.monto))


def _texto(referencia: etree._Element, campo: str) -> str:
    return find_texto(referencia, campo) or ""


def _numero(referencia: etree._Element, campo: str) -> int | None:
    texto = _texto(referencia, campo)
    return int(texto) if texto.isdecimal() else None


def _name(referencia: etree._Element) -> str:
    return f"{_texto(referencia, 'TpoDocRef')} {_texto(referencia, 'FolioRef')}"
