"""Reading what a till sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.emitter.venta import (
    ESPERA_MAX,
    Indicaciones,
    compute_huella,
    take_indicaciones,
)
from shared.dte.json import MalformedJson, read_json
from shared.dte.tipos import Prioridad
from shared.errors import Invalid


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(MalformedJson, match="carácter incompleto"):
        compute_huella(read_json(b'{"a": "\\ud83d"}'), "77123456-9")


def test_spacing_and_order_of_names_do_not_change_the_fingerprint() -> None:
    one = compute_huella(read_json(b'{"a": 1, "b": [1, 2]}'), "77123456-9")
    other = compute_huella(read_json(b'{ "b":[1,2],\n"a":1 }'), "77123456-9")
    assert one == other


@pytest.mark.parametrize("cuerpo", [b'{"a": 2}', b'{"a": "1"}', b'{"a": 1, "b": null}', b'{"a": [1]}', b'{"a": 1.5}'])
def test_other_content_has_another_fingerprint(cuerpo: bytes) -> None:
    one = compute_huella(read_json(b'{"a": 1}'), "77123456-9")
    assert compute_huella(read_json(cuerpo), "77123456-9") != one


def test_the_same_sale_of_another_company_has_another_fingerprint() -> None:
    assert compute_huella({"a": 1}, "77123456-9") != compute_huella({"a": 1}, "76987654-5")


AHORA = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_what_is_said_about_the_way_is_no_part_of_the_document() -> None:
    datos = {"Detalle": [], "prioridad": "alta", "enviar_desde": "2026-11-24T22:00:00.1234567-03:00"}
    venta, indicaciones = take_indicaciones(datos, AHORA)
    assert venta == {"Detalle": []}
    assert indicaciones == Indicaciones(Prioridad.ALTA, datetime(2026, 11, 25, 1, 0, 0, 123000, tzinfo=UTC))


@pytest.mark.parametrize(
    "datos", [{}, {"prioridad": None, "enviar_desde": None}, {"enviar_desde": "2026-11-24T12:00:00Z"}, [], "x"]
)
def test_said_nothing_or_a_time_that_has_passed_a_document_goes_at_once(datos: object) -> None:
    assert take_indicaciones(datos, AHORA)[1] == Indicaciones(Prioridad.NORMAL, None)


@pytest.mark.parametrize(
    ("datos", "ruta", "remedio"),
    [
        ({"prioridad": "urgente"}, "prioridad", "alta, normal"),
        ({"prioridad": 1}, "prioridad", "alta, normal"),
        ({"prioridad": ["alta"]}, "prioridad", "alta, normal"),
        ({"enviar_desde": "2026-11-25T10:00:00"}, "enviar_desde", "con desfase"),
        ({"enviar_desde": "mañana"}, "enviar_desde", "con desfase"),
        ({"enviar_desde": 1764000000}, "enviar_desde", "con desfase"),
        ({"enviar_desde": (AHORA + ESPERA_MAX + timedelta(seconds=1)).isoformat()}, "enviar_desde", "7 días o menos"),
        ({"enviar_desde": "9999-12-31T23:59:59-12:00"}, "enviar_desde", "7 días o menos"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_naming_field_and_remedy(
    datos: dict[str, Any], ruta: str, remedio: str
) -> None:
    with pytest.raises(Invalid) as caught:
        take_indicaciones(datos, AHORA)
    [falla] = caught.value.fallas
    assert falla.ruta == ruta
    assert remedio in falla.mensaje


def test_both_wishes_are_judged_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        take_indicaciones({"prioridad": "ya", "enviar_desde": "ya"}, AHORA)
    assert [falla.ruta for falla in caught.value.fallas] == ["prioridad", "enviar_desde"]
