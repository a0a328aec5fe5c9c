"""How a scenario of the sandbox is written on a command line, and how it reaches the sandbox."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from services.sandbox.averias_correo import MomentoCorreo
from services.sandbox.scenarios import Momento, Operacion
from shared.dte.tipos import Canal
from shared.errors import Falla, Invalid, Unavailable

_UNIDADES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
_VALOR = {"status": "codigo", "http": "codigo", "limite": "retry_after", "goteo": "segundos"}
_VALOR_CORREO = {"rechaza": "codigo", "lento": "segundos"}
_PALABRAS = (
    {canal.value: "canal" for canal in Canal}
    | {momento.value: "momento" for momento in Momento}
    | {operacion.value: "operacion" for operacion in Operacion}
)
_PALABRAS_CORREO = {momento.value: "momento" for momento in MomentoCorreo}
_ESPERA = 10
FORMA_AVERIA = (
    "clase[=valor][:tasa][:veces][:canal][:operación][:momento], como caida:0.2, status=7:1:3 o corte:despues"
)
FORMA_CORREO = "clase[=valor][:tasa][:veces][:momento], como rechaza=451:0.5, rechaza=550:1:3:datos o corte:despues"
FORMA_VEREDICTO = (
    "VEREDICTO[=CODIGO][:tasa][:veces][:canal][:tipo=33][:folios=10-20][:emisor=RUT][:demora=3h], "
    "como RCH=CAF-3-517:0.1 o tarde:demora=3h"
)


def parse_latencia(texto: str) -> tuple[str, dict[str, float]]:
    """`2-5`, or `consulta=0.1-0.5`: an operation and the two ends of its range, in seconds."""
    hallado = re.fullmatch(r"(?:(\w+)=)?([0-9.]+)(?:-([0-9.]+))?", texto)
    if hallado is None:
        raise typer.BadParameter(f"--latencia {texto}: escriba segundos, como 2-5, o consulta=0.1-0.5")
    operacion, desde, hasta = hallado.groups()
    return operacion or Operacion.ENVIO.value, {"min": _number(desde), "max": _number(hasta or desde)}


def parse_averia(texto: str) -> dict[str, Any]:
    """One fault. Words say where and when, the first number is the rate, the second how often at most."""
    return _parse_averia("--averia", texto, _VALOR, _PALABRAS, FORMA_AVERIA)


def parse_averia_correo(texto: str) -> dict[str, Any]:
    """One fault of the customers' mail server, written in the same way."""
    return _parse_averia("--correo", texto, _VALOR_CORREO, _PALABRAS_CORREO, FORMA_CORREO)


def parse_veredicto(texto: str) -> dict[str, Any]:
    """One row about verdicts; `tarde` says nothing of them but that they are late."""
    cabeza, *partes = texto.split(":")
    veredicto, _, codigo = cabeza.partition("=")
    sentencia: dict[str, Any] = {"veredicto": None if veredicto == "tarde" else veredicto.upper()}
    if codigo:
        sentencia["codigo"] = codigo.upper()
    forma = f"--veredicto {texto}: la forma es {FORMA_VEREDICTO}"
    named = dict(parte.split("=", 1) for parte in partes if "=" in parte)
    for nombre, valor in named.items():
        sentencia[nombre] = _read_named(nombre, valor, forma)
    _read_partes(sentencia, [parte for parte in partes if "=" not in parte], forma, _PALABRAS)
    return sentencia


def parse_duracion(texto: str) -> float:
    """Seconds: `90`, `+3h`, `2d`, `15m`."""
    hallado = re.fullmatch(r"\+?([0-9]+(?:\.[0-9]+)?)([smhd]?)", texto)
    if hallado is None:
        raise typer.BadParameter(f"«{texto}» no es una duración: escriba 90, 15m, +3h o 2d")
    return float(hallado[1]) * _UNIDADES[hallado[2]]


def fetch_escenario(url: str) -> dict[str, Any]:
    """The scenario that the sandbox plays. Unavailable if it does not answer."""
    return _call(urllib.request.Request(url))  # noqa: S310 - the installation's own address


def put_escenario(url: str, escenario: dict[str, Any]) -> dict[str, Any]:
    """Make the sandbox play it. Invalid, with each field that is wrong, if it will not."""
    datos, cabeceras = json.dumps(escenario).encode(), {"Content-Type": "application/json"}
    return _call(urllib.request.Request(url, datos, cabeceras, method="PUT"))  # noqa: S310 - as above


def _parse_averia(
    opcion: str, texto: str, valores: Mapping[str, str], words: Mapping[str, str], forma: str
) -> dict[str, Any]:
    cabeza, *partes = texto.split(":")
    clase, igual, valor = cabeza.partition("=")
    averia: dict[str, Any] = {"clase": clase}
    if igual:
        if clase not in valores:
            raise typer.BadParameter(f"{opcion} {texto}: «{clase}» no lleva valor; la forma es {forma}")
        averia[valores[clase]] = _number(valor)
    _read_partes(averia, partes, f"{opcion} {texto}: la forma es {forma}", words)
    return averia


def _read_partes(fila: dict[str, Any], partes: Sequence[str], forma: str, words: Mapping[str, str]) -> None:
    numbers = ["tasa", "veces"]
    for parte in partes:
        if parte in words:
            fila[words[parte]] = parte
        elif numbers:
            nombre = numbers.pop(0)
            if parte:
                fila[nombre] = _number(parte.replace("%", "")) / (100 if "%" in parte else 1)
        else:
            raise typer.BadParameter(forma)


def _read_named(nombre: str, valor: str, forma: str) -> object:
    match nombre:
        case "tipo":
            return _number(valor)
        case "folios":
            desde, _, hasta = valor.partition("-")
            return [_number(desde), _number(hasta or desde)]
        case "emisor":
            return valor
        case "demora":
            return parse_duracion(valor)
        case _:
            raise typer.BadParameter(forma)


def _number(texto: str) -> float:
    try:
        return int(texto) if texto.isdecimal() else float(texto)
    except ValueError:
        raise typer.BadParameter(f"«{texto}» no es un número") from None


def _call(request: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(request, timeout=_ESPERA) as answer:  # noqa: S310 - as above
            value: dict[str, Any] = json.load(answer)
            return value
    except urllib.error.HTTPError as error:
        errores = json.load(error).get("errores", ()) if error.code == 422 else ()
        if not errores:
            raise Unavailable("El SII de pruebas", f"HTTP {error.code}") from error
        raise Invalid(*(Falla(e["ruta"], e["codigo"], e["mensaje"]) for e in errores)) from error
    except OSError as error:
        raise Unavailable("El SII de pruebas", f"¿corre «posta up»? {request.full_url}") from error
