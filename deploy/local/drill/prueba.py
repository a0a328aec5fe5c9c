"""The proof: all books are read and all eight invariants are judged, again while something may still pass."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain

from deploy.local.drill.entrega import judge_repeated, judge_settled, judge_sii, judge_sums
from deploy.local.drill.folios import judge_folios
from deploy.local.drill.invariantes import Hallazgo, Invariante, Libros, Recibido, Respuestas
from deploy.local.drill.ventas import judge_bytes, judge_sales
from shared.adapters.mongo import Store
from shared.adapters.rabbit import COLAS, Depths
from shared.errors import Unavailable
from shared.messages import EstadoEnvio

PATIENCE = 90.0
"""Seconds for what processes are about to do: folios given back, events published, messages acknowledged."""
_POLL = 0.1


async def read_libros(store: Store, depths: Depths, answers: Respuestas, at_sii: Sequence[Recibido]) -> Libros:
    """Everything that Posta has on record at this moment, beside what the others say."""
    measured = await depths.measure([cola.nombre for cola in COLAS])
    return Libros(
        answers=answers,
        momento=await store.inventario.folios(),
        dtes=await store.inventario.documents(),
        envios=await store.envios.find_by_estado(*EstadoEnvio),
        contados=await store.documents.count_by_estado(),
        bandeja=await store.documents.count_outbox(),
        colas={name: depth.mensajes for name, depth in measured.items()},
        at_sii=at_sii,
    )


def find_broken(libros: Libros) -> list[Hallazgo]:
    """What does not hold at this moment, by invariant."""
    found = [
        *judge_folios(libros.momento),
        *_judge_reserved(libros),
        *chain.from_iterable(judge(libros) for judge in _JUDGES),
    ]
    return sorted(found, key=lambda hallazgo: hallazgo.invariante)


async def prove(read: Callable[[], Awaitable[Libros]], within: float = PATIENCE) -> list[Hallazgo]:
    """What does not hold, once nothing that is found wrong may pass by itself, or after `within` seconds.

    Unavailable if somebody whose books are read stays away as long.
    """
    deadline = time.monotonic() + within
    while True:
        late = time.monotonic() > deadline
        try:
            found = find_broken(await read())
        except Unavailable:  # our own connection to a server that was cut off may be the old one
            if late:
                raise
        else:
            if late or not all(hallazgo.pasa for hallazgo in found) or not found:
                return found
        await asyncio.sleep(_POLL)


def _judge_reserved(libros: Libros) -> list[Hallazgo]:
    """An emitter at rest gives back in seconds what it keeps at hand."""
    reserved = sum(caf.reservados for caf in libros.momento.cafs)
    return [Hallazgo(Invariante.FOLIO_PERDIDO, f"{reserved} folios siguen reservados", pasa=True)] if reserved else []


_JUDGES = (judge_sales, judge_bytes, judge_sii, judge_repeated, judge_settled, judge_sums)
