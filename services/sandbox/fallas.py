"""What is wrong with a scenario or a register, in Spanish, with what to put instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MENSAJES = {
    "missing": "falta este dato",
    "extra_forbidden": "este campo no existe: quítelo o corrija su nombre",
    "union_tag_invalid": "no existe «{tag}»: use uno de {expected_tags}",
    "union_tag_not_found": "falta «clase»",
    "enum": "use uno de {expected}",
    "literal_error": "use uno de {expected}",
    "less_than_equal": "el máximo es {le}",
    "greater_than_equal": "el mínimo es {ge}",
    "greater_than": "debe ser mayor que {gt}",
    "int_parsing": "se espera un número entero",
    "int_type": "se espera un número entero",
    "int_from_float": "se espera un número entero",
    "float_parsing": "se espera un número",
    "float_type": "se espera un número",
    "string_pattern_mismatch": "se espera la forma {pattern}",
    "value_error": "{error}",
    "json_invalid": "no es JSON: {error}",
}


def explain(falla: Mapping[str, Any]) -> str:
    """The message for one error of a validation; the validator's own where none is known."""
    plantilla = _MENSAJES.get(str(falla["type"]))
    return str(falla["msg"]) if plantilla is None else plantilla.format_map(falla.get("ctx") or {})
