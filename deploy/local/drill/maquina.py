"""The faults of the machine: a process dies in the middle of its work, a server goes away and comes back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from deploy.local.drill.espera import until
from deploy.local.drill.jugada import LONGEST, PATIENCE, Jugada, Venta
from deploy.local.drill.rehearsal import Rehearsal, SinTerminar
from deploy.local.mongod import PrivateMongod
from deploy.local.rabbit import PrivateRabbit
from deploy.local.stack import Stack
from shared.messages import EstadoEnvio

_AUSENCIA = 3.0
"""Seconds that a server stays away."""
_LENTO = {"latencia": {"envio": {"min": 1, "max": 2}}}
"""Uploads take a moment, so that a death finds one under way."""


@dataclass(frozen=True, slots=True)
class Golpe:
    """One fault. `strike` gives the moment at which it was over, by the monotonic clock."""

    que: str
    """What happens, in Spanish."""
    strike: Callable[[Stack, Rehearsal], Awaitable[float]]


async def play_golpe(r: Rehearsal, stack: Stack, nombre: str, golpe: Golpe, ventas: Sequence[Venta]) -> Jugada:
    """A fresh company sells before the fault and during it; SinTerminar if that does not settle."""
    company = await r.found(len(ventas))
    await r.play(_LENTO)
    half = len(ventas) // 2
    await r.sell(company, ventas[:half], f"{nombre}-antes")
    selling = asyncio.create_task(r.sell(company, ventas[half:], f"{nombre}-durante"))
    try:
        fin = await golpe.strike(stack, r)
        await selling
    finally:
        selling.cancel()
    await r.until_settled(company, PATIENCE, longest=LONGEST)
    if not await until(stack.supervisor.all_serve, PATIENCE):
        raise SinTerminar("no todos los servicios volvieron")
    return Jugada(company, fin, time.monotonic())


async def _kill_uploading_sender(stack: Stack, r: Rehearsal) -> float:
    async def uploading() -> bool:
        return bool(await r.store.envios.find_by_estado(EstadoEnvio.SUBIENDO))

    await until(uploading, PATIENCE)
    return await _kill("sender", stack, r)


async def _kill(servicio: str, stack: Stack, _r: Rehearsal) -> float:
    stack.supervisor.kill(servicio)
    return time.monotonic()


async def _cut(pick: Callable[[Stack], PrivateRabbit | PrivateMongod], stack: Stack, _r: Rehearsal) -> float:
    """It goes like in a power cut, for a throw-away stack gives its servers no time."""
    server = pick(stack)
    await asyncio.to_thread(server.stop)
    await asyncio.sleep(_AUSENCIA)
    await server.start()
    return time.monotonic()


GOLPES: Mapping[str, Golpe] = {
    "kill_sender": Golpe("Muere el sender (SIGKILL) en medio de un envío", _kill_uploading_sender),
    "kill_emitter": Golpe("Muere el emitter (SIGKILL) mientras las cajas venden", partial(_kill, "emitter")),
    "kill_monitor": Golpe("Muere el monitor (SIGKILL)", partial(_kill, "monitor")),
    "rabbitmq": Golpe("RabbitMQ se corta tres segundos y vuelve", partial(_cut, lambda stack: stack.servers.rabbit)),
    "mongodb": Golpe("MongoDB se corta tres segundos y vuelve", partial(_cut, lambda stack: stack.servers.mongod)),
}
