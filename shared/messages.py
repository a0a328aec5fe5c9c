"""What travels between the parts: companies and tills, the record of a document, its events and their routing keys."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.corte import EstadoCorte
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte

_PALABRA_MAX = 80


class Record(BaseModel):
    """A value that crosses a process boundary: immutable, and tolerant of fields that a newer version added."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Resolucion(Record):
    """The SII's permission for a company to issue through one channel: goes into the carátula."""

    fecha: date
    numero: int


class Proveedor(StrEnum):
    """Who takes a company's documents to the SII."""

    SII = "sii"
    DTEBOX = "dtebox"


class EmisorGuardado(Record):
    """One company. `datos` is what it writes into its documents (see `shared.dte.modelo.DatosEmisor`)."""

    rut: str
    datos: dict[str, Any]
    resoluciones: dict[Canal, Resolucion]
    certificado: bytes | None = None
    """PKCS#12 file, encrypted."""
    certificado_password: bytes | None = None
    """Its password, encrypted."""
    certificado_vence: datetime | None = None
    proveedor: Proveedor = Proveedor.SII
    limite_por_minuto: int | None = None
    """Documents that all its tills together may issue in a minute, at each emitter."""


class TerminalGuardado(Record):
    """One till: speaks for one company, store and register."""

    id: str
    emisor: str
    tienda: str
    caja: str
    hash: str
    """SHA-256 of the key; the key itself has 256 random bits and is shown once."""
    revocado: bool = False
    por_segundo: float | None = None
    """Sales in a second, at each emitter, when it may not sell at the usual rate."""


class ErrorEnvio(Record):
    """Why a document is not on its way: the cause as a stable word, the SII's own words, and what a person does now."""

    causa: str
    codigo: str = ""
    glosa: str = ""
    remedio: str = ""


class Hito(Record):
    """One row of a document's history."""

    estado: Estado
    momento: datetime
    envio: str | None = None
    track_id: str | None = None
    error: ErrorEnvio | None = None
    operacion: str | None = None
    """The replay that put it to work again."""


class ClaseEvento(StrEnum):
    FIRMADO = "firmado"
    """The signed document: work for the sender, and a copy for whoever archives."""
    REENVIO = "reenvio"
    """Work for the sender once more; nobody else hears of it."""
    ESTADO = "estado"
    """A change of state, for POS and ERP."""


class Evento(Record):
    """One entry of a document's outbox: published, confirmed, and only then taken out."""

    id: str
    clase: ClaseEvento
    momento: datetime
    estado: Estado


class Atributos(Record):
    """What an event on `posta.eventos` says of itself: the context attributes of CloudEvents 1.0."""

    id: str
    """The same however often the event is published: by it a repetition is told."""
    tipo: str
    momento: datetime
    sujeto: str
    """What it is about: the document's id, or the key of a sale that became none."""


def atributos_of(dte_id_: str, evento: Evento) -> Atributos:
    """The attributes of an event about a document."""
    tipo = f"posta.dte.{evento.clase}.v1"
    return Atributos(id=f"{dte_id_}/{evento.id}", tipo=tipo, momento=evento.momento, sujeto=dte_id_)


class Dte(Record):
    """The record of one document without its bytes: all that lists, decisions and events need."""

    id: str
    """`<emisor>-<tipo>-<folio>`: the SII's own identity of a document, readable in logs and addresses."""
    emisor: str
    tipo: TipoDte
    folio: int
    canal: Canal
    prioridad: Prioridad
    terminal: str
    tienda: str
    caja: str
    clave: str
    """The idempotency key that the terminal chose."""
    huella: str
    """SHA-256 of the sale as it was asked for: the same key with another one is a conflict."""
    receptor: str
    fecha: date
    monto: int
    """MntTotal, pesos; of an export in its own currency, rounded."""
    moneda: str | None = None
    """Of an export, by the SII's name for it."""
    sha256: str
    """Of the signed bytes, which never change."""
    ted: str
    creado: datetime
    cambiado: datetime
    estado: Estado = Estado.GENERADO
    intentos: int = 0
    proximo_intento: datetime | None = None
    error_envio: ErrorEnvio | None = None
    envio: str | None = None
    grupo: str | None = None
    """Half of a refused envelope that this document belongs to: it travels with that half only."""
    track_id: str | None = None
    enviar_desde: datetime | None = None
    """It is held until then; None once it has been let go."""
    espera_a: tuple[str, ...] = ()
    """The documents that it corrects and whose acceptance it is held for; empty once it has been let go."""
    historia: tuple[Hito, ...] = ()


class DteConXml(Dte):
    """A record with its signed bytes (the complete file, ISO-8859-1)."""

    xml: bytes


def first_events(nuevo: Dte) -> tuple[Evento, ...]:
    """What there is to tell of a document that has just been stored.

    The ids follow from what they are, so that whoever stores a document need not read them back to publish them.
    """
    held = nuevo.enviar_desde is not None or nuevo.espera_a
    clases = (ClaseEvento.ESTADO,) if held else (ClaseEvento.FIRMADO, ClaseEvento.ESTADO)
    return tuple(Evento(id=f"primer-{c}", clase=c, momento=nuevo.creado, estado=nuevo.estado) for c in clases)


def dte_id(emisor: str, tipo: TipoDte, folio: int) -> str:
    return f"{emisor}-{tipo:d}-{folio}"


class Trabajo(Record):
    """One delivery for the sender: which document, and with which half of a refused envelope it travels."""

    id: str
    emisor: str
    tipo: TipoDte
    folio: int
    canal: Canal
    prioridad: Prioridad
    sha256: str
    grupo: str | None = None

    @property
    def routing_key(self) -> str:
        return f"dte.firmado.{self.canal}.{self.prioridad}.{self.tipo:d}.{self.emisor}"


def trabajo_of(dte: Dte) -> Trabajo:
    return Trabajo.model_validate(dte, from_attributes=True)


class CambioEstado(Record):
    """Body of a `dte.estado…` event."""

    id: str
    emisor: str
    tipo: TipoDte
    folio: int
    estado: Estado
    momento: datetime
    terminal: str
    tienda: str
    caja: str
    clave: str
    monto: int
    track_id: str | None = None
    error_envio: ErrorEnvio | None = None

    @property
    def routing_key(self) -> str:
        lugar = f"{routing_word(self.tienda)}.{routing_word(self.caja)}"
        return f"dte.estado.{self.estado}.{self.tipo:d}.{self.emisor}.{lugar}"


def cambio_of(dte: Dte, evento: Evento) -> CambioEstado:
    """What `evento` tells of a document, which may have moved on since."""
    fields = {name: getattr(dte, name) for name in CambioEstado.model_fields if name not in ("estado", "momento")}
    return CambioEstado(**fields, estado=evento.estado, momento=evento.momento)


def routing_word(texto: str) -> str:
    """A name as one word of a routing key, which has 255 bytes in all."""
    return texto.replace(".", "_").encode()[:_PALABRA_MAX].decode(errors="ignore") or "-"


class EstadoEnvio(StrEnum):
    """Where an envelope stands. Its documents' states say the same in the document's own words."""

    SUBIENDO = "subiendo"
    """Intent on record: the upload is under way, or was cut short."""
    INCIERTO = "incierto"
    """Bytes left, no answer came."""
    RECIBIDO = "recibido"
    """The SII has it; its verdict is asked for at `proxima_consulta`."""
    NO_RECIBIDO = "no_recibido"
    """The SII took nothing of it."""
    TERMINADO = "terminado"
    """Every document in it has its verdict, or was sent on in another envelope."""


class Respuesta(Record):
    """One thing that the SII said about an envelope, raw, cut to a bound."""

    momento: datetime
    operacion: str
    http: int | None = None
    cuerpo: str = ""


class Envio(Record):
    """An envelope without its bytes."""

    id: str
    emisor: str
    canal: Canal
    documentos: tuple[str, ...]
    archivo: str
    """File name in the upload."""
    sha256: str
    trabajador: str
    estado: EstadoEnvio
    creado: datetime
    cambiado: datetime
    subidas: int = 0
    track_id: str | None = None
    consultas: int = 0
    proxima_consulta: datetime | None = None
    respuestas: tuple[Respuesta, ...] = ()


class Latido(Record):
    """Heartbeat of one process: alive at `momento`, with so many workers busy on so many documents."""

    id: str
    servicio: str
    momento: datetime
    workers_activos: int = 0
    max_workers: int = 0
    en_vuelo: int = 0
    cortes: dict[str, EstadoCorte] = {}
    """Each circuit breaker by its name."""
    ritmo: dict[Canal, float] = {}
    """Documents a second, in the last minute in which any were delivered."""
