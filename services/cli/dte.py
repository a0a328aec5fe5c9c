"""`posta dte`: documents one by one: build, verify, print, sum up, and where one of them is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from services.cli.console import EXIT_ILEGIBLE, Entrada, Json, read_entrada, stack_settings, write_salida
from services.cli.printing import print_dte
from shared.settings import read_secret

if TYPE_CHECKING:
    from shared.dte.construccion import FindUf
    from shared.errors import Falla

EXIT_NO_VALIDO = 1
Uf = Annotated[
    str | None,
    typer.Option(metavar="PESOS", help="Valor de la UF del día de emisión; si falta, el de POSTA_UF_FILE."),
]

dte_app = typer.Typer(help="Documentos: construir, comprobar, imprimir, sumar, buscar.")
dte_app.command("print")(print_dte)


@dte_app.command("build")
def dte_build(
    archivo: Entrada,
    *,
    caf: Annotated[Path, typer.Option(help="Archivo CAF del tipo de documento.")],
    cert: Annotated[Path, typer.Option(help="Certificado con que se firma (.p12).")],
    password_file: Annotated[Path, typer.Option(help="Archivo que contiene la contraseña del certificado.")],
    folio: Annotated[int, typer.Option(min=1, help="Folio del documento.")],
    fecha: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="AAAA-MM-DD", help="Fecha de emisión; si falta, la suya, u hoy."),
    ] = None,
    uf: Uf = None,
    salida: Annotated[
        Path | None, typer.Option("--output", "-o", help="Archivo que se escribe; si falta, a la salida estándar.")
    ] = None,
) -> None:
    """Construye, timbra y firma el documento de un archivo JSON, sin servidor alguno."""
    from shared.adapters.keystore import open_certificado
    from shared.clock import chile, now
    from shared.dte.caf import parse_caf
    from shared.dte.construccion import build_documento, complete_documento, is_de_prueba, is_vencido
    from shared.dte.json import read_json

    abierto, ahora = parse_caf(read_entrada(caf)), now()
    if is_de_prueba(abierto):
        vencido = ", y venció: se firma con la fecha del documento" if is_vencido(abierto, ahora) else ""
        typer.secho(
            f"posta: aviso: el CAF es de prueba (IDK {abierto.caf.idk}): el SII no acepta sus folios{vencido}",
            fg="yellow",
            err=True,
        )
    read_entrada(password_file)
    firmante = open_certificado(read_entrada(cert), read_secret(password_file, "--password-file"))
    dia = fecha.date() if fecha is not None else None
    datos, hoy = read_json(read_entrada(archivo)), chile(ahora).date()
    completa, avisos = complete_documento(datos, abierto, folio=folio, fecha=dia, hoy=hoy, find_uf=_find_uf(uf))
    _warn(avisos)
    dte = build_documento(completa, abierto, firmante, folio=folio, ahora=ahora)
    if salida is None:
        sys.stdout.buffer.write(dte.xml)
        return
    write_salida(salida, dte.xml)
    monto = f"{dte.monto} {dte.moneda or 'pesos'}"
    typer.echo(f"{salida}: tipo {dte.tipo:d}, folio {dte.folio}, {monto} ({len(dte.xml)} bytes)", err=True)


@dte_app.command("verify")
def dte_verify(
    archivo: Entrada,
    as_json: Json = False,
    llaves: Annotated[
        Path | None,
        typer.Option(help="Otras llaves que autorizan CAF, JSON: {«IDK»: «PEM»}."),
    ] = None,
) -> None:
    """Comprueba un documento o un sobre, de cualquiera: 0 si vale, 1 si no, 2 si no se puede leer."""
    from services.cli.verification import show_verificacion, to_json
    from shared.adapters.keystore import read_llaves
    from shared.dte.caf import LLAVES_SII
    from shared.dte.verificador import verify_archivo
    from shared.errors import Invalid, Misconfigured

    try:
        otras = read_llaves(llaves, "--llaves") if llaves is not None else {}
        verificacion = verify_archivo(read_entrada(archivo), {**LLAVES_SII, **otras})
    except (Invalid, Misconfigured) as error:
        typer.secho(f"posta: {archivo}: {error}", fg="red", err=True)
        raise typer.Exit(EXIT_ILEGIBLE) from error
    if as_json:
        typer.echo(json.dumps(to_json(verificacion), ensure_ascii=False, indent=1))
    else:
        show_verificacion(verificacion)
    raise typer.Exit(0 if verificacion.valido else EXIT_NO_VALIDO)


@dte_app.command("totals")
def dte_totals(archivo: Entrada, uf: Uf = None) -> None:
    """Calcula los totales del documento de un archivo JSON; los que éste dé se comparan, no se creen."""
    from services.cli.totals import to_json
    from shared.clock import chile, now
    from shared.dte.json import read_json
    from shared.dte.modelo import Boleta, parse_venta
    from shared.dte.reglas.boleta import check_uf
    from shared.dte.reglas.comunes import check_lineas
    from shared.dte.totales import check_totales, compute_cuenta

    venta = parse_venta(read_json(read_entrada(archivo)))
    cuenta = compute_cuenta(venta)
    typer.echo(to_json(cuenta.totales))
    _warn([*check_lineas(venta, cuenta), *check_totales(venta, cuenta)])
    valor = _find_uf(uf)(venta.Encabezado.IdDoc.FchEmis or chile(now()).date())
    if isinstance(venta, Boleta) and valor is not None:
        _warn(check_uf(venta, cuenta, valor))


def _warn(fallas: Iterable[Falla]) -> None:
    for falla in fallas:
        typer.secho(f"posta: aviso: {falla}", fg="yellow", err=True)


def _find_uf(dado: str | None) -> FindUf:
    """The value that the option gives for every day, or those of `POSTA_UF_FILE`."""
    from shared.adapters.uf import ValoresUf, parse_valor
    from shared.settings import load_settings

    if dado is None:
        return ValoresUf(load_settings().uf_file).find
    try:
        valor = parse_valor(dado)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--uf") from error
    return lambda _: valor


@dte_app.command("show")
def dte_show(id_: Annotated[str, typer.Argument(metavar="ID", help="Por ejemplo 76123456-0-39-17.")]) -> None:
    """Muestra dónde está un documento y por dónde pasó."""
    from services.monitor.main import show_document

    typer.echo(json.dumps(asyncio.run(show_document(stack_settings(), id_)), ensure_ascii=False, indent=2))
