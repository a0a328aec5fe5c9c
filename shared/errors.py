"""The one tree of exceptions: every failure that Posta knows is one of these five.

Vendor exceptions (motor, aio-pika, httpx, lxml, xmlsec, cryptography) are translated into them at the edge, so no other
module needs to know a vendor. Messages are in Spanish because people read them.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Falla:
    """One thing that is wrong with an input: where (`ruta`), which rule (`codigo`), and what to do (`mensaje`)."""

    ruta: str
    codigo: str
    mensaje: str

    def __str__(self) -> str:
        return f"{self.ruta}: {self.mensaje} [{self.codigo}]" if self.ruta else f"{self.mensaje} [{self.codigo}]"


class PostaError(Exception):
    """Whatever Posta raises on purpose."""


class Unavailable(PostaError):
    """MongoDB, RabbitMQ or another service does not answer now: pause and try again, for ever. 503 at the POS."""

    def __init__(self, servicio: str, detalle: str = "") -> None:
        self.servicio = servicio
        super().__init__(f"{servicio} no responde ahora" + (f": {detalle}" if detalle else ""))


class Invalid(PostaError):
    """The input is wrong and stays wrong. 422 at the POS; parked at the broker."""

    def __init__(self, *fallas: Falla) -> None:
        self.fallas: Sequence[Falla] = fallas
        super().__init__("; ".join(str(falla) for falla in fallas))

    @classmethod
    def one(cls, ruta: str, codigo: str, mensaje: str) -> Invalid:
        return cls(Falla(ruta, codigo, mensaje))


class FoliosExhausted(PostaError):
    """No folio is left for this company and type: sales wait, none is lost. 503 and an alert."""

    def __init__(self, emisor: str, tipo: int) -> None:
        self.emisor = emisor
        self.tipo = tipo
        super().__init__(
            f"no quedan folios del tipo {tipo} para {emisor}: importe un CAF nuevo con «posta caf import ARCHIVO»"
        )


class Conflict(PostaError):
    """Somebody else moved first, or the same key came with other content. 409, or read again."""


class Misconfigured(PostaError):
    """The installation is wrong; the message names the setting. Named at start, exit status 78."""

    EXIT_STATUS = 78  # EX_CONFIG of sysexits.h


_DEL_SISTEMA = {
    errno.ENOENT: "no existe",
    errno.EACCES: "no hay permiso",
    errno.EPERM: "no hay permiso",
    errno.EISDIR: "es una carpeta",
    errno.ENOTDIR: "en su ruta hay un archivo donde va una carpeta",
    errno.EEXIST: "ya existe",
    errno.ENOSPC: "no queda espacio en el disco",
    errno.EROFS: "el disco es de sólo lectura",
    errno.ENAMETOOLONG: "el nombre es demasiado largo",
    errno.EMFILE: "hay demasiados archivos abiertos",
}


def explain(error: OSError) -> str:
    """The system's reason in Spanish, where people meet it."""
    return _DEL_SISTEMA.get(error.errno or 0) or error.strerror or str(error)
