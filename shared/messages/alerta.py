"""What somebody has to be told: an alert, how long it has stood, and each telling of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared.messages.record import Record


class ClaseAlerta(StrEnum):
    """What is wrong; closed, so that each has its patience and its period."""

    FOLIOS = "folios"
    CAF_VENCE = "caf_vence"
    CERTIFICADO_VENCE = "certificado_vence"
    SII_CAIDO = "sii_caido"
    CORREO_CAIDO = "correo_caido"
    """A company's mail server is away: its customers' copies wait."""
    CODIGO_DESCONOCIDO = "codigo_desconocido"
    """The SII answers with a code that nobody has published: what it is about stays in process."""
    PLAZO = "plazo"
    CUADRATURA = "cuadratura"
    SIN_CONSUMIDORES = "sin_consumidores"
    SERVIDOR_AUSENTE = "servidor_ausente"
    RECHAZOS = "rechazos"
    PRUEBA = "prueba"
    """Nothing is wrong: somebody wants to see whether alerts arrive."""

    @property
    def paciencia(self) -> timedelta:
        """How long it has to stand before anybody is told: a restart is no alarm."""
        return _PACIENCIA.get(self, timedelta())


_PACIENCIA = {
    ClaseAlerta.SII_CAIDO: timedelta(minutes=2),
    ClaseAlerta.CORREO_CAIDO: timedelta(minutes=10),
    ClaseAlerta.CUADRATURA: timedelta(minutes=1),
    ClaseAlerta.SIN_CONSUMIDORES: timedelta(minutes=1),
    ClaseAlerta.SERVIDOR_AUSENTE: timedelta(minutes=1),
}


class Gravedad(StrEnum):
    AVISO = "aviso"
    GRAVE = "grave"


class Alerta(Record):
    """One thing that is wrong now. `clave` tells the same thing seen again from another one."""

    clave: str
    clase: ClaseAlerta
    gravedad: Gravedad
    titulo: str
    detalle: str
    remedio: str
    enlace: str = "/"
    """Path of the monitor's page where it can be seen."""


class AlertaVigente(Alerta):
    """An alert as it stands on record."""

    desde: datetime
    avisada: datetime | None = None
    """When it was last told; null while its patience lasts."""
    avisos: int = 0
    """How often it was told since then."""
    contada: datetime | None = None
    """Up to when all that belongs to it has been told, in this time that it stands or in one before."""
    resuelta: datetime | None = None


class Motivo(StrEnum):
    """Why something is told."""

    NUEVA = "nueva"
    SIGUE = "sigue"
    RESUELTA = "resuelta"
    PRUEBA = "prueba"


class EstadoAviso(StrEnum):
    PENDIENTE = "pendiente"
    ENTREGADO = "entregado"
    APARTADO = "apartado"
    """Given up: the alerts' dead letters, until somebody sends it again."""


class Aviso(Record):
    """One telling of an alert at one destination (`webhook`, or `correo:DIRECCIÓN`)."""

    id: str
    destino: str
    motivo: Motivo
    alerta: Alerta
    creado: datetime
    estado: EstadoAviso = EstadoAviso.PENDIENTE
    intentos: int = 0
    proximo: datetime
    """Not before; while it is under way, the moment from which on another process may take it."""
    error: str = ""
    """What the other side said last."""
