"""What `posta drill` calls broken: books in which all is well, and each mutation of them that it has to name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from deploy.local.drill.entrega import count_unproven
from deploy.local.drill.invariantes import Invariante, Libros
from deploy.local.drill.prueba import find_broken, prove
from shared.adapters.mongo.folio_records import CafGuardado, Reserva, Tramo
from shared.adapters.mongo.inventario import Momento
from shared.adapters.rabbit import DLQ
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.existencias import Destino
from shared.dte.tipos import Canal, TipoDte
from shared.errors import Unavailable
from shared.messages import DteConXml, Envio, ErrorEnvio, EstadoEnvio, Respuesta
from tests.dte_data import EMISOR_RUT
from tests.records import MOMENTO, make_record

PARKED = ErrorEnvio(causa=Causa.SIN_PERMISO, codigo="1", glosa="", remedio="pida el permiso")
XML = [f"<DTE>{folio}</DTE>".encode() for folio in range(5)]


def make_dte(folio: int, **changes: Any) -> DteConXml:
    sha256 = hashlib.sha256(XML[folio]).hexdigest()
    return make_record(folio, **{"xml": XML[folio], "sha256": sha256, "estado": Estado.ACEPTADO, **changes})


def make_received(folio: int, **changes: Any) -> dict[str, Any]:
    dte = make_dte(folio)
    fields = {"emisor": dte.emisor, "tipo": 39, "folio": folio, "monto": dte.monto, "sha256": dte.sha256}
    return {**fields, "sobre": "s1", "trackid": "1", "estado": "aceptado", "repetido": False, **changes}


def make_envio(**changes: Any) -> Envio:
    fields: dict[str, Any] = {
        "id": "e1",
        "emisor": EMISOR_RUT,
        "canal": Canal.BOLETA,
        "documentos": (),
        "archivo": "e1.xml",
        "sha256": "s1",
        "trabajador": "sender@1",
        "estado": EstadoEnvio.TERMINADO,
        "subidas": 1,
        "creado": MOMENTO,
        "cambiado": MOMENTO,
    }
    return Envio(**fields | changes)


def make_caf(**changes: Any) -> CafGuardado:
    fields: dict[str, Any] = {
        "id": "caf-39",
        "destino": Destino(EMISOR_RUT, TipoDte.BOLETA),
        "desde": 1,
        "hasta": 6,
        "fecha": date(2026, 11, 1),
        "vence": None,
        "nuevos": (Tramo(5, 6),),
        "libres": (4,),
        "reservas": (),
        "anulados": (),
    }
    return CafGuardado(**fields | changes)


GOOD = [make_dte(1), make_dte(2), make_dte(3, estado=Estado.PENDIENTE, error_envio=PARKED)]
"""Two that the SII has accepted, and one that waits for a person."""


def books(**changes: Any) -> Libros:
    """What everybody's books say when all went well, but for `changes`."""
    dtes = changes.get("dtes", GOOD)
    fields: dict[str, Any] = {
        "answers": {(dte.terminal, dte.clave): dte.model_dump() for dte in GOOD},
        "momento": momento(),
        "dtes": dtes,
        "envios": [make_envio()],
        "contados": {**dict.fromkeys(Estado, 0), Estado.ACEPTADO: 2, Estado.PENDIENTE: 1},
        "bandeja": 0,
        "colas": {"posta.envio.boleta.normal.v1": 0, DLQ: 1},
        "at_sii": [make_received(1), make_received(2)],
    }
    return Libros(**fields | changes)


def momento(*usados: int, caf: CafGuardado | None = None) -> Momento:
    folios = usados or (1, 2, 3)
    return Momento([(EMISOR_RUT, TipoDte.BOLETA, folio) for folio in folios], [caf or make_caf()], [])


def without(*folios: int, **changes: Any) -> Libros:
    """Documents removed behind everybody's back."""
    left = [dte for dte in GOOD if dte.folio not in folios]
    return books(dtes=left, momento=momento(*(dte.folio for dte in left)), **changes)


MUTATIONS: dict[str, tuple[Invariante, Callable[[], Libros]]] = {
    "two documents with one folio": (Invariante.FOLIO_REPETIDO, lambda: books(momento=momento(1, 2, 3, 3))),
    "a used folio that is free, too": (
        Invariante.FOLIO_REPETIDO,
        lambda: books(momento=momento(caf=make_caf(libres=(3, 4)))),
    ),
    "a folio that is free twice": (
        Invariante.FOLIO_REPETIDO,
        lambda: books(momento=momento(caf=make_caf(libres=(4, 5)))),
    ),
    "a folio that is nowhere": (Invariante.FOLIO_PERDIDO, lambda: books(momento=momento(caf=make_caf(libres=())))),
    "a document without a range": (Invariante.FOLIO_PERDIDO, lambda: books(momento=momento(1, 2, 3, 7))),
    "a range that hides its folios": (
        Invariante.FOLIO_PERDIDO,
        lambda: books(momento=replace(momento(), mal_marcados=["caf-39"])),
    ),
    "a document that is gone": (Invariante.VENTA_PERDIDA, lambda: without(2)),
    "other bytes than those answered": (
        Invariante.VENTA_PERDIDA,
        lambda: books(dtes=[*GOOD[1:], make_dte(1, xml=XML[4], sha256=hashlib.sha256(XML[4]).hexdigest())]),
    ),
    "another sale's document": (Invariante.VENTA_PERDIDA, lambda: books(dtes=[*GOOD[1:], make_dte(1, clave="otra")])),
    "a sale with two documents": (
        Invariante.VENTA_DUPLICADA,
        lambda: books(dtes=[*GOOD, make_dte(4, clave="venta-1")]),
    ),
    "a document of no sale": (Invariante.VENTA_DUPLICADA, lambda: books(dtes=[*GOOD, make_dte(4)])),
    "a document twice at the SII": (
        Invariante.DUPLICADO_SII,
        lambda: books(at_sii=[make_received(1), make_received(2), make_received(1, sobre="s2")]),
    ),
    "a document that came again in another envelope": (
        Invariante.DUPLICADO_SII,
        lambda: books(
            at_sii=[make_received(1), make_received(2), make_received(1, sobre="s2", estado="rechazado", repetido=True)]
        ),
    ),
    "an upload that is not on record": (
        Invariante.DUPLICADO_SII,
        lambda: books(at_sii=[make_received(1), make_received(2, trackid="2")]),
    ),
    "a document left in doubt": (
        Invariante.OLVIDADO,
        lambda: books(dtes=[GOOD[0], make_dte(2, estado=Estado.INCIERTO), GOOD[2]]),
    ),
    "a document that waits for nobody knows what": (
        Invariante.OLVIDADO,
        lambda: books(dtes=[*GOOD[:2], make_dte(3, estado=Estado.PENDIENTE)]),
    ),
    "an envelope left open": (Invariante.OLVIDADO, lambda: books(envios=[make_envio(estado=EstadoEnvio.INCIERTO)])),
    "bytes that are not those that were signed": (
        Invariante.BYTES_CAMBIADOS,
        lambda: books(dtes=[GOOD[0], make_dte(2, xml=XML[4]), GOOD[2]]),
    ),
    "other bytes at the SII": (
        Invariante.BYTES_CAMBIADOS,
        lambda: books(at_sii=[make_received(1), make_received(2, sha256="0" * 64)]),
    ),
    "accepted here and not there": (Invariante.DESCUADRE, lambda: books(at_sii=[make_received(1)])),
    "another amount at the SII": (
        Invariante.DESCUADRE,
        lambda: books(at_sii=[make_received(1), make_received(2, monto=1)]),
    ),
    "a verdict that nobody has told": (
        Invariante.DESCUADRE,
        lambda: books(at_sii=[make_received(1), make_received(2, estado="en_proceso")]),
    ),
    "a count that is not what adding up gives": (
        Invariante.DESCUADRE,
        lambda: books(contados={Estado.ACEPTADO: 3}),
    ),
}


def test_nothing_is_wrong_with_books_in_which_all_is_well() -> None:
    assert find_broken(books()) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_what_is_broken_is_named_by_its_invariant(name: str) -> None:
    invariante, mutated = MUTATIONS[name]
    broken = find_broken(mutated())
    assert invariante in {hallazgo.invariante for hallazgo in broken}
    assert not any(hallazgo.pasa for hallazgo in broken if hallazgo.invariante is invariante)


@pytest.mark.parametrize(
    "unfinished",
    [
        {"bandeja": 1},
        {"colas": {"posta.espera.10s.v1": 1, DLQ: 1}},
        {"colas": {DLQ: 0}},
        {"momento": momento(caf=make_caf(libres=(), reservas=(Reserva("r", "caf-39", (4,)),)))},
    ],
    ids=["outbox", "wait queue", "dead letter", "reserved folio"],
)
async def test_what_a_process_is_about_to_do_is_waited_for(unfinished: dict[str, Any]) -> None:
    reads = iter([books(**unfinished), books(**unfinished), books()])

    async def read() -> Libros:
        return next(reads)

    assert await prove(read) == []
    assert next(reads, None) is None


async def test_a_server_that_has_just_come_back_is_asked_again() -> None:
    reads: Iterator[Libros | Unavailable] = iter([Unavailable("RabbitMQ"), books()])

    async def read() -> Libros:
        found = next(reads)
        if isinstance(found, Unavailable):
            raise found
        return found

    assert await prove(read) == []


async def test_who_stays_away_is_named() -> None:
    async def read() -> Libros:
        raise Unavailable("RabbitMQ")

    with pytest.raises(Unavailable, match="RabbitMQ"):
        await prove(read, within=0)


async def test_what_no_process_is_about_to_mend_is_told_at_once() -> None:
    reads = iter([without(2, bandeja=1)])

    async def read() -> Libros:
        return next(reads)

    assert Invariante.VENTA_PERDIDA in {hallazgo.invariante for hallazgo in await prove(read)}


def test_a_repeated_upload_needs_as_many_questions_as_the_sender_promises() -> None:
    def said(*operaciones: str) -> Envio:
        return make_envio(respuestas=tuple(Respuesta(momento=MOMENTO, operacion=o) for o in operaciones))

    assert count_unproven(said("no_recibido", "no_recibido", "reenvio")) == 0
    assert count_unproven(said("no_recibido", "reenvio")) == 1
    assert count_unproven(said("no_recibido", "no_recibido", "reenvio", "no_recibido", "reenvio")) == 1
