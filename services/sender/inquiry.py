"""What is asked about an envelope that is on record, and how its identical bytes are sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, assert_never

from services.sender.gate import Archivo, Gate, Operacion, Subida, Via, describe
from shared.clock import Clock
from shared.dte.causa import Causa
from shared.dte.veredicto import (
    ConsultaBloqueada,
    ConsultaDte,
    Distinto,
    EnTramite,
    FolioInvalido,
    NoRecibido,
    RechazadoSii,
    Registrado,
    SinVeredicto,
    TokenVencido,
)
from shared.log import get_logger
from shared.messages import Dte, Envio, Respuesta

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

log = get_logger("posta.sender")

_APART = timedelta(seconds=15)
"""Until an envelope is looked at again whose box is away."""
SIN_CODIGO = "(vacío)"
_REENVIO = "reenvio"
"""On record before the bytes leave again, so that whoever finds a dead worker's envelope counts from there."""


@dataclass(slots=True)
class Asked:
    """What the SII holds of some documents, asked one by one."""

    registered: list[Dte] = field(default_factory=list)
    in_course: list[Dte] = field(default_factory=list)
    """Documents that a DTEBox holds and on which the SII has said nothing yet."""
    rejected: list[tuple[Dte, RechazadoSii]] = field(default_factory=list)
    """Documents that a DTEBox holds and the SII has refused."""
    missing: list[Dte] = field(default_factory=list)
    other: list[Dte] = field(default_factory=list)
    """Documents whose folio the SII holds with other data."""
    invalid: list[Dte] = field(default_factory=list)
    """Documents whose folio is not authorised or annulled: no upload of them is ever taken."""
    unanswered: list[Dte] = field(default_factory=list)
    desconocido: str = ""
    """The last code that nobody has published, among the answers."""
    track_ids: dict[str, str] = field(default_factory=dict)
    """The SII's track ids of documents, by their id, as far as a DTEBox has told."""

    @property
    def held(self) -> bool:
        """Whether one of the documents arrived, whatever became of it there."""
        return bool(self.registered or self.in_course or self.rejected)

    def mark(self, respuesta: Respuesta) -> Respuesta:
        """What goes on record of these questions."""
        return respuesta.model_copy(update={"desconocido": self.desconocido})


class Inquiry:
    """Questions about documents, and repeated uploads of bytes that may have left before."""

    def __init__(self, store: Store, gate: Gate, clock: Clock) -> None:
        self._store = store
        self._gate = gate
        self._clock = clock

    async def may_ask(self, envio: Envio) -> bool:
        """Whether a question about this envelope may begin; if not, it was none and is put off."""
        if self._gate.breaker(envio.canal, Operacion.CONSULTA, envio.emisor).admits():
            return True
        await self._store.envios.put_off(envio.id, self._clock() + _APART)
        return False

    async def ask_each(self, documentos: Sequence[Dte], via: Via, *, until_found: bool = False) -> Asked:
        """Ask for each document, until an outage shows; with `until_found`, until one of them has arrived."""
        asked = Asked()
        for position, dte in enumerate(documentos):
            consulta = (await self._gate.ask_dte(dte, via)).valor
            self._sort(asked, dte, consulta)
            outage = isinstance(consulta, SinVeredicto) and consulta.causa.transitoria
            if outage or (until_found and asked.held):
                asked.unanswered += documentos[position + 1 :]
                break
        return asked

    async def send_again(self, envio: Envio, via: Via) -> Subida | None:
        """Upload an envelope's bytes again, exactly as on record; None while the SII is away, and in a pause."""
        if self._gate.en_pausa.covers(envio.canal, envio.emisor):
            return None
        breaker = self._gate.breaker(envio.canal, Operacion.SUBIDA, envio.emisor)
        contenido = await self._store.envios.get_contenido(envio.id)
        if contenido is None or not breaker.admits():
            return None
        with breaker.turn():
            await self._store.envios.count_upload(envio.id, self.to_respuesta(_REENVIO))
            subida = await self._gate.upload(envio.canal, envio.emisor, via, Archivo(envio.archivo, contenido))
        if subida.outage:  # else the probes of a long outage would use up what there is of uploads
            await self._store.envios.forgive_upload(envio.id)
        log.info("sobre_reenviado", envio=envio.id, canal=envio.canal, **describe(subida.resultado))
        return subida

    def to_respuesta(self, operacion: str, http: int | None = None, cuerpo: str = "") -> Respuesta:
        return Respuesta(momento=self._clock(), operacion=operacion, http=http, cuerpo=cuerpo)

    def _sort(self, asked: Asked, dte: Dte, consulta: ConsultaDte) -> None:
        match consulta:
            case Registrado() | EnTramite() | RechazadoSii():
                _sort_held(asked, dte, consulta)
            case NoRecibido():
                asked.missing.append(dte)
            case Distinto():
                asked.other.append(dte)
            case FolioInvalido():
                asked.invalid.append(dte)
            case SinVeredicto(Causa.DESCONOCIDO, codigo):
                _note_unknown(asked, dte, codigo)
                asked.unanswered.append(dte)
            case TokenVencido() | SinVeredicto() | ConsultaBloqueada():
                log.warning(
                    "consulta_sin_respuesta", dte=dte.id, consulta=type(consulta).__name__, codigo=consulta.codigo
                )
                asked.unanswered.append(dte)
            case _ as never:
                assert_never(never)


def count_since_upload(respuestas: Sequence[Respuesta], operacion: str) -> int:
    """How many answers of this kind there are since the envelope's bytes last left."""
    count = 0
    for respuesta in reversed(respuestas):
        if respuesta.operacion in ("subida", _REENVIO):
            break
        count += respuesta.operacion == operacion
    return count


def _sort_held(asked: Asked, dte: Dte, consulta: Registrado | EnTramite | RechazadoSii) -> None:
    """What is there, by the SII's word on it."""
    if consulta.track_id:
        asked.track_ids[dte.id] = consulta.track_id
    match consulta:
        case Registrado():
            asked.registered.append(dte)
        case RechazadoSii():
            asked.rejected.append((dte, consulta))
        case EnTramite(codigo=codigo, desconocido=desconocido):
            if desconocido:
                _note_unknown(asked, dte, codigo)
            asked.in_course.append(dte)


def _note_unknown(asked: Asked, dte: Dte, codigo: str) -> None:
    log.error("codigo_desconocido", dte=dte.id, codigo=codigo)
    asked.desconocido = codigo or SIN_CODIGO
