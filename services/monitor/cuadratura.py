"""The books compared, cheap enough for every page: stored documents with the ledger, the broker and the SII."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import computed_field

from services.monitor.cortes import Vista
from shared.adapters.mongo.conteo_lectura import Conteo
from shared.adapters.mongo.folio_records import LibroFolios
from shared.adapters.mongo.respaldos import Respaldo

_CERCA = timedelta(seconds=6)
"""How far apart two readings may be to be compared: between them a message may be where neither has seen it."""
_SEGUIDAS = 3
"""A difference counts when it was there in so many comparisons in a row."""


class Par(Vista):
    """Folios of one company and type that do not agree."""

    emisor: str
    tipo: int
    faltan: int
    sobran: int


class LadoBroker(Vista):
    """Documents that have to be in a queue or in a sender's hands, and the messages that are there."""

    documentos: int
    mensajes: int
    """Ready, or taken and not acknowledged; more than documents are harmless: what has moved on is dropped."""
    faltan: int
    """Documents without a message, in several comparisons in a row."""


class LadoSii(Vista):
    """What we call received and accepted, and what the SII's answers on record say of it."""

    momento: datetime
    desde: datetime
    """Documents issued since then are compared."""
    recibidos: int
    aceptados: int
    faltan: int
    """Documents that no envelope which the SII took backs."""
    ids: tuple[str, ...] = ()
    """The first of them."""


class Cuadratura(Vista):
    """The books compared: stored documents, the folios that the CAF ledger says were used, broker and SII.

    The readings are not simultaneous, but both only grow: what the ledger called used at a moment up to which all
    documents are counted must be found among them, and no document may be there whose folio the ledger had not handed
    out by the time it was read after.
    """

    documentos: int
    """Σ of all states."""
    folios_usados: int
    folios_reservados: int
    """Handed out to sales that are being stored at this moment."""
    faltan: int
    """Folios used according to the ledger, without a document."""
    sobran: int
    """Documents whose folio no ledger handed out."""
    pares: tuple[Par, ...] = ()
    """Where they are."""
    broker: LadoBroker | None = None
    """Null until both sides have been read."""
    sii: LadoSii | None = None
    """Null until it has been looked at for the first time."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def cuadra(self) -> bool:
        """Whether all sides that are known agree."""
        return self.faltan == self.sobran == 0 and not any(lado.faltan for lado in (self.broker, self.sii) if lado)


def compare_folios(conteo: Conteo, antes: LibroFolios | None, libro: LibroFolios) -> Cuadratura:
    """Documents against the ledger. `antes`: as it was at a moment up to which all documents are counted."""
    used_before = antes.usados if antes is not None else {}
    usados, reservados, documentos = libro.usados, libro.reservados, conteo.por_folio
    pares = [
        Par(
            emisor=key[0],
            tipo=key[1],
            faltan=max(0, used_before.get(key, 0) - documentos.get(key, 0)),
            sobran=max(0, documentos.get(key, 0) - usados.get(key, 0) - reservados.get(key, 0)),
        )
        for key in sorted(used_before.keys() | documentos.keys())
    ]
    return Cuadratura(
        documentos=sum(documentos.values()),
        folios_usados=sum(usados.values()),
        folios_reservados=sum(reservados.values()),
        faltan=sum(par.faltan for par in pares),
        sobran=sum(par.sobran for par in pares),
        pares=tuple(par for par in pares if par.faltan or par.sobran),
    )


def to_lado_sii(respaldo: Respaldo, desde: datetime, momento: datetime) -> LadoSii:
    return LadoSii(
        momento=momento,
        desde=desde,
        recibidos=respaldo.recibidos,
        aceptados=respaldo.aceptados,
        faltan=respaldo.faltan,
        ids=respaldo.ids,
    )


@dataclass(frozen=True, slots=True)
class _Muestra:
    momento: datetime
    cuantos: int


class Balanza:
    """Weighs documents against messages.

    The two cannot be read at one moment, so each count of documents is compared with all counts of messages around it,
    and the best of them counts: while a queue grows a later one has its messages, while it empties an earlier one.
    """

    def __init__(self) -> None:
        self._mensajes: deque[_Muestra] = deque(maxlen=120)
        self._documentos: deque[_Muestra] = deque(maxlen=_SEGUIDAS + 1)

    def put_mensajes(self, momento: datetime, cuantos: int) -> None:
        self._mensajes.append(_Muestra(momento, cuantos))

    def put_documentos(self, momento: datetime, cuantos: int) -> None:
        """Documents that have to be in a queue, or in a sender's hands."""
        self._documentos.append(_Muestra(momento, cuantos))

    def weigh(self) -> LadoBroker | None:
        """None until there are readings of both sides around one moment. The last one still lacks what comes after."""
        past = list(self._documentos)[:-1]
        pairs = [(documentos, near) for documentos in past if (near := self._near(documentos.momento))]
        if not pairs:
            return None
        lacks = [max(0, documentos.cuantos - max(near)) for documentos, near in pairs]
        last, near = pairs[-1]
        return LadoBroker(
            documentos=last.cuantos,
            mensajes=max(near),
            faltan=min(lacks) if len(lacks) == _SEGUIDAS else 0,
        )

    def _near(self, momento: datetime) -> Sequence[int]:
        return [muestra.cuantos for muestra in self._around(momento)]

    def _around(self, momento: datetime) -> Iterable[_Muestra]:
        return (muestra for muestra in self._mensajes if abs(muestra.momento - momento) <= _CERCA)
