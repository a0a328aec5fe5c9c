"""The record of a document, its history and its outbox."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from shared.dte.estado import Estado
from shared.dte.tipos import POR_NUMERO, Canal, Prioridad, TipoDte
from shared.messages.record import Record


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


class Referencia(Record):
    """A document of the same company, ours or not, that a document refers to."""

    dte: str
    """Its id."""
    codigo: int | None = None
    """`CodRef`: 1 annuls it, 2 corrects its text, 3 its amounts; None only names it."""


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
    """Real attempts, all of them."""
    intentos_previos: int = 0
    """Those before a person last sent it again: from there the ladder begins anew."""
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
    refiere_a: tuple[Referencia, ...] = ()
    """What it refers to, for good; other companies' documents, orders and contracts are only in its XML."""
    pausado: datetime | None = None
    """Since when it has been off its queue because its company is paused."""
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


def referred_id(emisor: str, tipo: str, folio: str, otro: str) -> str | None:
    """What a reference of `emisor` names (`TpoDocRef`, `FolioRef`, `RUTOtr`), by its id; None unless a DTE of its own.

    Folio 0 stands for a whole set of documents.
    """
    own = otro in ("", emisor) and tipo in POR_NUMERO and folio.isascii() and folio.isdecimal()
    return dte_id(emisor, POR_NUMERO[tipo], int(folio)) if own and int(folio) > 0 else None
