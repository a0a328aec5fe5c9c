"""What each queue is for, told by its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field


class ClaseCola(StrEnum):
    """What is in a queue, and who is expected to take it out."""

    ENVIO = "envio"
    """Work for the sender."""
    INTERCAMBIO = "intercambio"
    """Accepted documents, for the sender to mail their copy to the customer."""
    ESPERA = "espera"
    """Documents waiting for their next attempt; the broker itself moves them on."""
    VENTAS = "ventas"
    """Sales that terminals published, for the emitter."""
    APARTADOS = "apartados"
    """Parked until a person decides."""


class Cola(BaseModel):
    """One queue as the broker counts it."""

    model_config = ConfigDict(frozen=True)

    nombre: str
    clase: ClaseCola
    titulo: str
    existe: bool
    """False until the first service that uses it has declared it."""
    mensajes: int = 0
    """Ready, without those in flight."""
    consumidores: int = 0
    en_vuelo: int = 0
    """Taken by a living process of ours and not acknowledged yet, by what its last heartbeat told."""
    desde: datetime | None = None
    """Since when the oldest waits, by what MongoDB says; of work, when it was issued."""
    pausada: bool = False
    """A person has paused its channel: nobody is to take anything."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def sin_consumidores(self) -> bool:
        """True when nobody takes what is, or will be, put here for a service of ours."""
        return self.existe and self.consumidores == 0 and not self.pausada and self.clase in _CONSUMIDAS

    @property
    def servicio(self) -> str:
        """The service that is to take out what is in it."""
        return "emitter" if self.clase is ClaseCola.VENTAS else "sender"

    @property
    def canal(self) -> str | None:
        """The channel of the SII whose work is in it; None if it holds something else."""
        return self.nombre.split(".")[2] if self.clase is ClaseCola.ENVIO else None


_CONSUMIDAS = (ClaseCola.ENVIO, ClaseCola.INTERCAMBIO, ClaseCola.VENTAS)
CANALES = {"boleta": "Boletas", "factura": "Facturas", "dtebox": "DTEBox"}
_ESPERAS = {"10s": "10 segundos", "1m": "1 minuto", "10m": "10 minutos", "30m": "30 minutos", "1h": "1 hora"}


def describe_cola(nombre: str, mensajes: int | None, consumidores: int = 0) -> Cola:
    """The queue with its purpose in words; `mensajes` is None when the broker does not know it yet."""
    clase, titulo = _meaning(nombre)
    return Cola(
        nombre=nombre,
        clase=clase,
        titulo=titulo,
        existe=mensajes is not None,
        mensajes=mensajes or 0,
        consumidores=consumidores,
    )


def add_ages(
    colas: Iterable[Cola],
    en_mano: Mapping[str, int],
    por_enviar: Mapping[tuple[str, str], datetime],
    apartado: datetime | None,
) -> tuple[Cola, ...]:
    """The queues with what others know of them: what is in flight, and since when the oldest waits.

    `por_enviar` is by channel and priority, `apartado` of documents that wait for a person.
    """
    return tuple(
        cola.model_copy(update={"en_vuelo": en_mano.get(cola.nombre, 0), "desde": _since(cola, por_enviar, apartado)})
        for cola in colas
    )


def sort_colas(colas: Iterable[Cola]) -> tuple[Cola, ...]:
    """By purpose: work first, what is parked last; otherwise as they came."""
    order = list(ClaseCola)
    return tuple(sorted(colas, key=lambda cola: order.index(cola.clase)))


_FIJAS = {
    "posta.intercambio": (ClaseCola.INTERCAMBIO, "Copias para clientes"),
    "posta.intercambio.dlq": (ClaseCola.APARTADOS, "Copias apartadas"),
    "posta.ventas": (ClaseCola.VENTAS, "Ventas por AMQP"),
    "posta.ventas.dlq": (ClaseCola.APARTADOS, "Ventas apartadas"),
    "posta.dlq": (ClaseCola.APARTADOS, "Documentos apartados"),
}
"""By the name without its version."""


def _since(cola: Cola, por_enviar: Mapping[tuple[str, str], datetime], apartado: datetime | None) -> datetime | None:
    match cola.nombre.split("."):
        case ["posta", "envio", canal, prioridad, _]:
            return por_enviar.get((canal, prioridad))
        case ["posta", "dlq", _]:
            return apartado
        case _:
            return None


def _meaning(nombre: str) -> tuple[ClaseCola, str]:
    match nombre.split("."):
        case ["posta", "envio", canal, prioridad, _]:
            return ClaseCola.ENVIO, f"{CANALES.get(canal, canal)}, prioridad {prioridad}"
        case ["posta", "espera", paso, _]:
            return ClaseCola.ESPERA, f"Espera de {_ESPERAS.get(paso, paso)}"
        case _:
            return _FIJAS.get(nombre.rpartition(".")[0], (ClaseCola.APARTADOS, nombre))
