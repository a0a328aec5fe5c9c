"""A mail as a value: what it says, where it goes, and, as a closed set, what became of it. Knows no network.

Whatever comes from outside (a company's name, an address in a document) passes `clean` or `parse_direccion` before it
enters a header: a line break in it would be a header of somebody else's making.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum

NOMBRE_MAX = 80
ASUNTO_MAX = 150
_DIRECCION_MAX = 254
"""RFC 5321, section 4.5.3.1.3, without the angle brackets."""
_DIRECCION = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


class Seguridad(StrEnum):
    """How the connection to a mail server is protected."""

    STARTTLS = "starttls"
    """Begins in the clear and must turn to TLS (587)."""
    SSL = "ssl"
    """TLS from the first byte (465)."""
    NINGUNA = "ninguna"
    """In the clear: for a server on this machine only."""


@dataclass(frozen=True, slots=True)
class ServidorCorreo:
    """Where mail is handed in, and as whom."""

    host: str
    puerto: int
    seguridad: Seguridad
    usuario: str | None = None
    clave: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Adjunto:
    """An attached file. `tipo` is its media type."""

    nombre: str
    tipo: str
    contenido: bytes


@dataclass(frozen=True, slots=True)
class Mensaje:
    """One mail to one address. The same value always gives the same bytes."""

    id: str
    """Its Message-ID without the angle brackets: by it a repetition is told."""
    fecha: datetime
    remitente: str
    nombre: str
    """Of whoever sends, as people read it."""
    destino: str
    asunto: str
    texto: str
    adjuntos: Sequence[Adjunto] = ()

    def to_bytes(self) -> bytes:
        """The mail as it travels (RFC 5322). ValueError if an address is none."""
        correo = EmailMessage(policy=SMTP)
        correo["Message-ID"] = f"<{self.id}>"
        correo["Date"] = self.fecha
        correo["From"] = Address(clean(self.nombre, NOMBRE_MAX), addr_spec=parse_direccion(self.remitente))
        correo["To"] = Address(addr_spec=parse_direccion(self.destino))
        correo["Subject"] = clean(self.asunto, ASUNTO_MAX)
        correo.set_content(self.texto)
        for adjunto in self.adjuntos:
            principal, _, otro = adjunto.tipo.partition("/")
            correo.add_attachment(
                adjunto.contenido, maintype=principal, subtype=otro, filename=clean(adjunto.nombre, NOMBRE_MAX)
            )
        if self.adjuntos:
            correo.set_boundary(f"=_{hashlib.sha256(self.id.encode()).hexdigest()[:32]}")
        return correo.as_bytes()


class CausaCorreo(StrEnum):
    """Why a mail has not arrived; what is shown, grouped by and replayed by."""

    CONEXION = "correo_conexion"
    """The mail server cannot be reached, or takes nothing from anybody."""
    POSPUESTO = "correo_pospuesto"
    """It asks to come again later with this mail (4xx)."""
    DIRECCION = "correo_direccion"
    REMITENTE = "correo_remitente"
    RECHAZADO = "correo_rechazado"
    """It does not want this mail (5xx)."""
    CREDENCIALES = "correo_credenciales"
    TLS = "correo_tls"
    INCIERTO = "correo_incierto"
    """The mail left and no answer came."""
    SOBRE = "correo_sobre"
    """There is no mail: its envelope cannot be made."""
    APAGADO = "correo_apagado"
    """The company has switched its mail off meanwhile."""

    @property
    def remedio(self) -> str:
        """What a person has to do, in Spanish."""
        return _REMEDIOS[self]


_REMEDIOS = {
    CausaCorreo.CONEXION: "El servidor de correo no atiende. Se reintenta solo; si dura, revise su host y su puerto.",
    CausaCorreo.POSPUESTO: "El servidor pide volver más tarde. Se reintenta cada hora, por un día; después, reenvíela.",
    CausaCorreo.DIRECCION: "La dirección no existe o no recibe. Pida la correcta al cliente y reenvíe con «--correo».",
    CausaCorreo.REMITENTE: "El servidor no acepta el remitente. Corríjalo con «posta emisor correo» y reenvíe.",
    CausaCorreo.RECHAZADO: "El servidor no acepta este correo. Vea su respuesta, corrija lo que pide y reenvíe.",
    CausaCorreo.CREDENCIALES: "El usuario o la clave no valen. Corríjalos con «posta emisor correo» y reenvíe.",
    CausaCorreo.TLS: "No hay una conexión segura con el servidor. Revise su nombre, su certificado y «--seguridad».",
    CausaCorreo.INCIERTO: "No se sabe si llegó. Pregunte al cliente; si no la tiene, reenvíe.",
    CausaCorreo.APAGADO: "La empresa apagó el envío de copias. Enciéndalo con «posta emisor correo» y reenvíe.",
    CausaCorreo.SOBRE: "No se pudo armar el sobre de la copia. Corrija lo que dice la glosa y reenvíe.",
}


@dataclass(frozen=True, slots=True)
class Entregado:
    """The server has taken responsibility for the mail. `texto` is what it said."""

    texto: str


@dataclass(frozen=True, slots=True)
class NoAhora:
    """Nothing was taken; the same mail later. A `caida` is nobody's attempt: the server takes nothing from anybody."""

    causa: CausaCorreo
    codigo: str
    texto: str

    @property
    def caida(self) -> bool:
        return self.causa is CausaCorreo.CONEXION


@dataclass(frozen=True, slots=True)
class Rechazado:
    """Nothing was taken, nor will be until a person acts."""

    causa: CausaCorreo
    codigo: str
    texto: str


@dataclass(frozen=True, slots=True)
class Incierto:
    """The mail left, or part of it, and no answer came."""

    texto: str
    causa: CausaCorreo = CausaCorreo.INCIERTO
    codigo: str = ""


ResultadoCorreo = Entregado | NoAhora | Rechazado | Incierto


def parse_direccion(texto: str) -> str:
    """One plain mail address, without a name. ValueError, in Spanish, for anything else, other alphabets included."""
    direccion = texto.strip()
    if len(direccion) > _DIRECCION_MAX or _DIRECCION.fullmatch(direccion) is None:
        raise ValueError("no es una dirección de correo: se espera una sola, como dte@empresa.cl")
    return direccion


def clean(texto: str, largo: int) -> str:
    """A text on one line, without control characters, cut to `largo`."""
    una = " ".join("".join(letra if letra.isprintable() else " " for letra in texto).split())
    return una if len(una) <= largo else una[: largo - 1] + "…"
