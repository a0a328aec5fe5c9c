"""What each field of a search does to the criterion that is being read. ValueError says in Spanish what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.monitor.busqueda.campos import Campo
from services.monitor.busqueda.fechas import read_hasta, read_tramo
from services.monitor.busqueda.terminos import fold
from services.monitor.busqueda.valores import read_causa, read_estado, read_folio, read_rut, read_tipos
from shared.adapters.mongo.criterio import TODOS, Criterio
from shared.dte.plazo import Plazos, compute_limites
from shared.dte.tipos import CANALES_SII

_ID = re.compile(r"(\d{1,8}-[\dK])-(\d{2,3})-(\d{1,10})")


@dataclass(frozen=True, slots=True)
class Pegado:
    """A value that has to be looked up before it leads to documents: what it may be, exactly as it was pasted."""

    valor: str
    campos: frozenset[Campo]
    """FOLIO, TRACK, CLAVE, SOBRE, ID or REFERENCIA."""


@dataclass(slots=True)
class Lectura:
    """A query while it is being read, at the moment `ahora`."""

    ahora: datetime
    plazos: Plazos
    criterio: Criterio = TODOS
    sueltos: list[Pegado] = field(default_factory=list)
    """Values without a name: alternatives, as somebody pastes a column of them."""
    nombrados: list[tuple[Pegado, ...]] = field(default_factory=list)
    """Values of named fields: alternatives within each, all of which have to hold."""

    def read(self, campo: Campo, valores: tuple[str, ...]) -> None:
        """Take one term in."""
        _READERS[campo](self, valores)

    def paste(self, valor: str) -> None:
        """Take in a value of which only a look at the database can tell what it is."""
        plain = valor.replace(".", "").upper()
        campos = {Campo.CLAVE, Campo.SOBRE}
        if _ID.fullmatch(plain):
            campos = {Campo.CLAVE, Campo.ID}
        elif plain.isdecimal() and plain.isascii():
            campos |= {Campo.FOLIO, Campo.TRACK}
        self.sueltos.append(Pegado(valor, frozenset(campos)))


def read_id(valor: str) -> str:
    """The identity of a document as it is stored. ValueError if it has another form."""
    found = _ID.fullmatch(valor.replace(".", "").upper())
    if found is None:
        raise ValueError(f"«{valor}» no es una identidad: es emisor-tipo-folio, como 76192083-9-39-1201")
    return f"{found[1]}-{int(found[2])}-{int(found[3])}"


Reader = Callable[[Lectura, tuple[str, ...]], None]


def _adding(name: str, read: Callable[[str], object]) -> Reader:
    """Values that are alternatives, those of a repeated term too."""

    def add(lectura: Lectura, valores: tuple[str, ...]) -> None:
        known = getattr(lectura.criterio, name)
        values = dict.fromkeys((*known, *map(read, valores)))
        changed: dict[str, Any] = {name: tuple(values)}
        lectura.criterio = replace(lectura.criterio, **changed)

    return add


def _add_tipos(lectura: Lectura, valores: tuple[str, ...]) -> None:
    tipos = dict.fromkeys((*lectura.criterio.tipos, *(tipo for valor in valores for tipo in read_tipos(valor))))
    lectura.criterio = replace(lectura.criterio, tipos=tuple(tipos))


def _add_folios(lectura: Lectura, valores: tuple[str, ...]) -> None:
    folios = tuple(dict.fromkeys((*lectura.criterio.folios, *map(read_folio, valores))))
    if len(folios) > 1 and any(first != last for first, last in folios):
        raise ValueError("un tramo de folios va solo: busque un tramo, o varios folios separados por comas")
    lectura.criterio = replace(lectura.criterio, folios=folios)


def _take_desde(lectura: Lectura, valores: tuple[str, ...]) -> None:
    _limit(lectura, desde=read_tramo(_only(valores), lectura.ahora)[0])


def _take_hasta(lectura: Lectura, valores: tuple[str, ...]) -> None:
    _limit(lectura, hasta=read_hasta(_only(valores), lectura.ahora))


def _take_fecha(lectura: Lectura, valores: tuple[str, ...]) -> None:
    start, end = read_tramo(_only(valores), lectura.ahora)
    _limit(lectura, desde=start, hasta=end)


def _limit(lectura: Lectura, *, desde: datetime | None = None, hasta: datetime | None = None) -> None:
    """Narrow the time to what was asked for before and to this."""
    known = lectura.criterio
    starts = [moment for moment in (known.desde, desde) if moment is not None]
    ends = [moment for moment in (known.hasta, hasta) if moment is not None]
    lectura.criterio = replace(known, desde=max(starts, default=None), hasta=min(ends, default=None))


def _take_espera(lectura: Lectura, valores: tuple[str, ...]) -> None:
    if fold(_only(valores)) not in ("persona", "una persona"):
        raise ValueError("sólo se puede buscar espera:persona; lo que espera una hora es estado:pendiente")
    lectura.criterio = replace(lectura.criterio, apartado=True)


def _take_plazo(lectura: Lectura, valores: tuple[str, ...]) -> None:
    which = fold(_only(valores))
    if which not in ("por vencer", "vencido", "vencidos"):
        raise ValueError("escriba plazo:por_vencer o plazo:vencido")
    limits = {clase: compute_limites(clase, lectura.ahora, lectura.plazos) for clase in CANALES_SII}
    late = {clase: limit.por_vencer if which == "por vencer" else limit.vencidos for clase, limit in limits.items()}
    lectura.criterio = replace(lectura.criterio, limites=tuple(late.items()))


def _add_ids(lectura: Lectura, valores: tuple[str, ...]) -> None:
    lectura.criterio = lectura.criterio.narrowed(tuple(map(read_id, valores)))


def _pasting(campo: Campo, read: Callable[[str], str] = str) -> Reader:
    def paste(lectura: Lectura, valores: tuple[str, ...]) -> None:
        lectura.nombrados.append(tuple(Pegado(read(valor), frozenset({campo})) for valor in valores))

    return paste


def _only(valores: tuple[str, ...]) -> str:
    if len(valores) > 1:
        raise ValueError("aquí va un solo valor, sin comas")
    return valores[0]


_READERS: Mapping[Campo, Reader] = {
    Campo.FOLIO: _add_folios,
    Campo.RUT: _adding("receptores", read_rut),
    Campo.TIPO: _add_tipos,
    Campo.ESTADO: _adding("estados", read_estado),
    Campo.TIENDA: _adding("tiendas", str),
    Campo.CAJA: _adding("cajas", str),
    Campo.CAUSA: _adding("causas", read_causa),
    Campo.EMISOR: _adding("emisores", read_rut),
    Campo.FECHA: _take_fecha,
    Campo.DESDE: _take_desde,
    Campo.HASTA: _take_hasta,
    Campo.ESPERA: _take_espera,
    Campo.PLAZO: _take_plazo,
    Campo.TRACK: _pasting(Campo.TRACK),
    Campo.CLAVE: _pasting(Campo.CLAVE),
    Campo.SOBRE: _pasting(Campo.SOBRE),
    Campo.ID: _add_ids,
    Campo.REFERENCIA: _pasting(Campo.REFERENCIA, read_id),
}
