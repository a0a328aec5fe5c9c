"""A sale with markup in every text that the model has a place for, signed and stored as the emitter would."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from annotated_types import MaxLen
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.modelo import MODELOS, parse_venta
from shared.dte.modelo.campos import Texto
from shared.dte.tipos import TipoDte
from shared.errors import Invalid
from shared.messages import DteConXml, dte_id
from tests.dte_data import EMISOR, firmante, make_caf
from tests.integration.monitor.valores import complete, part_of
from tests.records import make_record
from tests.ventas import Datos, venta_de, with_campo

MARCA = "=1<img src=x onerror=alert(1)>\"'&</script>"
"""Markup where it is shown as it is, and a formula where a spreadsheet takes it for one."""
HUELLA = "=1<"
"""What of it is left in the shortest field."""
_EMISOR = EMISOR.model_copy(update=dict.fromkeys(("razon_social", "giro", "direccion", "comuna", "ciudad"), MARCA[:20]))
_HOY = date(2026, 2, 3)
_AHORA = datetime(2026, 2, 3, 13, tzinfo=UTC)


def build_hostil(tipo: TipoDte, folio: int) -> tuple[DteConXml, frozenset[str]]:
    """The record, and the fields that have the markup in them, by their paths in the model (`Detalle.NmbItem`)."""
    venta = venta_de(tipo)
    taken: set[str] = set()
    for parte in _group(_find_textos(MODELOS[tipo], venta)):
        for fields in (parte, *([field] for field in parte)):  # some of a part are wanted together
            fresh = [(ruta, maximo) for ruta, maximo in fields if ruta not in taken]
            tried = venta
            for ruta, maximo in fresh:
                tried = with_campo(tried, ruta, MARCA[:maximo])
            tried = complete(MODELOS[tipo], tried)
            if fresh and _sign(tried, tipo, folio):
                venta, taken = tried, taken.union(ruta for ruta, _ in fresh)
    dte = _sign(venta, tipo, folio)
    assert dte is not None
    record = make_record(
        folio,
        id=dte_id(dte.emisor, tipo, folio),
        tipo=tipo,
        emisor=dte.emisor,
        receptor=dte.receptor,
        monto=dte.monto,
        sha256=dte.sha256,
        ted=dte.ted,
        xml=dte.xml,
        tienda=MARCA,
        caja=MARCA,
        clave=f"{MARCA}{tipo:d}",
    )
    return record, frozenset(ruta.replace(".0.", ".") for ruta in taken)


def all_textos(tipo: TipoDte) -> frozenset[str]:
    """Every field of the document's model in which any text may stand."""
    return frozenset(ruta for ruta, _ in _find_textos(MODELOS[tipo], None))


def find_campos(tipo: TipoDte) -> Iterator[tuple[str, FieldInfo]]:
    """Every field of the document's model that has a value of its own, by its path."""
    return _find_campos(MODELOS[tipo], "")


def _find_campos(modelo: type[BaseModel], ruta: str) -> Iterator[tuple[str, FieldInfo]]:
    for nombre, campo in modelo.model_fields.items():
        if (parte := part_of(campo)) is not None:
            yield from _find_campos(parte, f"{ruta}{nombre}.")
        else:
            yield f"{ruta}{nombre}", campo


def _sign(venta: Datos, tipo: TipoDte, folio: int) -> DteFirmado | None:
    """What the emitter would make of it; None for what it would refuse."""
    try:
        completa = complete_venta(parse_venta(venta), _EMISOR, fecha=_HOY, uf=None)
        return sign_documento(completa, folio=folio, caf=make_caf(tipo), firmante=firmante(), ahora=_AHORA)
    except Invalid:
        return None


def _group(fields: Iterator[tuple[str, int]]) -> list[list[tuple[str, int]]]:
    """By the part that they are in."""
    parts: dict[str, list[tuple[str, int]]] = {}
    for ruta, maximo in fields:
        parts.setdefault(ruta.rpartition(".")[0], []).append((ruta, maximo))
    return list(parts.values())


def _find_textos(modelo: type[BaseModel], datos: object, ruta: str = "") -> Iterator[tuple[str, int]]:
    """Every text of the model, with its length: in the parts that the sale has, and in those that it could have."""
    for nombre, campo in modelo.model_fields.items():
        here = f"{ruta}{nombre}"
        given = datos.get(nombre) if isinstance(datos, Mapping) else None
        maximo = _length_of(campo)
        if maximo is not None:
            yield here, maximo
        elif (parte := part_of(campo)) is not None:
            several = isinstance(given, list)
            first: Any = given[0] if isinstance(given, list) and given else given
            yield from _find_textos(parte, copy.deepcopy(first), f"{here}.0." if several else f"{here}.")


def _length_of(campo: FieldInfo) -> int | None:
    """Characters of a text in which anything may stand."""
    if campo.annotation not in (str, str | None):
        nested = getattr(campo.annotation, "__args__", ())
        return next((n for arg in nested for n in _lengths(getattr(arg, "__metadata__", ()))), None)
    return next(iter(_lengths(campo.metadata)), None)


def _lengths(metadata: tuple[Any, ...] | list[Any]) -> Iterator[int]:
    for mark in metadata:
        match mark:
            case Texto(maximo=maximo):
                yield maximo
            case StringConstraints(max_length=int() as maximo, pattern=None):
                yield maximo
            case MaxLen(max_length=maximo):
                yield maximo
