"""A document's life on one line of time: its own steps, and what the SII answered to each of its envelopes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from services.monitor.documento import Ficha, Paso, describe_ficha
from shared.dte.citas import Cita
from shared.dte.estado import ENVIABLES, Estado
from shared.dte.plazo import Plazos, compute_vencimiento
from shared.dte.tipos import TipoDte
from shared.messages import Dte, Envio, Intercambio, Respuesta, dte_id

_TIPOS = {str(int(tipo)): tipo for tipo in TipoDte}
_CODIGOS = {"1": "anula", "2": "corrige el texto de", "3": "corrige los montos de"}


class Vista(BaseModel):
    model_config = ConfigDict(frozen=True)


class Momento(Vista):
    """A step of the document, or an answer of the SII about its envelope: one of the two is there."""

    momento: datetime
    tras: timedelta | None
    """Since the moment before; null for the first."""
    paso: Paso | None = None
    respuesta: Respuesta | None = None
    sobre: str | None = None

    @property
    def clave(self) -> str:
        """The same whenever the page is written: what it is of, and when it was."""
        what = f"{self.paso.estado}-{self.paso.operacion or ''}" if self.paso else f"dicho-{self.sobre}"
        return f"{what}-{self.momento.timestamp():.3f}"


class Enlace(Vista):
    """A document that this one refers to."""

    relacion: str
    """A verb."""
    titulo: str
    fecha: str
    razon: str
    id: str | None
    """Of a document of ours; null for any other."""


class Legajo(Vista):
    """Everything about one document but its bytes."""

    ficha: Ficha
    clave: str
    """Under which the till asked for it."""
    momentos: tuple[Momento, ...]
    """The oldest first."""
    sobres: tuple[str, ...]
    """The envelopes that are on record, in the order in which the document was in them."""
    vence: datetime | None
    """Until when it has to be at the SII; null once it is there, or while it is held back on purpose."""
    vencido: bool
    enlaces: tuple[Enlace, ...]


def build_legajo(
    dte: Dte,
    ahora: datetime,
    plazos: Plazos,
    *,
    envios: Sequence[Envio] = (),
    citas: Sequence[Cita] = (),
    propios: Collection[str] = (),
    copia: Intercambio | None = None,
    frenos: Sequence[Dte] = (),
) -> Legajo:
    """The whole. `propios` are those of the documents it refers to that are ours, `frenos` as for `describe_ficha`."""
    ficha = describe_ficha(dte, ahora, copia, frenos)
    open_ = dte.estado in ENVIABLES or dte.estado in (Estado.ENVIANDO, Estado.INCIERTO)
    vence = compute_vencimiento(dte.tipo.canal, dte.creado, plazos) if open_ and not ficha.documento.retenido else None
    return Legajo(
        ficha=ficha,
        clave=dte.clave,
        momentos=_momentos(ficha.pasos, envios),
        sobres=tuple(envio.id for envio in envios),
        vence=vence,
        vencido=vence is not None and vence <= ahora,
        enlaces=tuple(_enlace(dte.emisor, cita, propios) for cita in citas),
    )


def cited_ids(emisor: str, citas: Sequence[Cita]) -> list[str]:
    """What the references would be called if they were documents of the same company."""
    return [id_ for cita in citas if (id_ := _id_of(emisor, cita)) is not None]


def _momentos(pasos: Sequence[Paso], envios: Sequence[Envio]) -> tuple[Momento, ...]:
    """An answer stands before the step that it led to, which has the same moment."""
    rows: list[tuple[datetime, Paso | Respuesta, str | None]] = [
        (respuesta.momento, respuesta, envio.id)
        for envio in envios
        for respuesta in envio.respuestas
        if respuesta.http is not None or respuesta.cuerpo
    ]
    rows += [(paso.momento, paso, paso.envio) for paso in pasos]
    rows.sort(key=lambda row: (row[0], isinstance(row[1], Paso)))
    before: datetime | None = None
    momentos = []
    for momento, what, sobre in rows:
        tras = None if before is None else momento - before
        kind = {"paso": what} if isinstance(what, Paso) else {"respuesta": what}
        momentos.append(Momento.model_validate({"momento": momento, "tras": tras, "sobre": sobre, **kind}))
        before = momento
    return tuple(momentos)


def _id_of(emisor: str, cita: Cita) -> str | None:
    known = cita.tipo in _TIPOS and cita.folio.isdecimal() and cita.folio.isascii()
    return dte_id(emisor, _TIPOS[cita.tipo], int(cita.folio)) if known else None


def _enlace(emisor: str, cita: Cita, propios: Collection[str]) -> Enlace:
    id_ = _id_of(emisor, cita)
    nombre = _TIPOS[cita.tipo].nombre if cita.tipo in _TIPOS else f"Documento {cita.tipo}"
    return Enlace(
        relacion=_CODIGOS.get(cita.codigo, "se refiere a"),
        titulo=f"{nombre} N° {cita.folio}",
        fecha=cita.fecha,
        razon=cita.razon,
        id=id_ if id_ in propios else None,
    )
