"""Commands about documents under way: list and send again those that wait for a person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import Json, show_rows, stack_settings
from shared.errors import Conflict

if TYPE_CHECKING:
    from services.monitor.replay import Replay

dlq_app = typer.Typer(help="Documentos que esperan a una persona.")


@asynccontextmanager
async def _replay() -> AsyncIterator[Replay]:
    from services.monitor.main import open_replay

    async with open_replay(stack_settings()) as replay:
        yield replay


@dlq_app.command("list")
def dlq_list(as_json: Json = False) -> None:
    """Los documentos que esperan a una persona, por causa, con lo que hay que hacer."""

    async def run() -> list[dict[str, Any]]:
        async with _replay() as replay:
            return [
                {
                    "causa": group.error.causa,
                    "cuantos": len(group.documentos),
                    "primero": group.primero,
                    "ultimo": group.ultimo,
                    "remedio": group.error.remedio,
                    "documentos": [dte.id for dte in group.documentos] if as_json else group.documentos[0].id,
                }
                for group in await replay.list_parked()
            ]

    show_rows(asyncio.run(run()), as_json=as_json)


@dlq_app.command("replay")
def dlq_replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    todos: Annotated[bool, typer.Option("--todos", help="Todos los que esperan a una persona.")] = False,
) -> None:
    """Reenvía documentos que esperan a una persona: los que se nombran, o todos."""
    if bool(ids) == todos:
        raise typer.BadParameter("nombre los documentos, o use --todos")

    async def run() -> list[str]:
        async with _replay() as replay:
            return await replay.replay(None if todos else ids)

    sent = asyncio.run(run())
    typer.echo(f"{len(sent)} documentos en camino otra vez")
    missing = sorted(set(ids or ()) - set(sent))
    if missing:
        raise Conflict(f"no esperan a una persona: {', '.join(missing)}")
