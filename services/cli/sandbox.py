"""Commands of the sandbox: certificates and CAFs at its counter, and how it behaves."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from services.cli.console import PasswordFile, Salida, stack_settings
from shared.settings import read_secret

sandbox_app = typer.Typer(help="El SII de pruebas: certificados, CAF y cómo se porta.")
scenario_app = typer.Typer(help="Cómo se porta el SII de pruebas, mientras corre.")
sandbox_app.add_typer(scenario_app, name="scenario", no_args_is_help=True)


@sandbox_app.command("cert")
def sandbox_cert(
    rut: Annotated[str, typer.Option(help="RUT de la persona titular.")],
    password_file: PasswordFile,
    salida: Salida,
) -> None:
    """Hace un certificado de prueba (PKCS#12)."""
    from services.sandbox.main import write_cert

    write_cert(stack_settings().carpeta, rut, read_secret(password_file, "--password-file"), salida)
    typer.echo(f"Certificado de {rut} en {salida}")


@sandbox_app.command("caf")
def sandbox_caf(
    rut: Annotated[str, typer.Option(help="RUT de la empresa.")],
    tipo: Annotated[int, typer.Option(help="Tipo de documento, por ejemplo 39.")],
    desde: Annotated[int, typer.Option(help="Primer folio.")],
    hasta: Annotated[int, typer.Option(help="Último folio.")],
    salida: Salida,
) -> None:
    """Autoriza un rango de folios de prueba (CAF)."""
    from services.sandbox.main import write_caf

    write_caf(stack_settings().carpeta, rut, tipo, desde=desde, hasta=hasta, salida=salida)
    typer.echo(f"CAF de {rut}, tipo {tipo}, folios {desde} a {hasta}, en {salida}")


@scenario_app.command("show")
def scenario_show() -> None:
    """El escenario en curso, en JSON."""
    from services.cli.escenario import fetch_escenario

    _print(fetch_escenario(_url()))


@scenario_app.command("reset")
def scenario_reset() -> None:
    """Vuelve al SII de siempre: 2 a 5 segundos por envío y nada falla. El reloj queda donde está."""
    from services.cli.escenario import fetch_escenario, put_escenario

    _print(put_escenario(_url(), {"adelanto": fetch_escenario(_url())["adelanto"]}))


Reloj = Annotated[str | None, typer.Option(help="Adelanta el reloj del SII, como +3h; 0 lo devuelve a su hora.")]


@scenario_app.command("set")
def scenario_set(
    *,
    latencia: Annotated[
        list[str] | None, typer.Option(help="Segundos por envío, como 2-5; de otra operación, consulta=0.1-0.5.")
    ] = None,
    averia: Annotated[
        list[str] | None,
        typer.Option(help="clase[=valor][:tasa][:veces][:canal][:operación][:momento]; ninguna."),
    ] = None,
    veredicto: Annotated[
        list[str] | None,
        typer.Option(
            help="RSC, RCT, RFR, RCH, RPR, RLV, tarde; con [=CODIGO][:tasa][:tipo=33][:folios=1-9][:demora=3h]."
        ),
    ] = None,
    correo: Annotated[
        list[str] | None,
        typer.Option(
            help="El correo de los clientes: rechaza=CODIGO, corte, lento=SEGUNDOS; [:tasa][:veces]; ninguna."
        ),
    ] = None,
    semilla: Annotated[int | None, typer.Option(help="La misma semilla repite la misma suerte.")] = None,
    demora: Annotated[str | None, typer.Option(help="Lo que tarda cada veredicto, como 2 o 3h.")] = None,
    vida_token: Annotated[str | None, typer.Option(help="Lo que dura un token, como 60 o 1h.")] = None,
    reloj: Reloj = None,
) -> None:
    """Cambia lo que se nombra y deja lo demás como está.

    Las averías y los veredictos se pueden repetir; juntos reemplazan a los de antes.

    Clases: caida, html, vacio, corte, goteo, status=N, http=N, limite=SEGUNDOS, token_vencido.
    Momentos: antes, subiendo, respondiendo, despues.
    """
    from services.cli import escenario as e

    cambios: dict[str, Any] = {
        "averias": averia and [e.parse_averia(texto) for texto in averia if texto != "ninguna"],
        "sentencias": veredicto and [e.parse_veredicto(texto) for texto in veredicto if texto != "ninguno"],
        "correo": correo and [e.parse_averia_correo(texto) for texto in correo if texto != "ninguna"],
        "semilla": semilla,
        "demora_veredicto": demora and e.parse_duracion(demora),
        "vida_token": vida_token and e.parse_duracion(vida_token),
    }
    ahora = e.fetch_escenario(_url())
    if latencia:
        cambios["latencia"] = ahora["latencia"] | dict(map(e.parse_latencia, latencia))
    if reloj:
        cambios["adelanto"] = e.parse_duracion(reloj) + (ahora["adelanto"] if reloj.startswith("+") else 0)
    given = {nombre: valor for nombre, valor in cambios.items() if valor is not None}
    _print(e.put_escenario(_url(), ahora | given))


def _url() -> str:
    settings = stack_settings()
    return f"http://{settings.sandbox_host}:{settings.sandbox_port}/sandbox/escenario"


def _print(escenario: dict[str, Any]) -> None:
    typer.echo(json.dumps(escenario, ensure_ascii=False, indent=2))
