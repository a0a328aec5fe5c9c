"""The values of each field as people write them, in the words of the trade. ValueError says in Spanish what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from services.monitor.busqueda.terminos import fold
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.rut import parse_rut
from shared.dte.tipos import BOLETAS, EXPORTACIONES, NOTAS, TipoDte

T = TypeVar("T")

_FOLIO = re.compile(r"(\d{1,10})(?:(?:-|\.\.)(\d{1,10}))?")
_RUT_SIN_GUION = re.compile(r"(\d{7,8})([\dK])")
_CORTO = 3
"""Letters that may stand for a whole word, if there is only one that begins so."""

_FACTURAS = (TipoDte.FACTURA, TipoDte.FACTURA_EXENTA)
_CREDITO = (TipoDte.NOTA_CREDITO, TipoDte.EXPORTACION_CREDITO)
_DEBITO = (TipoDte.NOTA_DEBITO, TipoDte.EXPORTACION_DEBITO)

TIPOS: Mapping[str, tuple[TipoDte, ...]] = {
    **{fold(tipo.nombre).removesuffix(" electronica"): (tipo,) for tipo in TipoDte},
    **{str(int(tipo)): (tipo,) for tipo in TipoDte},
    **dict.fromkeys(("boleta", "boletas"), tuple(sorted(BOLETAS))),
    **dict.fromkeys(("factura", "facturas"), _FACTURAS),
    **dict.fromkeys(("exenta", "exento"), (TipoDte.FACTURA_EXENTA, TipoDte.BOLETA_EXENTA)),
    "boleta exenta": (TipoDte.BOLETA_EXENTA,),
    "factura exenta": (TipoDte.FACTURA_EXENTA,),
    **dict.fromkeys(("guia", "guias"), (TipoDte.GUIA,)),
    "liquidacion": (TipoDte.LIQUIDACION,),
    **dict.fromkeys(("nota", "notas"), tuple(sorted(NOTAS))),
    **dict.fromkeys(("nc", "nota credito", "notas de credito"), _CREDITO),
    **dict.fromkeys(("nd", "nota debito", "notas de debito"), _DEBITO),
    **dict.fromkeys(("exportacion", "exportaciones"), tuple(sorted(EXPORTACIONES))),
}
"""By folded word."""

ESTADOS: Mapping[str, Estado] = {
    **{estado.value: estado for estado in Estado},
    **{f"{estado.value}s": estado for estado in Estado},
    **dict.fromkeys(("con reparo", "con reparos"), Estado.REPARO),
}
CAUSAS: Mapping[str, Causa] = {fold(causa.value): causa for causa in Causa}


def read_tipos(texto: str) -> tuple[TipoDte, ...]:
    """`39`, `boleta`, `nota de crédito`, `nc`: one word may mean several types."""
    return _look_up(texto, TIPOS, "un tipo de documento", [f"{int(tipo)} ({tipo.nombre})" for tipo in TipoDte])


def read_estado(texto: str) -> Estado:
    """A state by its name, singular or plural, or by its first letters."""
    return _look_up(texto, ESTADOS, "un estado", [estado.value for estado in Estado])


def read_causa(texto: str) -> Causa:
    return _look_up(texto, CAUSAS, "una causa", [causa.value for causa in Causa])


def read_folio(texto: str) -> tuple[int, int]:
    """`1201`, `1.201`, `N° 1201` alone; `1201-1300` and `1201..1300` from the first to the last of them."""
    plain = re.sub(r"(?<=\d)\.(?=\d{3}(?!\d))|^n[°º]?\s*", "", texto.lower().strip())
    found = _FOLIO.fullmatch(plain)
    if found is None:
        raise ValueError(
            f"«{texto}» no es un folio: escriba un número, como folio:1201, o un tramo, como folio:1201-1300"
        )
    first, last = int(found[1]), int(found[2] or found[1])
    if last < first:
        raise ValueError(f"el tramo «{texto}» está al revés: escriba folio:{last}-{first}")
    return first, last


def read_rut(texto: str) -> str:
    """With or without dots, with or without the hyphen, `k` or `K`."""
    plain = re.sub(r"[\s.]", "", texto).upper()
    joined = _RUT_SIN_GUION.fullmatch(plain)
    return parse_rut(f"{joined[1]}-{joined[2]}" if joined else plain)


def _look_up(texto: str, words: Mapping[str, T], what: str, all_: Iterable[str]) -> T:
    word = fold(texto)
    begins = {value for name, value in words.items() if name.startswith(word) and len(word) >= _CORTO}
    if word in words or len(begins) == 1:
        return words[word] if word in words else begins.pop()
    close = get_close_matches(word, words, n=1)
    remedio = f"¿quiso decir «{close[0]}»?" if close else f"escriba uno de estos: {', '.join(all_)}"
    raise ValueError(f"«{texto}» no es {what}: {remedio}")
