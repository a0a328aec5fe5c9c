"""A sale as a POS sends it: its fingerprint, and what it says besides the sale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.dte.json import malformed
from shared.dte.tipos import Prioridad
from shared.errors import Falla, Invalid

MAX_BYTES = 1_000_000
"""Longest request of one sale: a boleta of a thousand lines with long descriptions fits."""

ESPERA_MAX = timedelta(days=7)
"""How far ahead a send may be put: the document is of the day of its sale, and the SII counts from there."""

_PRIORIDAD, _ENVIAR_DESDE = "prioridad", "enviar_desde"


@dataclass(frozen=True, slots=True)
class Indicaciones:
    """What the POS says about the way of its document, beside what goes into it."""

    prioridad: Prioridad = Prioridad.NORMAL
    enviar_desde: datetime | None = None
    """None: at once."""


def compute_huella(venta: object, emisor: str) -> str:
    """SHA-256 of what was asked for and for whom: equal for the same content whatever its spacing and order of names.

    MalformedJson if the text has half a surrogate pair, which no encoding can carry.
    """
    canonical = json.dumps([emisor, venta], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
    except UnicodeEncodeError as error:
        raise malformed("hay un carácter incompleto (\\uD800 a \\uDFFF suelto) en el texto") from error


def take_indicaciones(datos: object, ahora: datetime) -> tuple[object, Indicaciones]:
    """The sale without Posta's own names (`prioridad`, `enviar_desde`), and what they say. Invalid names each fault.

    A time that has passed means at once: the same request is repeated later, and must not fail for that.
    """
    if not isinstance(datos, dict):
        return datos, Indicaciones()
    venta = {nombre: valor for nombre, valor in datos.items() if nombre not in {_PRIORIDAD, _ENVIAR_DESDE}}
    prioridad, desde = datos.get(_PRIORIDAD), datos.get(_ENVIAR_DESDE)
    if fallas := [*_check_prioridad(prioridad), *_check_desde(desde, ahora)]:
        raise Invalid(*fallas)
    momento = _parse_momento(desde)
    return venta, Indicaciones(
        prioridad=Prioridad.NORMAL if prioridad is None else Prioridad(prioridad),
        enviar_desde=momento.astimezone(UTC) if momento is not None and momento > ahora else None,
    )


def _check_prioridad(prioridad: object) -> Iterator[Falla]:
    if prioridad is not None and prioridad not in list(Prioridad):
        yield Falla(
            _PRIORIDAD, "POSTA-POS-11", f"«{_PRIORIDAD}» debe ser uno de {', '.join(Prioridad)}; si falta, es normal"
        )


def _check_desde(desde: object, ahora: datetime) -> Iterator[Falla]:
    if desde is None:
        return
    momento = _parse_momento(desde)
    if momento is None or momento.tzinfo is None:
        yield Falla(
            _ENVIAR_DESDE,
            "POSTA-POS-12",
            f"«{_ENVIAR_DESDE}» debe ser fecha y hora con desfase, como «2026-11-24T22:00:00-03:00»",
        )
    elif momento > ahora + ESPERA_MAX:
        yield Falla(
            _ENVIAR_DESDE,
            "POSTA-POS-13",
            f"«{_ENVIAR_DESDE}» debe estar a {ESPERA_MAX.days} días o menos: indique otra hora",
        )


def _parse_momento(desde: object) -> datetime | None:
    """A moment as MongoDB keeps it, to the millisecond; without an offset if none is given."""
    try:
        momento = datetime.fromisoformat(desde) if isinstance(desde, str) else None
    except ValueError:
        return None
    return momento and momento.replace(microsecond=momento.microsecond // 1000 * 1000)
