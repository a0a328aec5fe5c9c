"""The eight invariants that every fault ends with (architecture, §5), by what the tills, Posta and the SII say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from shared.adapters.mongo.inventario import Momento
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import DteConXml, Envio, dte_id

Respuestas = Mapping[tuple[str, str], Mapping[str, Any]]
"""What tills were answered, by terminal and key: a document's `id`, `tipo`, `folio`, `sha256`, `ted`."""
Recibido = Mapping[str, Any]
"""One document as the sandbox received it in one upload (`/sandbox/documentos`)."""


class Invariante(IntEnum):
    """By their numbers in the architecture."""

    FOLIO_REPETIDO = 1
    FOLIO_PERDIDO = 2
    VENTA_PERDIDA = 3
    VENTA_DUPLICADA = 4
    DUPLICADO_SII = 5
    OLVIDADO = 6
    BYTES_CAMBIADOS = 7
    DESCUADRE = 8

    @property
    def nombre(self) -> str:
        """What must hold, in Spanish."""
        return _NOMBRES[self]


_NOMBRES = {
    Invariante.FOLIO_REPETIDO: "ningún folio dos veces",
    Invariante.FOLIO_PERDIDO: "ningún folio perdido",
    Invariante.VENTA_PERDIDA: "ninguna venta perdida",
    Invariante.VENTA_DUPLICADA: "ninguna venta duplicada",
    Invariante.DUPLICADO_SII: "nada dos veces en el SII",
    Invariante.OLVIDADO: "nada olvidado",
    Invariante.BYTES_CAMBIADOS: "los bytes firmados no cambian",
    Invariante.DESCUADRE: "las sumas cuadran",
}


@dataclass(frozen=True, slots=True)
class Hallazgo:
    """An invariant that does not hold, and where. `pasa`: it may, once a process has done what it is about to do."""

    invariante: Invariante
    que: str
    pasa: bool = False

    def __str__(self) -> str:
        return f"{self.invariante:d} ({self.invariante.nombre}): {self.que}"


@dataclass(frozen=True, slots=True)
class Libros:
    """What everybody has on record after the faults."""

    answers: Respuestas
    momento: Momento
    dtes: Sequence[DteConXml]
    envios: Sequence[Envio]
    contados: Mapping[Estado, int]
    """How many documents stand in each state, as the database counts them."""
    bandeja: int
    """Documents with events that are not published yet."""
    colas: Mapping[str, int]
    """Messages ready in each of the broker's queues."""
    at_sii: Sequence[Recibido]

    @property
    def valid_at_sii(self) -> list[Recibido]:
        """What the SII holds: accepted, objections included."""
        return [one for one in self.at_sii if one["estado"] in ("aceptado", "reparo")]


def id_at_sii(recibido: Recibido) -> str:
    return dte_id(recibido["emisor"], TipoDte(recibido["tipo"]), recibido["folio"])


def broken(invariante: Invariante, que: Iterable[str], *, pasa: bool = False) -> Iterator[Hallazgo]:
    """A finding for each line."""
    return (Hallazgo(invariante, line, pasa) for line in que)
