"""The drill from start to end: a throw-away stack, one fault after the other, and the proof after each."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.local.demo.sales import make_sales
from deploy.local.desechable import throwaway_stack
from deploy.local.drill.invariantes import Hallazgo, Invariante
from deploy.local.drill.jugada import Jugada, Venta, count_saldo, find_unexpected, play_ensayo
from deploy.local.drill.maquina import GOLPES, play_golpe
from deploy.local.drill.pantalla import Pantalla, show_balance
from deploy.local.drill.rehearsal import QUICK, Rehearsal, Site, open_rehearsal
from deploy.local.drill.resultado import Balance, Resultado
from deploy.local.stack import Stack, run_until_signalled
from services.monitor.main import compare_books
from services.sandbox.ensayos import ENSAYOS, Ensayo
from shared.dte.estado import Estado
from shared.errors import PostaError
from shared.log import configure_logging
from shared.settings import Settings

FILAS: dict[str, str] = {nombre: fila.que for tabla in (ENSAYOS, GOLPES) for nombre, fila in tabla.items()}
"""Every fault that can be played, in the order in which they are: what happens, by name."""
INTERRUMPIDO = 130
_CALMA = Ensayo("", {}, Estado.ACEPTADO)
"""What must come of documents whose fault was not the SII's."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which faults, with how many documents each (half boletas), and the seed of the sales and the sandbox's luck."""

    nombres: Collection[str]
    documentos: int
    semilla: int
    registros: Path | None = None
    """Where the logs of the processes stay; nowhere if it is not given."""


def run_drill(settings: Settings, plan: Plan, *, as_json: bool) -> int:
    """Play it and say how it went; 0 only if all invariants held after each fault, and all came as it has to.

    With `as_json` standard output has one JSON object, and people read the rest on standard error.
    """
    configure_logging(settings.log_format, settings.log_level)
    logging.disable()  # a library's tracebacks of connections that were cut: they are cut on purpose
    console = Console(highlight=False, stderr=as_json)
    return run_until_signalled(_drill(settings, plan, console, as_json=as_json), console, cancelled=INTERRUMPIDO)


async def _drill(settings: Settings, plan: Plan, console: Console, *, as_json: bool) -> int:
    began = time.monotonic()
    console.print("Partiendo RabbitMQ, MongoDB, el SII de pruebas y los servicios… (Ctrl-C detiene todo)")
    async with throwaway_stack(_own_settings(settings), "posta-drill-", registros=plan.registros) as stack:
        resultados = await stack.supervisor.during(_play_all(stack, plan, console))
    balance = Balance(resultados, round(time.monotonic() - began, 1))
    show_balance(console, balance)
    if as_json:
        print(json.dumps(balance.to_json(), ensure_ascii=False))  # noqa: T201 - the result, for programs
    return 0 if balance.ok else 1


def _own_settings(settings: Settings) -> Settings:
    """Where the servers' programs are; all else of the installation is not the drill's."""
    programs = {"rabbitmq_sbin": settings.rabbitmq_sbin, "mongod": settings.mongod}
    return Settings.model_construct(set()).model_copy(update={**programs, **QUICK})


async def _play_all(stack: Stack, plan: Plan, console: Console) -> list[Resultado]:
    half = plan.documentos // 2
    ventas = [sale.venta for sale in make_sales(half, plan.documentos - half, seed=plan.semilla)]
    known: set[Hallazgo] = set()
    resultados = []
    async with open_rehearsal(Site(stack.settings, plan.semilla)) as r:
        with Pantalla(console, len(plan.nombres)) as pantalla:
            for nombre in (nombre for nombre in FILAS if nombre in plan.nombres):
                pantalla.start(FILAS[nombre])
                resultado = await _play_one(r, stack, nombre, ventas, known)
                known.update(resultado.hallazgos)
                resultados.append(resultado)
                pantalla.finish(resultado)
    return resultados


async def _play_one(
    r: Rehearsal, stack: Stack, nombre: str, ventas: Sequence[Venta], known: set[Hallazgo]
) -> Resultado:
    """One fault; of what is broken only what was not `known` before it."""
    began = time.monotonic()
    jugada, inesperado = None, list[str]()
    try:
        jugada = await _play(r, stack, nombre, ventas)
        inesperado = await find_unexpected(r, jugada.company, ENSAYOS.get(nombre, _CALMA))
    except PostaError as error:
        inesperado.append(str(error))
    found = [*await r.prove(), *await _judge_counters(stack.settings)]
    return Resultado(
        nombre=nombre,
        que=FILAS[nombre],
        saldo=await count_saldo(r, jugada.company) if jugada is not None else None,
        recuperado_en=round(jugada.calma - jugada.fin, 1) if jugada is not None else None,
        segundos=round(time.monotonic() - began, 1),
        hallazgos=[hallazgo for hallazgo in found if hallazgo not in known],
        inesperado=inesperado,
    )


async def _play(r: Rehearsal, stack: Stack, nombre: str, ventas: Sequence[Venta]) -> Jugada:
    if nombre in ENSAYOS:
        return await play_ensayo(r, nombre, ENSAYOS[nombre], ventas)
    return await play_golpe(r, stack, nombre, GOLPES[nombre], ventas)


async def _judge_counters(settings: Settings) -> list[Hallazgo]:
    """The counters that the monitor keeps against the documents added up."""
    informe = await compare_books(settings)
    return [
        Hallazgo(Invariante.DESCUADRE, f"el conteo de {one.casilla} dice {one.contados}, hay {one.hay}")
        for one in informe.conteos
    ]
