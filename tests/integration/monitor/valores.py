"""What a part of a sale has to have beside the fields that a test is about, by what its model says of each field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from shared.dte.modelo.campos import Opcion, Rango
from shared.dte.modelo.lectura import find_modelo
from tests.ventas import Datos

_CANDIDATOS = (1, "1", "76192083-9", "2026-02-03", "2026-02-03T10:30:00", "10:30:00")


def complete(modelo: type[BaseModel], datos: Datos) -> Datos:
    """A copy with every field that the model requires; what is given stays."""
    full = dict(datos)
    for nombre, campo in modelo.model_fields.items():
        parte, dado = part_of(campo), full.get(nombre)
        if parte is not None and isinstance(dado, list):
            full[nombre] = [complete(parte, uno) for uno in dado]
        elif parte is not None and (isinstance(dado, dict) or campo.is_required()):
            full[nombre] = complete(parte, dado or {})
        elif dado is None and campo.is_required():
            full[nombre] = _value_for(campo)
    return full


def part_of(campo: FieldInfo) -> type[BaseModel] | None:
    """The element that stands in this field; None for a field with a value of its own."""
    try:
        parte = find_modelo(campo.annotation)
    except StopIteration:
        return None
    return parte if isinstance(parte, type) and issubclass(parte, BaseModel) else None


def takes(campo: FieldInfo, valor: object) -> bool:
    """Whether the model lets this value stand in the field, whatever is to be said of it with the others."""
    tipo: Any = Annotated[campo.annotation, *campo.metadata] if campo.metadata else campo.annotation
    try:
        TypeAdapter(tipo).validate_python(valor)
    except ValidationError:
        return False
    return True


def _value_for(campo: FieldInfo) -> Any:
    """The first that the field takes of its own options and of one value of each kind."""
    candidates = (*_options(campo.metadata), *_options(campo.annotation), *_CANDIDATOS)
    return next(candidate for candidate in candidates if takes(campo, candidate))


def _options(annotation: Any) -> Iterator[int | str]:
    """The first value of each closed set or range anywhere in an annotation."""
    for mark in annotation if isinstance(annotation, list) else getattr(annotation, "__metadata__", ()):
        match mark:
            case Opcion(valores=(first, *_)):
                yield first
            case Rango(minimo=minimo):
                yield minimo
    for nested in get_args(annotation):
        yield from _options(nested)
