"""Invariants 5, 6 and 8: nothing twice at the SII, nothing forgotten, and the sums agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from deploy.local.drill.invariantes import Hallazgo, Invariante, Libros, broken, id_at_sii
from services.sender.reconcile import ROUNDS
from services.sender.status import PATIENCE
from shared.adapters.rabbit import DLQ
from shared.dte.causa import Causa
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal
from shared.messages import Dte, Envio, EstadoEnvio

_VALIDOS = (Estado.ACEPTADO, Estado.REPARO)
_ABIERTOS = (EstadoEnvio.SUBIENDO, EstadoEnvio.INCIERTO, EstadoEnvio.RECIBIDO)


def is_parked(dte: Dte) -> bool:
    """Waits for a person."""
    return dte.estado is Estado.PENDIENTE and dte.proximo_intento is None


def judge_sii(libros: Libros) -> Iterator[Hallazgo]:
    """The SII holds each document once at most, and a repeated upload was of the very same bytes."""
    held = Counter(id_at_sii(one) for one in libros.valid_at_sii)
    yield from broken(Invariante.DUPLICADO_SII, (f"el SII tiene {n} veces {id_}" for id_, n in held.items() if n > 1))
    original = {id_at_sii(one): one["sobre"] for one in libros.valid_at_sii}
    envios = {envio.sha256: envio for envio in libros.envios}
    for one in (one for one in libros.at_sii if one["repetido"]):
        envio = envios.get(one["sobre"])
        if envio is None or envio.canal is not Canal.BOLETA or original.get(id_at_sii(one)) != one["sobre"]:
            yield Hallazgo(Invariante.DUPLICADO_SII, f"{id_at_sii(one)} volvió al SII en otros bytes")


def judge_repeated(libros: Libros) -> Iterator[Hallazgo]:
    """Bytes of boletas go again only after the SII has missed them for long, and each upload is on record."""
    uploads = Counter(sobre for sobre, _ in {(one["sobre"], one["trackid"]) for one in libros.at_sii})
    for envio in (envio for envio in libros.envios if envio.canal is Canal.BOLETA):
        if count_unproven(envio):
            yield Hallazgo(
                Invariante.DUPLICADO_SII, f"{envio.id} se reenvió sin prueba de que no se recibió: {envio!r:.3000}"
            )
        if uploads[envio.sha256] > envio.subidas:
            yield Hallazgo(Invariante.DUPLICADO_SII, f"{envio.id} se subió más veces de las anotadas")


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


def judge_settled(libros: Libros) -> Iterator[Hallazgo]:
    """Nothing is left half-way: each document has its verdict, or stands parked with its cause and what to do."""
    for dte in (dte for dte in libros.dtes if dte.estado not in FINALES):
        if not is_parked(dte):
            yield Hallazgo(Invariante.OLVIDADO, f"{dte.id} quedó en {dte.estado}")
        elif dte.error_envio is None or dte.error_envio.causa not in set(Causa) or not dte.error_envio.remedio:
            yield Hallazgo(Invariante.OLVIDADO, f"{dte.id} espera a una persona y no le dice qué hacer")
    open_ = (envio for envio in libros.envios if envio.estado in _ABIERTOS)
    yield from broken(Invariante.OLVIDADO, (f"el sobre {envio.id} quedó en {envio.estado}" for envio in open_))
    if libros.bandeja:
        yield Hallazgo(Invariante.OLVIDADO, f"{libros.bandeja} documentos con eventos sin publicar", pasa=True)


def judge_sums(libros: Libros) -> Iterator[Hallazgo]:
    """Emitted = each state's count, equal in the database and at the SII, and nothing is under way in the broker."""
    waiting = [one for one in libros.at_sii if one["estado"] == "en_proceso"]
    yield from broken(Invariante.DESCUADRE, (f"el SII no ha dicho nada de {id_at_sii(one)}" for one in waiting))
    at_sii = {id_at_sii(one) for one in libros.valid_at_sii}
    valid = {dte.id: dte.monto for dte in libros.dtes if dte.estado in _VALIDOS}
    yield from broken(
        Invariante.DESCUADRE,
        (f"{id_} vale en un libro y en el otro no: Posta y el SII" for id_ in sorted(at_sii ^ valid.keys())),
    )
    monto_sii = sum(one["monto"] for one in libros.valid_at_sii)
    if monto_sii != sum(valid.values()):
        yield Hallazgo(Invariante.DESCUADRE, f"el SII suma ${monto_sii}, Posta ${sum(valid.values())}")
    if Counter(libros.contados) != Counter(dte.estado for dte in libros.dtes):
        yield Hallazgo(Invariante.DESCUADRE, f"los conteos por estado no son los de los documentos: {libros.contados}")
    yield from _judge_broker(libros)


def _judge_broker(libros: Libros) -> Iterator[Hallazgo]:
    """No work is queued or in flight, and the dead letters are those that are parked.

    A note whose document was refused was never work: it is parked in the database alone.
    """
    parked = sum(
        is_parked(dte) and dte.error_envio is not None and dte.error_envio.causa != Causa.REFERENCIA
        for dte in libros.dtes
    )
    found = {name: n for name, n in libros.colas.items() if n}
    if found != ({DLQ: parked} if parked else {}):
        yield Hallazgo(
            Invariante.DESCUADRE, f"{parked} documentos esperan a una persona, y el broker tiene {found}", pasa=True
        )
