"""The SII's verdict on an envelope or a document, as closed sets, and what an envelope's says of each document.

The answers are read into these sets in `consulta.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shared.dte.causa import Causa
from shared.dte.estado import Estado


@dataclass(frozen=True, slots=True)
class Contador:
    """How many documents of one type the SII counts in an envelope, by verdict."""

    tipo: int
    informados: int
    aceptados: int
    rechazados: int
    reparos: int


@dataclass(frozen=True, slots=True)
class Detalle:
    """One document that the REST service objects to, and the reasons with their codes."""

    tipo: int
    folio: int
    estado: Estado
    causa: Causa
    codigo: str
    glosa: str


@dataclass(frozen=True, slots=True)
class EnProceso:
    """No verdict yet; `desconocido` when the code is none that the SII has published."""

    codigo: str
    glosa: str = ""
    desconocido: bool = False


@dataclass(frozen=True, slots=True)
class Procesado:
    """The verdict is there. Neither counters nor details are promised to be complete."""

    codigo: str
    contadores: tuple[Contador, ...] = ()
    detalles: tuple[Detalle, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvioRechazado:
    """The envelope was refused as a whole; `registrado` when some of its documents may be at the SII all the same."""

    causa: Causa
    codigo: str
    glosa: str
    registrado: bool = False


@dataclass(frozen=True, slots=True)
class Perdido:
    """The SII lost the file: the identical bytes have to be sent again."""

    codigo: str
    glosa: str = ""


@dataclass(frozen=True, slots=True)
class TokenVencido:
    """The question has to be asked again with a new token."""

    codigo: str = ""


@dataclass(frozen=True, slots=True)
class SinVeredicto:
    """The question was not answered: ask later."""

    causa: Causa
    codigo: str = ""
    glosa: str = ""


@dataclass(frozen=True, slots=True)
class ConsultaBloqueada:
    """The question will not be answered until a person acts."""

    causa: Causa
    codigo: str
    glosa: str = ""


ConsultaEnvio = EnProceso | Procesado | EnvioRechazado | Perdido | TokenVencido | SinVeredicto | ConsultaBloqueada


@dataclass(frozen=True, slots=True)
class Registrado:
    """The SII holds this very document, perhaps modified by a later note. A DTEBox also tells the SII's track id."""

    codigo: str
    glosa: str = ""
    track_id: str = ""


@dataclass(frozen=True, slots=True)
class EnTramite:
    """A DTEBox holds the document and has no verdict of the SII yet; `desconocido` when its code is a new one."""

    codigo: str
    glosa: str = ""
    track_id: str = ""
    desconocido: bool = False


@dataclass(frozen=True, slots=True)
class RechazadoSii:
    """A DTEBox has brought the document to the SII, which refused it."""

    codigo: str
    glosa: str = ""
    track_id: str = ""


@dataclass(frozen=True, slots=True)
class NoRecibido:
    """The folio is authorised and not at the SII: not sent, still in process, or rejected."""

    glosa: str = ""


@dataclass(frozen=True, slots=True)
class Distinto:
    """The SII holds other data under this folio."""

    glosa: str = ""


@dataclass(frozen=True, slots=True)
class FolioInvalido:
    """The folio is not authorised, or annulled: no upload of it will ever be taken."""

    codigo: str
    glosa: str = ""


ConsultaDte = (
    Registrado
    | EnTramite
    | RechazadoSii
    | NoRecibido
    | Distinto
    | FolioInvalido
    | TokenVencido
    | SinVeredicto
    | ConsultaBloqueada
)


@dataclass(frozen=True, slots=True)
class Veredicto:
    """The final word on one document: ACEPTADO, REPARO or RECHAZADO, and for the latter two why."""

    estado: Estado
    causa: Causa | None = None
    codigo: str = ""
    glosa: str = ""


Documento = tuple[int, int]
"""Type and folio: within one envelope the issuer is the same."""


def settle_documentos(procesado: Procesado, documentos: Collection[Documento]) -> dict[Documento, Veredicto]:
    """The documents of an envelope whose verdict is beyond doubt; the others have to be asked about one by one.

    Among those are all that were refused as repeated, or without a reason: an earlier upload of them may have been
    accepted.
    """
    con_detalle = {(d.tipo, d.folio): d for d in procesado.detalles if (d.tipo, d.folio) in documentos}
    settled = {
        documento: Veredicto(detalle.estado, detalle.causa, detalle.codigo, detalle.glosa)
        for documento, detalle in con_detalle.items()
        if detalle.causa is not Causa.REPETIDO
    }
    for tipo in {tipo for tipo, _ in documentos}:
        del_tipo = [documento for documento in documentos if documento[0] == tipo]
        detalles = [detalle for documento, detalle in con_detalle.items() if documento[0] == tipo]
        resto = _settle_tipo(procesado, tipo, len(del_tipo), detalles)
        if resto is not None:
            settled |= {documento: resto for documento in del_tipo if documento not in con_detalle}
    return settled


def _settle_tipo(procesado: Procesado, tipo: int, cuantos: int, detalles: list[Detalle]) -> Veredicto | None:
    """The verdict of the documents of one type that no detail names; None when the counters leave it open."""
    contador = next((c for c in procesado.contadores if c.tipo == tipo), None)
    if contador is None:
        objetado = procesado.codigo in ("RPR", "RLV") and not procesado.detalles
        return Veredicto(Estado.REPARO, Causa.CONTENIDO, procesado.codigo) if objetado else None
    decididos = contador.aceptados + contador.rechazados + contador.reparos
    if contador.informados != cuantos or decididos < cuantos:
        return None
    rechazados = sum(detalle.estado is Estado.RECHAZADO for detalle in detalles)
    reparos = sum(detalle.estado is Estado.REPARO for detalle in detalles)
    if (rechazados, reparos) == (contador.rechazados, contador.reparos):
        return Veredicto(Estado.ACEPTADO)
    if contador.reparos == cuantos:
        return Veredicto(Estado.REPARO, Causa.CONTENIDO, procesado.codigo)
    return None


def settle_registrados(procesado: Procesado, registrados: Collection[Documento]) -> dict[Documento, Veredicto]:
    """The verdict of documents that the SII holds by its word on their folio, which says nothing of objections.

    QueryEstDte says DOK with and without them. So where the counters of a type have more objections than details, the
    documents that no detail names are all taken to be objected to: the result e-mail says which, and nobody reads it
    for a document that is said to have passed. That is exact if the counters have none without an objection.
    """
    return {documento: _settle_registrado(procesado, documento[0]) for documento in registrados}


def _settle_registrado(procesado: Procesado, tipo: int) -> Veredicto:
    contador = next((c for c in procesado.contadores if c.tipo == tipo), None)
    named = sum(detalle.tipo == tipo and detalle.estado is Estado.REPARO for detalle in procesado.detalles)
    if contador is None or contador.reparos <= named:
        return Veredicto(Estado.ACEPTADO)
    reparos, sin_nombre = contador.reparos - named, contador.aceptados + contador.reparos - named
    cuales = "" if contador.aceptados == 0 else f" El SII objetó {reparos} de estos {sin_nombre} y no dice cuáles."
    glosa = f"Aceptado con reparos.{cuales} El motivo está en el correo de respuesta del envío."
    return Veredicto(Estado.REPARO, Causa.CONTENIDO, procesado.codigo, glosa)


def count_unexplained(procesado: Procesado) -> int:
    """How many documents of an envelope were rejected, less those of which the SII says why."""
    explained = sum(detalle.estado is Estado.RECHAZADO for detalle in procesado.detalles)
    return sum(contador.rechazados for contador in procesado.contadores) - explained


def find_repetidos(procesado: Procesado) -> dict[Documento, Detalle]:
    """The documents that the SII had before. That rejects none of them: the upload before may still be in process."""
    return {(d.tipo, d.folio): d for d in procesado.detalles if d.causa is Causa.REPETIDO}
