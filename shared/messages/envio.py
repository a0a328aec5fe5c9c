"""The record of an envelope."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.dte.tipos import Canal
from shared.messages.record import Record


class EstadoEnvio(StrEnum):
    """Where an envelope stands. Its documents' states say the same in the document's own words."""

    SUBIENDO = "subiendo"
    """Intent on record: the upload is under way, or was cut short."""
    INCIERTO = "incierto"
    """Bytes left, no answer came."""
    RECIBIDO = "recibido"
    """The SII has it; its verdict is asked for at `proxima_consulta`."""
    NO_RECIBIDO = "no_recibido"
    """The SII took nothing of it."""
    TERMINADO = "terminado"
    """Every document in it has its verdict, or was sent on in another envelope."""


class Respuesta(Record):
    """One thing that the SII said about an envelope, raw, cut to a bound."""

    momento: datetime
    operacion: str
    http: int | None = None
    cuerpo: str = ""
    desconocido: str = ""
    """The code in it that the SII has never published, if it has one: nothing can be concluded from it."""


class Envio(Record):
    """An envelope without its bytes."""

    id: str
    emisor: str
    canal: Canal
    documentos: tuple[str, ...]
    archivo: str
    """File name in the upload."""
    sha256: str
    trabajador: str
    estado: EstadoEnvio
    creado: datetime
    cambiado: datetime
    subidas: int = 0
    track_id: str | None = None
    consultas: int = 0
    proxima_consulta: datetime | None = None
    respuestas: tuple[Respuesta, ...] = ()
