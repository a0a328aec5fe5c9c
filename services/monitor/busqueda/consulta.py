"""What a person asks for in one line: pure, from text to a criterion, with what is wrong named term by term.

A term that is not understood makes the whole query wrong: a list that left it out would show something else than was
asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from services.monitor.busqueda.campos import ALIAS, EJEMPLOS, Campo
from services.monitor.busqueda.lectura import Lectura, Pegado
from services.monitor.busqueda.terminos import Termino, fold, join_terminos, split_terminos
from services.monitor.busqueda.valores import ESTADOS, TIPOS
from shared.adapters.mongo.criterio import TODOS, Criterio
from shared.dte.plazo import Plazos
from shared.errors import Falla

LARGO_MAX = 2_000
TERMINOS_MAX = 100
VALORES_MAX = 100
CODIGO = "POSTA-MON-10"

_HORA = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_RUT = re.compile(r"\d{1,8}-[\dK]")
_TRAMO = re.compile(r"\d{1,10}\.\.\d{1,10}")


@dataclass(frozen=True, slots=True)
class Ficha:
    """One term as it was understood, and the query without it."""

    campo: str
    """Its name for people."""
    valor: str
    sin: str


@dataclass(frozen=True, slots=True)
class Consulta:
    """A query that was read. With `fallas` it must not be carried out."""

    texto: str
    criterio: Criterio = TODOS
    pegados: tuple[tuple[Pegado, ...], ...] = ()
    """Values to look up: alternatives within each group, and every group has to hold."""
    fichas: tuple[Ficha, ...] = ()
    fallas: tuple[Falla, ...] = ()


def parse_consulta(texto: str, ahora: datetime, plazos: Plazos) -> Consulta:
    """The query that `texto` asks for at the moment `ahora`. Whatever is wrong with it is in `fallas`, in Spanish."""
    terminos = split_terminos(texto[:LARGO_MAX])
    fallas = _check_size(texto, terminos)
    lectura, fichas = Lectura(ahora, plazos), []
    for at, termino in enumerate(terminos[:TERMINOS_MAX]):
        sin = join_terminos(terminos[:at] + terminos[at + 1 :])
        try:
            titulo = _read(termino, lectura)
        except ValueError as error:
            titulo = termino.campo or "?"
            fallas.append(Falla(termino.crudo, CODIGO, str(error)))
        fichas.append(Ficha(titulo, ", ".join(termino.valores), sin))
    fallas += _check_whole(lectura.criterio)
    pegados = (*lectura.nombrados, *([tuple(lectura.sueltos)] if lectura.sueltos else ()))
    return Consulta(join_terminos(terminos), lectura.criterio, pegados, tuple(fichas), tuple(fallas))


def _check_size(texto: str, terminos: Sequence[Termino]) -> list[Falla]:
    if len(texto) <= LARGO_MAX and len(terminos) <= TERMINOS_MAX:
        return []
    mensaje = f"la búsqueda es muy larga: caben {LARGO_MAX} letras y {TERMINOS_MAX} términos"
    return [Falla("", CODIGO, mensaje)]


def _check_whole(criterio: Criterio) -> list[Falla]:
    fallas = []
    if criterio.cajas and not criterio.tiendas:
        fallas.append(Falla("caja", CODIGO, "agregue de qué tienda es la caja, como tienda:Providencia caja:2"))
    if criterio.desde and criterio.hasta and criterio.desde >= criterio.hasta:
        fallas.append(Falla("desde/hasta", CODIGO, "las fechas se contradicen: ningún momento cumple las dos"))
    return fallas


def _read(termino: Termino, lectura: Lectura) -> str:
    """Take one term in; gives the name of its field for people."""
    campo = _guess(termino) if termino.campo is None else _named(termino.campo, termino)
    if not termino.valores:
        raise ValueError(f"falta el valor: escriba por ejemplo {EJEMPLOS[campo or Campo.FOLIO][0]}")
    if len(termino.valores) > VALORES_MAX:
        raise ValueError(f"son demasiados valores: caben {VALORES_MAX}")
    if campo is None:
        lectura.paste(termino.valores[0])
        return "Texto"
    lectura.read(campo, termino.valores)
    return campo.capitalize()


def _named(name: str, termino: Termino) -> Campo:
    if name in ALIAS:
        return ALIAS[name]
    close = get_close_matches(name, ALIAS, n=1, cutoff=0.7)
    if close:
        raise ValueError(f"«{name}:» no es un campo: ¿quiso decir «{ALIAS[close[0]]}:»?")
    campos = ", ".join(f"{campo}:" for campo in Campo)
    quoted = f'escríbalo entre comillas: "{termino.crudo}"'
    raise ValueError(f"«{name}:» no es un campo. Los campos son {campos}. Si es parte del texto, {quoted}")


def _guess(termino: Termino) -> Campo | None:
    """What a value without a name is; None when only looking it up can tell, as for whatever stands in quotes."""
    valor = termino.valores[0] if termino.valores else ""
    word = fold(valor)
    if termino.crudo.startswith('"'):
        return None
    if word in ALIAS:
        raise ValueError(f"después de «{valor}» van dos puntos y el valor, como {EJEMPLOS[ALIAS[word]][0]}")
    if _HORA.fullmatch(valor):
        raise ValueError(f"«{valor}» es una hora: escríbala junto a su día, como desde:24-11T{valor[:5]}")
    if word in ESTADOS:
        return Campo.ESTADO
    if word in TIPOS and not word.isdecimal():
        return Campo.TIPO
    if _RUT.fullmatch(valor.replace(".", "").upper()):
        return Campo.RUT
    return Campo.FOLIO if _TRAMO.fullmatch(valor) else None
