"""The exchange copy: how a company sends it, and where the copy of one document stands."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.correo import Seguridad
from shared.messages.documento import ErrorEnvio
from shared.messages.record import Record


class CorreoEmisor(Record):
    """A company's way to send mail. Not `activo`: no copies are made."""

    rut: str
    activo: bool
    host: str
    puerto: int
    seguridad: Seguridad
    usuario: str | None = None
    clave: bytes | None = None
    """Encrypted."""
    remitente: str
    pdf: bool = True
    """Whether the printed representation goes with the envelope."""


class EstadoIntercambio(StrEnum):
    """Where the copy of one document stands."""

    PENDIENTE = "pendiente"
    """Its envelope is on record; it goes at `proximo_intento`."""
    ENVIANDO = "enviando"
    """`trabajador` hands it in at this moment, or died doing so."""
    ENTREGADO = "entregado"
    APARTADO = "apartado"
    """Waits for a person."""
    SIN_CORREO = "sin_correo"
    """The document names no address: there is nobody to send it to."""


class Intercambio(Record):
    """The copy of one document, by the document's id. The address is personal data: never in a log or a message."""

    id: str
    emisor: str
    correo: str
    archivo: str = ""
    message_id: str = ""
    """Without the angle brackets; the same for every attempt."""
    sha256: str = ""
    """Of the envelope."""
    estado: EstadoIntercambio
    creado: datetime
    cambiado: datetime
    intentos: int = 0
    proximo_intento: datetime | None = None
    error: ErrorEnvio | None = None
    trabajador: str | None = None
