"""Numbers as JSON brings them. `true` and `false` are none, although Python would take them for 1 and 0."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def _refuse_bool(given: object) -> object:
    if isinstance(given, bool):
        raise PydanticCustomError("bool_given", "a number is expected")
    return given


Entero = Annotated[int, BeforeValidator(_refuse_bool)]
Numero = Annotated[float, BeforeValidator(_refuse_bool)]
