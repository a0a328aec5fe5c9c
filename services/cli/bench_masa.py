"""A great many documents through the whole stack: whether its rate and its memory stay flat, and its sums agree.

Two shapes. Straight: sales come as fast as the emitter takes them, while the sandbox answers at once. Held back
(`cola`): the SII is away while all of them are sold, and everything waits in RabbitMQ; then it comes back. Both end
when every document has its verdict, with the books of Posta and of the SII side by side.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from deploy.local.demo.company import create_company
from deploy.local.demo.outcome import percentile
from deploy.local.demo.sales import make_sales
from deploy.local.desechable import throwaway_stack
from deploy.local.stack import Stack
from services.cli.bench_deliver import Avance
from services.cli.bench_muestras import Muestra, Muestreo, make_tramos
from services.cli.bench_till import Till
from services.cli.escenario import put_escenario
from shared.adapters.mongo import Store
from shared.clock import now
from shared.dte.estado import Estado
from shared.errors import Unavailable
from shared.settings import Settings

Venta = tuple[float, float]
"""When a sale had its answer, and the milliseconds that it took."""
VENDIDOS, RECIBIDOS = "vendidos", "recibidos"
_CAJAS = 16
_CATALOGO = 1000
_INTERVALO = 10.0
"""Seconds between two samples; fewer in short runs."""
_QUIETO = 600.0
"""Seconds without any progress after which a run has failed."""
_PRONTO: dict[str, Any] = {"latencia": {}, "demora_veredicto": 0.5}
_CAIDA = {**_PRONTO, "averias": [{"clase": "caida", "operacion": None}]}


async def measure_masa(settings: Settings, documentos: int, avance: Avance, *, cola: bool) -> dict[str, Any]:
    """The figures of one run, for JSON. RuntimeError unless all sums agree."""
    intervalo = min(_INTERVALO, documentos / _CATALOGO)
    async with throwaway_stack(settings, "posta-bench-", only={"sandbox", "emitter", "sender"}) as stack:
        return await stack.supervisor.during(_run(stack, documentos, avance, cola=cola, intervalo=intervalo))


async def _run(stack: Stack, documentos: int, avance: Avance, *, cola: bool, intervalo: float) -> dict[str, Any]:
    llaves = await create_company(stack.settings, documentos + _CATALOGO)
    store, muestreo = Store(stack.settings, now, "bench"), Muestreo(stack)
    try:
        masa = Masa(stack, store, muestreo, documentos=documentos, avance=avance, intervalo=intervalo)
        return await (masa.run_cola(llaves) if cola else masa.run(llaves))
    finally:
        await muestreo.close()
        await store.close()


class Masa:
    """One run on one stack."""

    def __init__(
        self, stack: Stack, store: Store, muestreo: Muestreo, *, documentos: int, avance: Avance, intervalo: float
    ) -> None:
        self._stack = stack
        self._store = store
        self._muestreo = muestreo
        self._documentos = documentos
        self._avance = avance
        self._intervalo = intervalo
        self._catalogo = make_sales(_CATALOGO, 0)

    async def run(self, llaves: Sequence[str]) -> dict[str, Any]:
        """Sales and deliveries side by side."""
        await self._play(_PRONTO)
        async with asyncio.TaskGroup() as group:
            selling = group.create_task(self._sell(llaves))
            group.create_task(self._until_settled())
        return {**describe_ventas(selling.result()), **self._describe(), **await self._compare()}

    async def run_cola(self, llaves: Sequence[str]) -> dict[str, Any]:
        """First everything is sold and waits in RabbitMQ, the SII being away; then it is delivered."""
        await self._play(_CAIDA)
        async with asyncio.TaskGroup() as group:
            selling = group.create_task(self._sell(llaves))
            group.create_task(self._until_published())
        llena = self._muestreo.muestras[-1]
        await self._play(_PRONTO)
        await self._until_settled()
        ultima = self._muestreo.muestras[-1]
        return {
            **describe_ventas(selling.result()),
            "llena": llena.to_json(),
            "vaciado_s": round(ultima.segundos - llena.segundos, 1),
            **self._describe(),
            **await self._compare(),
        }

    async def _play(self, escenario: dict[str, Any]) -> None:
        await asyncio.to_thread(put_escenario, f"{self._stack.addresses['sandbox']}/sandbox/escenario", escenario)

    async def _sell(self, llaves: Sequence[str]) -> list[Venta]:
        """Each till sends its next sale when it has its answer."""
        numeros, hechas = iter(range(self._documentos)), list[Venta]()

        async def work(till: Till) -> None:
            for numero in numeros:
                venta = json.dumps(self._catalogo[numero % _CATALOGO].venta).encode()
                espera = await till.sell(venta, f"masa-{numero}")
                hechas.append((time.monotonic(), espera))
                self._muestreo.vendidos += 1

        async with self._open_tills(llaves) as tills:
            await asyncio.gather(*map(work, tills))
        return hechas

    @asynccontextmanager
    async def _open_tills(self, llaves: Sequence[str]) -> AsyncIterator[list[Till]]:
        host, port = self._stack.settings.emitter_host, self._stack.settings.emitter_port
        async with AsyncExitStack() as opened:
            tills = [Till(host, port, llaves[number % len(llaves)]) for number in range(_CAJAS)]
            yield [await opened.enter_async_context(till) for till in tills]

    async def _until_published(self) -> None:
        """Everything is sold, and the outbox is empty."""
        pendientes = self._documentos
        while pendientes:
            await asyncio.sleep(self._intervalo)
            sin_vender = self._documentos - (await self._look()).vendidos
            pendientes = sin_vender + await self._store.documents.count_outbox()
        await self._look()

    async def _until_settled(self) -> None:
        """Every document has its verdict, and its last event is published. Unavailable if nothing moves for long."""
        moved, quiet_since = (0, 0), time.monotonic()
        while (muestra := await self._look()).recibidos < self._documentos or not await self._is_settled():
            if (muestra.vendidos, muestra.recibidos) != moved:
                moved, quiet_since = (muestra.vendidos, muestra.recibidos), time.monotonic()
            if time.monotonic() - quiet_since > _QUIETO:
                raise Unavailable("Posta", f"{muestra.recibidos} de {self._documentos} recibidos, y no avanza")
            await asyncio.sleep(self._intervalo)

    async def _look(self) -> Muestra:
        muestra = await self._muestreo.take()
        self._avance(VENDIDOS, muestra.vendidos, self._documentos)
        self._avance(RECIBIDOS, muestra.recibidos, self._documentos)
        return muestra

    async def _is_settled(self) -> bool:
        """Every document is accepted, and everybody has been told of it."""
        aceptados = (await self._store.documents.count_by_estado())[Estado.ACEPTADO]
        return aceptados == self._documentos and not await self._store.documents.count_outbox()

    def _describe(self) -> dict[str, Any]:
        muestras = self._muestreo.muestras
        return {"inicio": muestras[0].to_json(), "fin": muestras[-1].to_json(), "tramos": make_tramos(muestras)}

    async def _compare(self) -> dict[str, Any]:
        """The sums of the tills, of Posta and of the SII. RuntimeError if they do not agree."""
        resumen = self._muestreo.resumen
        estados = {estado.value: n for estado, n in (await self._store.documents.count_by_estado()).items() if n}
        vendido = sum(self._catalogo[numero % _CATALOGO].total for numero in range(self._documentos))
        libros = {
            "documentos": self._documentos,
            "estados": estados,
            "sii_aceptados": resumen["aceptados"],
            "sii_documentos": resumen["documentos"],
            "sii_repetidos": resumen["repetidos"],
            "monto_vendido": vendido,
            "sii_monto": resumen["monto_aceptado"],
            "sin_publicar": await self._store.documents.count_outbox(),
        }
        cuadra = (
            estados == {Estado.ACEPTADO.value: self._documentos}
            and resumen["aceptados"] == resumen["documentos"] == self._documentos
            and resumen["repetidos"] == libros["sin_publicar"] == 0
            and resumen["monto_aceptado"] == vendido
        )
        if not cuadra:
            raise RuntimeError(f"the sums do not agree: {libros}")
        return {"cuadratura": libros}


def describe_ventas(ventas: Sequence[Venta]) -> dict[str, Any]:
    """How fast the emitter took the sales and how long the tills waited: all of them, the first and the last tenth."""
    decimo = max(1, len(ventas) // 10)
    partes = {"todas": ventas, "primer_decimo": ventas[:decimo], "ultimo_decimo": ventas[-decimo:]}
    return {"ventas": {nombre: _describe_parte(parte) for nombre, parte in partes.items()}}


def _describe_parte(ventas: Sequence[Venta]) -> dict[str, float]:
    esperas = [espera for _, espera in ventas]
    segundos = max(ventas[-1][0] - ventas[0][0], 0.001)
    return {
        "por_segundo": round(len(ventas) / segundos, 1),
        "p50_ms": percentile(esperas, 50),
        "p99_ms": percentile(esperas, 99),
    }
