"""JSON as strangers send it: read strictly, or refused with the place where it stops being JSON."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from shared.errors import Falla, Invalid


class MalformedJson(Invalid):
    """Not JSON at all, so nothing in it can be pointed at but a line and a column. 400 at the POS."""


def read_json(cuerpo: bytes) -> object:
    """The JSON value of a request body or a file. MalformedJson says where it stops being JSON.

    Stricter than `json`: UTF-8 only, no NaN or Infinity, and no name twice in one object, of which one would be lost.
    """
    try:
        texto = cuerpo.decode("utf-8-sig")
        valor: object = json.loads(texto, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise malformed(f"el cuerpo no es UTF-8: byte inválido en la posición {error.start}") from error
    except json.JSONDecodeError as error:
        raise malformed(f"el cuerpo no es JSON: error en la línea {error.lineno}, columna {error.colno}") from error
    except RecursionError as error:
        raise malformed("el JSON tiene demasiados niveles de anidamiento") from error
    except ValueError as error:
        raise malformed(f"el cuerpo no es JSON: {error}") from error
    return valor


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"el nombre «{repeated}» aparece dos veces en un mismo objeto")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} no es un número de JSON")


def malformed(mensaje: str) -> MalformedJson:
    """The refusal that says so."""
    return MalformedJson(Falla("", "POSTA-POS-01", mensaje))
