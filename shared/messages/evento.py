"""What is published of a document: work for the sender, and changes of state, with their routing keys."""

from __future__ import annotations

from datetime import datetime

from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages.documento import Dte, ErrorEnvio, Evento
from shared.messages.record import Record


class Atributos(Record):
    """What an event on `posta.eventos` says of itself: the context attributes of CloudEvents 1.0."""

    id: str
    """The same however often the event is published: by it a repetition is told."""
    tipo: str
    momento: datetime
    sujeto: str
    """What it is about: the document's id, or the key of a sale that became none."""


def atributos_of(dte_id_: str, evento: Evento) -> Atributos:
    """The attributes of an event about a document."""
    tipo = f"posta.dte.{evento.clase}.v1"
    return Atributos(id=f"{dte_id_}/{evento.id}", tipo=tipo, momento=evento.momento, sujeto=dte_id_)


class Trabajo(Record):
    """One delivery for the sender: which document, and with which half of a refused envelope it travels."""

    id: str
    emisor: str
    tipo: TipoDte
    folio: int
    canal: Canal
    prioridad: Prioridad
    sha256: str
    grupo: str | None = None

    @property
    def routing_key(self) -> str:
        return f"dte.firmado.{self.canal}.{self.prioridad}.{self.tipo:d}.{self.emisor}"


def trabajo_of(dte: Dte) -> Trabajo:
    return Trabajo.model_validate(dte, from_attributes=True)


class CambioEstado(Record):
    """Body of a `dte.estado…` event."""

    id: str
    emisor: str
    tipo: TipoDte
    folio: int
    estado: Estado
    momento: datetime
    terminal: str
    tienda: str
    caja: str
    clave: str
    monto: int
    track_id: str | None = None
    error_envio: ErrorEnvio | None = None

    @property
    def routing_key(self) -> str:
        lugar = f"{routing_word(self.tienda)}.{routing_word(self.caja)}"
        return f"dte.estado.{self.estado}.{self.tipo:d}.{self.emisor}.{lugar}"


def cambio_of(dte: Dte, evento: Evento) -> CambioEstado:
    """What `evento` tells of a document, which may have moved on since."""
    fields = {name: getattr(dte, name) for name in CambioEstado.model_fields if name not in ("estado", "momento")}
    return CambioEstado(**fields, estado=evento.estado, momento=evento.momento)


_PALABRA_MAX = 80


def routing_word(texto: str) -> str:
    """A name as one word of a routing key, which has 255 bytes in all."""
    return texto.replace(".", "_").encode()[:_PALABRA_MAX].decode(errors="ignore") or "-"
