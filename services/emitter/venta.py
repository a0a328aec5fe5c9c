"""A sale as a POS sends it: bytes in, JSON value and fingerprint out."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from shared.errors import Falla, Invalid

MAX_BYTES = 1_000_000
"""Longest request of one sale: a boleta of a thousand lines with long descriptions fits."""


class MalformedJson(Invalid):
    """Not JSON at all, so nothing in it can be pointed at but a line and a column. 400 at the POS."""


def read_venta(cuerpo: bytes) -> object:
    """The JSON value of a request body. MalformedJson says where it stops being JSON.

    Stricter than `json`: UTF-8 only, no NaN or Infinity, and no name twice in one object, of which one would be lost.
    """
    try:
        texto = cuerpo.decode("utf-8-sig")
        valor: object = json.loads(texto, object_pairs_hook=_without_repeats, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise _malformed(f"el cuerpo no es UTF-8: byte inválido en la posición {error.start}") from error
    except json.JSONDecodeError as error:
        raise _malformed(
            f"el cuerpo no es JSON: error en la línea {error.lineno}, columna {error.colno} ({error.msg})"
        ) from error
    except RecursionError as error:
        raise _malformed("el JSON tiene demasiados niveles de anidamiento") from error
    except ValueError as error:
        raise _malformed(f"el cuerpo no es JSON: {error}") from error
    return valor


def compute_huella(venta: object, emisor: str) -> str:
    """SHA-256 of what was asked for and for whom: equal for the same content whatever its spacing and order of names.

    MalformedJson if the text has half a surrogate pair, which no encoding can carry.
    """
    canonical = json.dumps([emisor, venta], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise _malformed("hay un carácter incompleto (\\uD800 a \\uDFFF suelto) en el texto") from error


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"el nombre «{repeated}» aparece dos veces en un mismo objeto")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} no es un número de JSON")


def _malformed(mensaje: str) -> MalformedJson:
    return MalformedJson(Falla("", "POSTA-POS-01", mensaje))
