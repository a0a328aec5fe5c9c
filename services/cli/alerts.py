"""Commands about alerts: what is wrong, whether its tellings arrive, and those that did not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from services.cli.console import Json, Motivo, show_hora, show_rows, stack_settings

if TYPE_CHECKING:
    from services.monitor.alerts import Alerts
    from shared.adapters.mongo.auditoria import Registro
    from shared.messages import Aviso

T = TypeVar("T")

alerts_app = typer.Typer(help="Alertas: qué está mal, y si los avisos llegan.")


def _with_alerts(work: Callable[[Alerts, Registro], Coroutine[Any, Any, T]], motivo: str = "") -> T:
    from services.monitor.main import open_alerts

    async def run() -> T:
        async with open_alerts(stack_settings(), motivo) as (alerts, registro):
            return await work(alerts, registro)

    return asyncio.run(run())


@alerts_app.command("list")
def alerts_list(*, as_json: Json = False) -> None:
    """Lo que está mal ahora, desde cuándo, y qué hacer."""
    vigentes = _with_alerts(lambda alerts, _: alerts.list_vigentes())
    if as_json:
        typer.echo(json.dumps([alerta.model_dump(mode="json") for alerta in vigentes], ensure_ascii=False))
        return
    rows = [
        {
            "desde": show_hora(alerta.desde),
            "gravedad": alerta.gravedad.value,
            "qué": f"{alerta.titulo}. {alerta.detalle}",
            "qué hacer": alerta.remedio,
            "avisada": show_hora(alerta.avisada),
        }
        for alerta in vigentes
    ]
    show_rows(rows, as_json=False)


@alerts_app.command("avisos")
def alerts_avisos(
    *,
    apartados: Annotated[bool, typer.Option("--apartados", help="Sólo los que no se pudieron entregar.")] = False,
    limite: Annotated[int, typer.Option(min=1, max=1_000, help="Cuántos, los últimos.")] = 50,
    as_json: Json = False,
) -> None:
    """Los avisos enviados, y qué fue de cada uno."""
    from shared.messages import EstadoAviso

    estado = EstadoAviso.APARTADO if apartados else None
    _show(_with_alerts(lambda alerts, _: alerts.list_avisos(estado, limite)), as_json=as_json)


@alerts_app.command("replay")
def alerts_replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    *,
    todo: Annotated[bool, typer.Option("--todo", help="Todos los que no se pudieron entregar.")] = False,
    motivo: Motivo = "",
) -> None:
    """Envía de nuevo los avisos que no se pudieron entregar."""
    if bool(ids) == todo:
        raise typer.BadParameter("nombre los avisos, o use --todo")
    cuantos = _with_alerts(lambda alerts, registro: alerts.replay(ids or None, registro), motivo)
    typer.echo(f"{cuantos} {'aviso va' if cuantos == 1 else 'avisos van'} de nuevo; los entrega el monitor.")


@alerts_app.command("test")
def alerts_test(
    *,
    espera: Annotated[float, typer.Option(min=0, max=600, help="Segundos que se espera la entrega.")] = 30,
    as_json: Json = False,
) -> None:
    """Envía un aviso de prueba a cada destino, y dice cuáles llegaron: termina con 1 si falta alguno."""
    avisos = _with_alerts(lambda alerts, registro: _test(alerts, registro, espera))
    _show(avisos, as_json=as_json)
    missing = [aviso for aviso in avisos if aviso.estado != "entregado"]
    if any(aviso.estado == "pendiente" and not aviso.error for aviso in missing):
        typer.secho("Nadie los ha tomado: ¿está en marcha el monitor? «posta up», «posta run monitor»", err=True)
    if missing:
        raise typer.Exit(1)


async def _test(alerts: Alerts, registro: Registro, espera: float) -> list[Aviso]:
    """The tellings of a test, once each has been tried, or when the time is over."""
    asked = await alerts.test(registro)
    ids, deadline = {aviso.id for aviso in asked}, asyncio.get_running_loop().time() + espera
    while True:
        avisos = [aviso for aviso in await alerts.list_avisos() if aviso.id in ids]
        tried = all(aviso.estado != "pendiente" or aviso.error for aviso in avisos)
        if tried or asyncio.get_running_loop().time() >= deadline:
            return avisos
        await asyncio.sleep(0.2)


def _show(avisos: list[Aviso], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([aviso.model_dump(mode="json") for aviso in avisos], ensure_ascii=False))
        return
    rows = [
        {
            "id": aviso.id,
            "creado": show_hora(aviso.creado),
            "destino": aviso.destino,
            "aviso": f"{aviso.motivo}: {aviso.alerta.titulo}",
            "estado": aviso.estado.value,
            "intentos": aviso.intentos,
            "error": aviso.error,
        }
        for aviso in avisos
    ]
    show_rows(rows, as_json=False)
