"""From whatever JSON a POS sent to a model, or to the list of everything that is wrong with it, in Spanish."""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.dte.codigos import Codigo
from shared.errors import Falla, Invalid

Modelo = TypeVar("Modelo", bound=BaseModel)
Ruta = tuple[int | str, ...]


def read_modelo(modelo: type[Modelo], datos: object) -> Modelo:
    """`datos` as a `modelo`. Invalid lists every problem with its path (`Detalle[0].PrcItem`)."""
    try:
        return modelo.model_validate(datos)
    except ValidationError as error:
        raise Invalid(*(_to_falla(modelo, detalle) for detalle in error.errors(include_url=False))) from error


def format_ruta(ruta: Ruta) -> str:
    """`("Detalle", 0, "PrcItem")` as `Detalle[0].PrcItem`."""
    texto = "".join(f"[{paso}]" if isinstance(paso, int) else f".{paso}" for paso in ruta)
    return texto.removeprefix(".")


def _to_falla(modelo: type[BaseModel], detalle: ErrorDetails) -> Falla:
    ruta, tipo, dado = format_ruta(detalle["loc"]), detalle["type"], show(detalle["input"])
    contexto: Mapping[str, Any] = detalle.get("ctx", {})
    match tipo:
        case "missing" | "string_too_short":
            return Codigo.FALTA.falla(ruta)
        case "extra_forbidden":
            return Codigo.DESCONOCIDO.falla(ruta, sugerencia=_suggest(modelo, detalle["loc"]))
        case "ilegible":
            return Codigo.FORMA.falla(ruta, esperado="un texto en letras latinas (ISO-8859-1)", dado="otra cosa")
        case "rut":
            return Codigo.RUT.falla(ruta, motivo=contexto["motivo"])
        case _:
            codigo, esperado = _EXPECTED.get(tipo, (Codigo.FORMA, _FORMS.get(tipo.partition("_")[0], "otra cosa")))
            return codigo.falla(ruta, esperado=esperado.format_map(contexto), dado=dado)


_EXPECTED: Mapping[str, tuple[Codigo, str]] = {
    "string_too_long": (Codigo.LARGO, "hasta {max_length} caracteres"),
    "too_long": (Codigo.LARGO, "hasta {max_length} elementos"),
    "greater_than": (Codigo.RANGO, "mayor que {gt}"),
    "greater_than_equal": (Codigo.RANGO, "{ge} o más"),
    "less_than": (Codigo.RANGO, "menor que {lt}"),
    "less_than_equal": (Codigo.RANGO, "{le} o menos"),
    "decimal_max_digits": (Codigo.RANGO, "un número de hasta {max_digits} dígitos"),
    "decimal_max_places": (Codigo.RANGO, "un número de hasta {decimal_places} decimales"),
    "decimal_whole_digits": (Codigo.RANGO, "un número de hasta {whole_digits} dígitos enteros"),
    "finite_number": (Codigo.RANGO, "un número finito"),
    "opcion": (Codigo.OPCION, "uno de {valores}"),
    "enum": (Codigo.OPCION, "uno de {expected}"),
    "fecha": (Codigo.FECHA, "de la forma {forma}"),
    "date_from_datetime_parsing": (Codigo.FECHA, "una fecha que exista, AAAA-MM-DD"),
    "date_parsing": (Codigo.FECHA, "una fecha que exista, AAAA-MM-DD"),
    "date_type": (Codigo.FECHA, "una fecha, AAAA-MM-DD"),
    "datetime_parsing": (Codigo.FECHA, "una fecha y hora que exista, AAAA-MM-DDTHH:MM:SS"),
    "datetime_from_date_parsing": (Codigo.FECHA, "una fecha y hora que exista, AAAA-MM-DDTHH:MM:SS"),
    "datetime_type": (Codigo.FECHA, "una fecha y hora, AAAA-MM-DDTHH:MM:SS"),
    "time_parsing": (Codigo.FECHA, "una hora que exista, HH:MM:SS"),
    "time_type": (Codigo.FECHA, "una hora, HH:MM:SS"),
}
"""pydantic's error types, and the code and words of each."""

_FORMS: Mapping[str, str] = {
    "string": "un texto",
    "int": "un número entero",
    "entero": "un número entero, sin puntos ni decimales",
    "decimal": "un número, con punto decimal y sin separador de miles",
    "model": "un objeto",
}
"""Words for the rest, by the first word of the error type."""


def show(dado: object) -> str:
    """What was given, short enough for a message, whatever it is."""
    if isinstance(dado, bool):
        return "«true»" if dado else "«false»"
    if dado == math.inf or (isinstance(dado, int) and dado.bit_length() > 100):
        return "un número enorme"  # Python refuses to write the longest ones
    if isinstance(dado, str | int | float):
        return f"«{str(dado)[:40]}»"
    return _KINDS.get(type(dado), "otra cosa")


_KINDS: Mapping[type, str] = {dict: "un objeto", list: "una lista", type(None): "nada"}


def _suggest(modelo: type[BaseModel], ruta: Ruta) -> str:
    """«quizás …» with the nearest name that the element does have, or the plain remedy."""
    parecidos = get_close_matches(str(ruta[-1]), _fields_at(modelo, ruta[:-1]), n=1, cutoff=0.5)
    return f"¿quiso decir «{parecidos[0]}»?" if parecidos else "quítelo"


def _fields_at(modelo: type[BaseModel], ruta: Ruta) -> list[str]:
    for paso in ruta:
        if isinstance(paso, str):
            modelo = find_modelo(modelo.model_fields[paso].annotation)
    return list(modelo.model_fields)


def find_modelo(anotacion: Any) -> type[BaseModel]:
    """The model inside an annotation such as `Varios[X]` or `X | None`."""
    if get_origin(anotacion) in (Annotated, tuple, types.UnionType, Union):
        return next(find_modelo(parte) for parte in get_args(anotacion) if parte not in (type(None), Ellipsis))
    modelo: type[BaseModel] = anotacion
    return modelo
