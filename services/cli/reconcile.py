"""`posta reconcile`: after a disaster, what is in doubt, what is missing, what the SII says. Only the sender sends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from services.cli.console import Json, Motivo, in_chile, show_hora, show_rows, stack_settings

if TYPE_CHECKING:
    from services.monitor.descuadre import Descuadre
    from services.sender.revision import Ambito, Comparado, Dudas
    from shared.settings import Settings


def reconcile(
    *,
    emisor: Annotated[
        str | None,
        typer.Option(metavar="RUT", help="Sólo esta empresa; se pregunta por todo lo suyo, no sólo por dudas."),
    ] = None,
    desde: Annotated[datetime | None, typer.Option(help="Sólo lo emitido desde esta hora de Chile.")] = None,
    hasta: Annotated[datetime | None, typer.Option(help="Sólo lo emitido antes de esta hora de Chile.")] = None,
    limite: Annotated[int, typer.Option(min=0, max=100_000, help="Documentos por los que se pregunta.")] = 200,
    ritmo: Annotated[float, typer.Option(min=0.01, max=50, help="Preguntas al SII por segundo.")] = 5.0,
    aplicar: Annotated[
        bool, typer.Option("--aplicar", help="El sender en marcha resuelve las dudas ahora, sin esperar su turno.")
    ] = False,
    motivo: Motivo = "",
    as_json: Json = False,
) -> None:
    """Qué está en duda, qué folios no tienen documento, y qué dice el SII de ellos.

    No envía nada: eso sólo lo hace el sender. Sin --aplicar sólo mira. Termina con 1 si algo no está en orden.
    """
    from services.sender.revision import Ambito

    ambito = Ambito(emisor, in_chile(desde), in_chile(hasta), limite)
    pausa = timedelta(seconds=1 / ritmo)
    informe = asyncio.run(_reconcile(stack_settings(), ambito, pausa, aplicar=aplicar, motivo=motivo))
    if as_json:
        typer.echo(json.dumps(informe.to_json(), ensure_ascii=False, default=str))
    else:
        informe.show()
    if not informe.en_orden:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Informe:
    """Everything that was found. `adelantados`: envelopes whose question is due now; None if nobody asked for it."""

    dudas: Dudas
    adelantados: int | None
    folios: Sequence[Descuadre]
    comparados: Sequence[Comparado]

    @property
    def en_orden(self) -> bool:
        return not (self.dudas.sobres or self.dudas.documentos or self.folios or self._distintos)

    @property
    def _distintos(self) -> list[Comparado]:
        return [one for one in self.comparados if one.juicio != "coincide"]

    def to_json(self) -> dict[str, Any]:
        return {
            "en_orden": self.en_orden,
            "senders": self.dudas.senders,
            "sobres": [envio.model_dump(mode="json", exclude={"respuestas"}) for envio in self.dudas.sobres],
            "en_duda": [dte.id for dte in self.dudas.documentos],
            "adelantados": self.adelantados,
            "folios": [asdict(descuadre) for descuadre in self.folios],
            "documentos": [
                {"id": one.dte.id, "estado": one.dte.estado, "sii": one.sii, "juicio": one.juicio}
                for one in self.comparados
            ],
        }

    def show(self) -> None:
        for title, rows in self._tables():
            typer.secho(title, bold=True)
            if rows:
                show_rows(rows, as_json=False)
        for line in self._advice():
            typer.echo(line)

    def _tables(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        sobres = [
            {
                "sobre": envio.id,
                "empresa": envio.emisor,
                "canal": envio.canal,
                "estado": envio.estado,
                "documentos": len(envio.documentos),
                "subidas": envio.subidas,
                "se pregunta": show_hora(envio.proxima_consulta),
            }
            for envio in self.dudas.sobres
        ]
        yield f"En duda: {len(sobres)} sobres, {len(self.dudas.documentos)} documentos", sobres
        folios = [
            {
                "CAF": one.caf,
                "sin documento": one.faltan,
                "sin entregar": one.sobran,
                "folios": ", ".join(map(str, (*one.sin_documento, *one.sin_entregar))),
            }
            for one in self.folios
        ]
        yield f"Rangos que no cuadran con los documentos: {len(folios)}", folios
        distintos = [
            {"documento": one.dte.id, "aquí": one.dte.estado, "en el SII": one.sii, "juicio": one.juicio}
            for one in self._distintos
        ]
        yield f"Preguntados al SII: {len(self.comparados)}, de los que {len(distintos)} no coinciden", distintos

    def _advice(self) -> Iterator[str]:
        if self.dudas.sobres and not self.dudas.senders:
            yield "No hay un sender vivo, y sólo él resuelve dudas: póngalo en marcha con «posta run sender»"
        if self.adelantados is not None:
            yield f"El sender pregunta ahora por {self.adelantados} sobres que iban a esperar"
        elif self.dudas.sobres:
            yield "Con --aplicar el sender pregunta por ellos ahora, sin esperar su turno"
        asked = {one.dte.id for one in self.comparados}
        if left := sum(dte.id not in asked for dte in self.dudas.documentos):
            yield f"Por {left} documentos en duda no se preguntó: suba --limite, o acote con --desde y --hasta"
        if any(one.juicio == "difiere" for one in self.comparados):
            yield "Lo que difiere no lo corrige nadie por sí solo: véalo con «posta dte show» y en el sitio del SII"
        if self.en_orden:
            yield "En orden"


async def _reconcile(settings: Settings, ambito: Ambito, pausa: timedelta, *, aplicar: bool, motivo: str) -> Informe:
    from services.monitor.main import compare_folios
    from services.sender.main import open_revision

    async with open_revision(settings, motivo) as revision:
        if ambito.emisor is not None:
            ambito = replace(ambito, emisor=await revision.get_emisor(ambito.emisor))
        dudas = await revision.find_dudas(ambito)
        adelantados = await revision.hurry(dudas.sobres) if aplicar else None
        comparados = await revision.compare(await revision.choose(ambito, dudas), pausa)
    return Informe(dudas, adelantados, await compare_folios(settings, ambito.emisor), comparados)
