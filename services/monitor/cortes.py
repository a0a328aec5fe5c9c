"""How the SII is, as the senders tell: their breakers, and when the backlog of each channel will be gone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from services.monitor.colas import Cola
from shared.corte import EstadoCorte
from shared.dte.tipos import Canal
from shared.messages import Latido

_SUBIDA = "subida"
_NADA: Mapping[Canal, datetime] = {}
_CORREO, _CAJA = "correo.", "caja."


class Vista(BaseModel):
    """One thing to be shown; immutable."""

    model_config = ConfigDict(frozen=True)


class Corte(Vista):
    """State of a circuit breaker, and in how many living processes it stands so."""

    canal: str
    estado: str
    procesos: int
    desde: datetime | None = None
    """Since when it stands so, in the process that has seen it for the longest time."""
    ultima_prueba: datetime | None = None
    proxima_prueba: datetime | None = None
    error: str = ""
    """Cause and code of the latest failure."""

    @property
    def servidor(self) -> str | None:
        """Of the breaker of a mail server: its address; None for those of the SII."""
        return self.canal.removeprefix(_CORREO) if self.canal.startswith(_CORREO) else None

    @property
    def caja(self) -> str | None:
        """Of the breaker of a DTEBox: its host and operation; None for any other."""
        if not self.canal.startswith(_CAJA):
            return None
        host, _, operacion = self.canal.removeprefix(_CAJA).rpartition(".")
        return f"{host} ({'envíos' if operacion == 'subida' else 'consultas'})"

    @property
    def aparte(self) -> str | None:
        """What it is about, if that is none of the SII's own services: a mail server, a DTEBox."""
        if self.servidor:
            return f"Correo {self.servidor}"
        return f"DTEBox {self.caja}" if self.caja else None


class Atraso(Vista):
    """What waits for one channel of the SII, and when it will have been delivered."""

    canal: Canal
    mensajes: int
    por_segundo: float
    """Of all senders together, in the last minute in which they delivered anything."""
    segundos: float | None = None
    """Until the last of what waits is delivered at that rate; null while there is no rate."""
    termino: datetime | None = None
    """When that will be; null while the SII is away, or the channel is paused, and nobody can tell."""


PAUSADO = "pausado"
"""In the place of a breaker's position: a person has paused the channel, and nobody tries."""


def build_cortes(latidos: Iterable[Latido], pausados: Mapping[Canal, datetime] = _NADA) -> tuple[Corte, ...]:
    """Each breaker once for each position in which some process has it.

    `pausados`: since when channels are paused. Their uploads stand so whatever the breakers have seen, or none.
    """
    paused = {f"{canal}.{_SUBIDA}": EstadoCorte(posicion=PAUSADO, desde=desde) for canal, desde in pausados.items()}
    alike: defaultdict[tuple[str, str], list[EstadoCorte]] = defaultdict(list)
    for latido in latidos:
        for nombre, corte in latido.cortes.items():
            shown = paused.get(nombre, corte)
            alike[nombre, shown.posicion].append(shown)
    for nombre, corte in paused.items():
        alike.setdefault((nombre, corte.posicion), [])  # paused it is, though no sender says so
    return tuple(
        _merge(nombre, posicion, cortes, desde=paused[nombre].desde if posicion == PAUSADO else None)
        for (nombre, posicion), cortes in sorted(alike.items())
    )


def build_atrasos(
    latidos: Sequence[Latido], colas: Sequence[Cola], ahora: datetime, pausados: Collection[Canal] = ()
) -> tuple[Atraso, ...]:
    """The backlog of each channel in which anything waits."""
    atrasos = []
    for canal in Canal:
        mensajes = sum(cola.mensajes for cola in colas if cola.canal == canal)
        ritmo = sum(latido.ritmo.get(canal, 0.0) for latido in latidos)
        sending = canal not in pausados and any(_lets_through(latido, canal) for latido in latidos)
        if mensajes:
            atrasos.append(_atraso(canal, mensajes, ritmo, ahora if sending else None))
    return tuple(atrasos)


def _merge(nombre: str, posicion: str, cortes: Sequence[EstadoCorte], desde: datetime | None) -> Corte:
    probed = [corte.ultima_prueba for corte in cortes if corte.ultima_prueba is not None]
    return Corte(
        canal=nombre,
        estado=posicion,
        procesos=len(cortes),
        desde=min((corte.desde for corte in cortes if corte.desde is not None), default=desde),
        ultima_prueba=max(probed, default=None),
        proxima_prueba=min((c.proxima_prueba for c in cortes if c.proxima_prueba is not None), default=None),
        error=next((corte.error for corte in cortes if corte.error), ""),
    )


def _lets_through(latido: Latido, canal: Canal) -> bool:
    corte = latido.cortes.get(f"{canal}.{_SUBIDA}")
    return corte is not None and corte.posicion == "cerrado"


def _atraso(canal: Canal, mensajes: int, ritmo: float, desde: datetime | None) -> Atraso:
    segundos = mensajes / ritmo if ritmo else None
    return Atraso(
        canal=canal,
        mensajes=mensajes,
        por_segundo=ritmo,
        segundos=None if segundos is None else round(segundos, 1),
        termino=desde + timedelta(seconds=segundos) if desde is not None and segundos is not None else None,
    )
