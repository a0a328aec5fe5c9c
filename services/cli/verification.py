"""What `posta dte verify` found: as a table for people, as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from shared.dte.verificador import Control, DocumentoVerificado, SobreVerificado, Verificacion

_SIGNOS = {"ok": "[green]✔[/] vale", "falla": "[red]✘[/] falla", "no_aplica": "– no aplica"}
_NOMBRES = {
    "esquema": "Esquema",
    "caratula": "Carátula",
    "digest": "Resumen (digest)",
    "firma": "Firma",
    "certificado": "Certificado",
    "timbre": "Timbre",
    "caf": "CAF",
    "aritmetica": "Aritmética",
}


def to_json(verificacion: Verificacion) -> dict[str, Any]:
    """The whole result; `controles` judge the fragment, as the SII does, and decide `valido`."""
    return {
        "valido": verificacion.valido,
        "codificacion": verificacion.codificacion,
        "observacion": verificacion.observacion,
        "sobre": _sobre(verificacion.sobre) if verificacion.sobre is not None else None,
        "documentos": [_documento(documento) for documento in verificacion.documentos],
    }


def show_verificacion(verificacion: Verificacion) -> None:
    """Tables on the terminal: first the envelope, then each document, then the verdict."""
    from rich.console import Console

    console = Console(highlight=False)
    if verificacion.observacion:
        console.print(f"Aviso: {verificacion.observacion}", style="yellow")
    sobre = verificacion.sobre
    if sobre is not None:
        console.print(_table(f"Sobre {sobre.raiz}", sobre.controles, ()))
    for documento in verificacion.documentos:
        console.print(_table(_title(documento), documento.controles, documento.contexto))
    malos = sum(not documento.valido for documento in verificacion.documentos)
    cuantos = f"documentos: {len(verificacion.documentos)}, con fallas: {malos}"
    typer.secho(
        f"{'✔ VÁLIDO' if verificacion.valido else '✘ NO VÁLIDO'}: {cuantos}",
        fg="green" if verificacion.valido else "red",
        bold=True,
    )


def _sobre(sobre: SobreVerificado) -> dict[str, Any]:
    return {
        "raiz": sobre.raiz,
        "valido": sobre.valido,
        "firmante": sobre.firmante,
        "controles": _controles(sobre.controles),
    }


def _documento(documento: DocumentoVerificado) -> dict[str, Any]:
    return {
        **asdict(documento.identidad),
        "valido": documento.valido,
        "firmante": documento.firmante,
        "controles": _controles(documento.controles),
        "en_contexto": _controles(documento.contexto),
    }


def _controles(controles: Sequence[Control]) -> dict[str, Any]:
    return {
        control.nombre: {"valor": control.valor.value, "codigo": control.codigo, "motivo": control.motivo}
        for control in controles
    }


def _title(documento: DocumentoVerificado) -> str:
    identidad = documento.identidad
    if identidad.tipo is None and identidad.folio is None:
        return "Documento que no dice su tipo ni su folio"
    return f"Tipo {identidad.tipo}, folio {identidad.folio}, de {identidad.emisor}, {identidad.fecha}"


def _table(titulo: str, controles: Sequence[Control], contexto: Sequence[Control]) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(titulo), title_justify="left", expand=False)
    fragmento = "Como fragmento" if contexto else "Resultado"
    for column in ("Control", fragmento, *(("En contexto",) if contexto else ()), "Motivo"):
        table.add_column(column, overflow="fold")
    en_contexto = {control.nombre: _SIGNOS[control.valor] for control in contexto}
    for control in controles:
        motivo = f"{control.motivo} [{control.codigo}]" if control.codigo else control.motivo
        aparte = (en_contexto.get(control.nombre, ""),) if contexto else ()
        table.add_row(_NOMBRES[control.nombre], _SIGNOS[control.valor], *aparte, escape(motivo))
    return table
