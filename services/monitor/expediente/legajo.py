"""A document's life on one line of time: its own steps, and what the SII answered to each of its envelopes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.monitor.cortes import Vista
from services.monitor.documento import Ficha, Paso, describe_ficha
from services.monitor.referencias import SIN_REFERENCIAS, Referencias
from shared.dte.estado import ENVIABLES, Estado
from shared.dte.plazo import Plazos, compute_vencimiento
from shared.messages import Dte, Envio, Intercambio, Respuesta


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


def build_legajo(
    dte: Dte,
    ahora: datetime,
    plazos: Plazos,
    *,
    envios: Sequence[Envio] = (),
    referencias: Referencias = SIN_REFERENCIAS,
    copia: Intercambio | None = None,
    frenos: Sequence[Dte] = (),
) -> Legajo:
    """The whole. `frenos` as for `describe_ficha`."""
    ficha = describe_ficha(dte, ahora, copia, frenos, referencias)
    open_ = dte.estado in ENVIABLES or dte.estado in (Estado.ENVIANDO, Estado.INCIERTO)
    vence = compute_vencimiento(dte.tipo.canal, dte.creado, plazos) if open_ and not ficha.documento.retenido else None
    return Legajo(
        ficha=ficha,
        clave=dte.clave,
        momentos=_momentos(ficha.pasos, envios),
        sobres=tuple(envio.id for envio in envios),
        vence=vence,
        vencido=vence is not None and vence <= ahora,
    )


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
