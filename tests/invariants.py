"""The eight invariants that every fault scenario ends with (architecture, §5), asked of each book itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.emitter.client import DocumentoEmitido
from services.sender.reconcile import ROUNDS
from services.sender.status import PATIENCE
from shared.adapters.mongo import Store
from shared.adapters.rabbit import COLAS, DLQ, Depths
from shared.dte.causa import Causa
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal, TipoDte
from shared.messages import Envio, EstadoEnvio, dte_id
from tests.conditions import eventually


@dataclass(frozen=True, slots=True)
class Cuenta:
    """How the folios of all ranges stand."""

    libres: int
    reservados: int
    usados: int
    anulados: int = 0


async def check_folios(store: Store) -> Cuenta:
    """No folio twice, none lost: each one of every range is free, reserved, voided, or used by a stored document."""
    dtes, cafs = await _read_at_one_moment(store)
    used = Counter((dte["emisor"], dte["tipo"], dte["folio"]) for dte in dtes)
    assert set(used.values()) <= {1}, "a folio was used twice"
    libres = reservados = anulados = 0
    authorised = set()
    for caf in cafs:
        free = [*caf["libres"], *_folios_of(caf["nuevos"])]
        reserved = [folio for entry in caf["reservas"] for folio in entry["folios"]]
        voided = _folios_of(caf["anulados"])
        accounted = Counter([*free, *reserved, *voided])
        assert set(accounted.values()) <= {1}, f"{caf['_id']}: the ledger has a folio twice"
        assert caf["quedan"] is bool(free), f"{caf['_id']}: says that folios are left: {caf['quedan']}"
        unusable = {*free, *voided}
        for folio in range(caf["desde"], caf["hasta"] + 1):
            key = (caf["emisor"], caf["tipo"], folio)
            authorised.add(key)
            assert accounted[folio] or used[key], f"folio {key} is lost"
            assert not used[key] or folio not in unusable, f"folio {key} is used, and free or voided"
        libres += len(free)
        reservados += len(reserved)
        anulados += len(voided)
    assert set(used) <= authorised, "a document has a folio that no range authorises"
    return Cuenta(libres, reservados, len(used), anulados)


async def _read_at_one_moment(store: Store) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Documents and ranges as they stood together, whatever is going on meanwhile."""
    database = store._mongo.database
    async with await database.client.start_session(snapshot=True) as moment:
        dtes = database.dtes.find({}, {"emisor": 1, "tipo": 1, "folio": 1}, session=moment)
        return await dtes.to_list(None), await database.cafs.find({}, session=moment).to_list(None)


async def check_answers(store: Store, answered: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """No sale lost, none doubled: whoever got an answer finds that document; one key has one document at most."""
    by_key: Counter[tuple[str, str]] = Counter()
    async for dte in store._mongo.database.dtes.find({}, {"terminal": 1, "clave": 1}):
        by_key[dte["terminal"], dte["clave"]] += 1
    assert set(by_key.values()) <= {1}, "a sale was doubled"
    for key, answer in answered.items():
        dte = await store.documents.get(answer["id"])
        assert dte is not None, f"sale {key} was answered with {answer['id']} and lost"
        assert (dte.terminal, dte.clave) == key
        assert (dte.sha256, dte.folio, dte.ted) == (answer["sha256"], answer["folio"], answer["ted"])


def _folios_of(tramos: Iterable[Mapping[str, Any]]) -> list[int]:
    return [folio for tramo in tramos for folio in range(tramo["desde"], tramo["hasta"] + 1)]


@dataclass(frozen=True, slots=True)
class Libros:
    """What others say: the tills of what they were answered (by till and key), the sandbox of what it received."""

    answers: Mapping[tuple[str, str], DocumentoEmitido]
    at_sii: Sequence[Mapping[str, Any]]


async def check_invariants(store: Store, depths: Depths, libros: Libros) -> None:
    """All eight, once the faults are over and everything is settled."""
    await eventually(partial(_nothing_reserved, store), within=60)  # 1, 2
    answered = {key: documento.model_dump() for key, documento in libros.answers.items()}
    await check_answers(store, answered)  # 3, 4
    records = await store._mongo.database.dtes.find({}, {"salida": 0}).to_list(None)
    assert len(records) == len(libros.answers), "a document that no till was answered with, or one that is gone"
    await check_bytes(records, libros)  # 3, 7
    await check_sii(records, libros.at_sii)  # 5, 8
    await check_repeated(store, libros.at_sii)  # 5
    await check_settled(store, records)  # 6
    await eventually(partial(_broker_is_empty_but_for, depths, records), within=90)  # 8


async def check_bytes(records: Sequence[Mapping[str, Any]], libros: Libros) -> None:
    """The signed bytes are the same in the till's answer, in the record, and wherever the SII received them."""
    answered = {documento.id: documento.sha256 for documento in libros.answers.values()}
    uploaded = [(dte_id(d["emisor"], TipoDte(d["tipo"]), d["folio"]), d["sha256"]) for d in libros.at_sii]
    stored = {record["_id"]: record["sha256"] for record in records}
    for record in records:
        assert hashlib.sha256(record["xml"]).hexdigest() == record["sha256"], f"{record['_id']}: signed bytes changed"
    assert stored == answered
    assert [id_ for id_, sha256 in uploaded if stored.get(id_) != sha256] == [], "other bytes went to the SII"


async def check_sii(records: Sequence[Mapping[str, Any]], at_sii: Sequence[Mapping[str, Any]]) -> None:
    """The SII holds each document once at most, and just those that Posta believes accepted; the sums agree."""
    assert [d for d in at_sii if d["estado"] == "en_proceso"] == [], "the SII still has verdicts to tell"
    held = Counter(_id_of(d) for d in at_sii if d["estado"] in ("aceptado", "reparo"))
    assert [id_ for id_, times in held.items() if times > 1] == [], "the SII holds a document twice"
    valid = {r["_id"]: r["monto"] for r in records if r["estado"] in (Estado.ACEPTADO, Estado.REPARO)}
    assert set(held) == set(valid), "the SII and Posta do not agree on what is valid"
    assert sum(valid.values()) == sum(d["monto"] for d in at_sii if d["estado"] in ("aceptado", "reparo"))


async def check_repeated(store: Store, at_sii: Sequence[Mapping[str, Any]]) -> None:
    """Bytes of boletas go again only after the SII has missed them for long; what it had is in the very same bytes."""
    envios = {envio.sha256: envio for envio in await store.envios.find_by_estado(*EstadoEnvio)}
    boletas = [envio for envio in envios.values() if envio.canal is Canal.BOLETA]
    for envio in boletas:
        assert count_unproven(envio) == 0, f"sent again without proof that it was not received: {envio!r:.3000}"
    original = {_id_of(d): d["sobre"] for d in at_sii if d["estado"] in ("aceptado", "reparo")}
    for d in (d for d in at_sii if d["repetido"]):
        assert envios[d["sobre"]].canal is Canal.BOLETA, f"a document came again that is no boleta: {d}"
        assert original.get(_id_of(d)) == d["sobre"], f"a document came again in other bytes: {d}"
    uploads = Counter(sobre for sobre, _ in {(d["sobre"], d["trackid"]) for d in at_sii})
    assert [e.id for e in boletas if uploads[e.sha256] > e.subidas] == [], "uploads that are not on record"


def count_unproven(envio: Envio) -> int:
    """How often this envelope of boletas left again with fewer questions before than are asked for.

    The question that decides is on record as the upload itself.
    """
    unproven, missed, by_folio = 0, 0, 0
    for said in envio.respuestas:
        missed += said.operacion == "no_recibido"
        by_folio += said.operacion == "consulta_folios"
        if said.operacion == "reenvio":
            unproven += missed + 1 < ROUNDS and by_folio + 1 < PATIENCE
        if said.operacion in ("reenvio", "subida"):
            missed = by_folio = 0
    return unproven


async def check_settled(store: Store, records: Sequence[Mapping[str, Any]]) -> None:
    """Nothing is left half-way: each document has its verdict, or stands parked with its cause and what to do."""
    for record in records:
        if record["estado"] not in FINALES:
            assert is_parked(record), f"{record['_id']} was forgotten in {record['estado']}"
            assert record["error_envio"]["causa"] in set(Causa)
            assert record["error_envio"]["remedio"], f"{record['_id']} does not say what to do"
    open_ = (EstadoEnvio.SUBIENDO, EstadoEnvio.INCIERTO, EstadoEnvio.RECIBIDO)
    assert await store.envios.find_by_estado(*open_) == [], "an envelope was forgotten"
    counted = await store.documents.count_by_estado()
    assert counted == dict.fromkeys(Estado, 0) | Counter(Estado(r["estado"]) for r in records)
    await eventually(partial(_is_outbox_empty, store), within=60)


async def _is_outbox_empty(store: Store) -> bool:
    return await store.documents.count_outbox() == 0


async def _nothing_reserved(store: Store) -> bool:
    return (await check_folios(store)).reservados == 0


async def _broker_is_empty_but_for(depths: Depths, records: Sequence[Mapping[str, Any]]) -> bool:
    """No work is queued or in flight, and the dead letters are those that are parked.

    A note whose document was refused was never work: it is parked in the database alone.
    """
    parked = sum(is_parked(r) and r["error_envio"]["causa"] != Causa.REFERENCIA for r in records)
    measured = {name: depth.mensajes for name, depth in (await depths.measure([c.nombre for c in COLAS])).items()}
    return {name: n for name, n in measured.items() if n} == ({DLQ: parked} if parked else {})


def is_parked(record: Mapping[str, Any]) -> bool:
    """Waits for a person."""
    return record["estado"] == Estado.PENDIENTE and record["proximo_intento"] is None


def _id_of(documento: Mapping[str, Any]) -> str:
    return dte_id(documento["emisor"], TipoDte(documento["tipo"]), documento["folio"])
