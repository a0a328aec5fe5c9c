"""One document as the screens show it, and its life as a list of steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from services.monitor.referencias import SIN_REFERENCIAS, Referencias
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal, Prioridad
from shared.messages import Dte, ErrorEnvio, EstadoIntercambio, Hito, Intercambio

_CON_ERROR = frozenset({Estado.PENDIENTE, Estado.INCIERTO, Estado.RECHAZADO, Estado.REPARO})
"""States that are explained by an error; in any other, the last error is past and would mislead."""


class Documento(BaseModel):
    """What a list shows of a document. Never its buyer's name."""

    model_config = ConfigDict(frozen=True)

    id: str
    tipo: int
    tipo_nombre: str
    folio: int
    emisor: str
    receptor: str
    canal: Canal
    prioridad: Prioridad
    """`alta`: asked for with the sale, or raised since by its deadline or by a queue that it would wait behind."""
    tienda: str
    caja: str
    fecha: date
    monto: int
    """MntTotal, pesos; of an export in its own currency, rounded."""
    monto_exacto: Decimal
    """The same with all of its decimals."""
    moneda: str | None
    """Of an export, by the SII's name for it."""
    estado: Estado
    intentos: int
    proximo_intento: datetime | None
    enviar_desde: datetime | None
    """It goes to the SII from then on; null once it may go."""
    espera_a: tuple[str, ...]
    """Documents that the SII has to accept first."""
    pausado: datetime | None
    """Since when it has been off its queue because its company is paused."""
    error: ErrorEnvio | None
    creado: datetime
    cambiado: datetime
    envio: str | None
    track_id: str | None

    @property
    def apartado(self) -> bool:
        """True when it waits for a person and not for a time."""
        return self.estado is Estado.PENDIENTE and self.proximo_intento is None

    @property
    def retenido(self) -> bool:
        """True when it is held back on purpose."""
        return self.enviar_desde is not None or bool(self.espera_a)


class Paso(BaseModel):
    """One step in the life of a document."""

    model_config = ConfigDict(frozen=True)

    estado: Estado
    momento: datetime
    tras: timedelta | None
    """Time since the step before; null for the first."""
    envio: str | None
    track_id: str | None
    error: ErrorEnvio | None
    operacion: str | None
    """The replay that put it to work again."""


class Copia(BaseModel):
    """The customer's copy of a document, and the address that it goes to, if there is one."""

    model_config = ConfigDict(frozen=True)

    estado: EstadoIntercambio
    correo: str
    momento: datetime
    intentos: int
    proximo_intento: datetime | None
    error: ErrorEnvio | None


class Freno(BaseModel):
    """A document that stands parked, while another one of ours waits for its acceptance."""

    model_config = ConfigDict(frozen=True)

    id: str
    causa: str
    remedio: str


class Ficha(BaseModel):
    """A document with its history, the oldest step first."""

    model_config = ConfigDict(frozen=True)

    documento: Documento
    sha256: str
    """Of the signed bytes, which never change."""
    pasos: tuple[Paso, ...]
    total: timedelta
    """From the sale to the last step."""
    en_curso: timedelta | None
    """How long it has stood in its present state; null once that state is final."""
    copia: Copia | None = None
    frenos: tuple[Freno, ...] = ()
    """What keeps it waiting for a person although it is not parked itself: those of `espera_a` that are."""
    referencias: Referencias = SIN_REFERENCIAS
    """The documents that it refers to, and those that refer to it."""


def describe_documento(dte: Dte) -> Documento:
    """The document as lists show it."""
    error = dte.error_envio if dte.estado in _CON_ERROR else None
    fields = dte.model_dump(include=set(Documento.model_fields) - {"tipo", "error"})
    nombre, exacto = dte.tipo.nombre, _exact_monto(dte)
    return Documento(**fields, tipo=int(dte.tipo), tipo_nombre=nombre, error=error, monto_exacto=exacto)


def _exact_monto(dte: Dte) -> Decimal:
    """As the stamp says it: the record rounds what has decimals."""
    hallado = re.search(r"<MNT>([^<]+)</MNT>", dte.ted) if dte.moneda is not None else None
    return Decimal(hallado[1] if hallado is not None else dte.monto)


def describe_ficha(
    dte: Dte,
    ahora: datetime,
    copia: Intercambio | None = None,
    frenos: Iterable[Dte] = (),
    referencias: Referencias = SIN_REFERENCIAS,
) -> Ficha:
    """The document's page. `ahora` measures the state that it stands in; `frenos` are parked and awaited by it."""
    ultimo = dte.historia[-1].momento if dte.historia else dte.creado
    return Ficha(
        documento=describe_documento(dte),
        sha256=dte.sha256,
        pasos=_pasos(dte.historia),
        total=ultimo - dte.creado,
        en_curso=None if dte.estado in FINALES else ahora - ultimo,
        copia=None if copia is None else _describe_copia(copia),
        frenos=tuple(_describe_freno(freno) for freno in frenos),
        referencias=referencias,
    )


def _describe_freno(dte: Dte) -> Freno:
    error = dte.error_envio or ErrorEnvio(causa="")
    return Freno(id=dte.id, causa=error.causa, remedio=error.remedio)


def _describe_copia(copia: Intercambio) -> Copia:
    fields = copia.model_dump(include={"estado", "correo", "intentos", "proximo_intento", "error"})
    return Copia(**fields, momento=copia.cambiado)


def _pasos(historia: tuple[Hito, ...]) -> tuple[Paso, ...]:
    return tuple(
        Paso(
            estado=hito.estado,
            momento=hito.momento,
            tras=None if before is None else hito.momento - before.momento,
            envio=hito.envio,
            track_id=hito.track_id,
            error=hito.error,
            operacion=hito.operacion,
        )
        for before, hito in zip((None, *historia), historia, strict=False)
    )
