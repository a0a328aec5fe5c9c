"""Scenarios: validated data, seeded luck."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.sandbox.scenarios import Averia, Escena, Escenario, Momento, Operacion
from shared.dte.tipos import Canal

ENVIO = (Canal.FACTURA, Operacion.ENVIO)


def _escena(*averias: dict[str, Any], **campos: Any) -> Escena:
    return Escena(Escenario.model_validate({"averias": averias, **campos}))


def _draw_many(escena: Escena, veces: int, canal: Canal = Canal.FACTURA) -> list[str | None]:
    sacadas = [escena.draw(canal, Operacion.ENVIO)[0] for _ in range(veces)]
    return [None if averia is None else averia.clase for averia in sacadas]


def _one(**campos: Any) -> Averia:
    return Escenario.model_validate({"averias": [campos]}).averias[0]


def test_nothing_strikes_without_faults_and_uploads_take_two_to_five_seconds() -> None:
    escena = _escena()
    latencias = [escena.draw(*ENVIO)[1] for _ in range(200)]
    assert 2 <= min(latencias) < 2.3
    assert 4.7 < max(latencias) <= 5
    assert escena.draw(Canal.FACTURA, Operacion.CONSULTA) == (None, 0)


def test_a_fault_strikes_at_its_rate() -> None:
    golpes = _draw_many(_escena({"clase": "caida", "tasa": 0.3}), 1000).count("caida")
    assert 250 < golpes < 350


def test_a_fault_strikes_no_more_often_than_it_may() -> None:
    escena = _escena({"clase": "caida", "veces": 2})
    assert _draw_many(escena, 4) == ["caida", "caida", None, None]
    assert escena.ocurridas[0] == 2


def test_the_first_fault_that_strikes_wins_and_the_next_takes_over_when_it_is_spent() -> None:
    escena = _escena({"clase": "caida", "veces": 1}, {"clase": "vacio", "veces": 1})
    assert _draw_many(escena, 3) == ["caida", "vacio", None]


def test_a_fault_of_one_channel_or_operation_leaves_the_others_alone() -> None:
    escena = _escena({"clase": "html", "canal": "boleta"}, {"clase": "vacio", "operacion": "token"})
    assert _draw_many(escena, 1, Canal.FACTURA) == [None]
    assert _draw_many(escena, 1, Canal.BOLETA) == ["html"]
    averia, _ = escena.draw(Canal.FACTURA, Operacion.TOKEN)
    assert averia is not None
    assert averia.clase == "vacio"


def test_a_fault_without_operation_strikes_them_all() -> None:
    escena = _escena({"clase": "caida", "operacion": None})
    assert all(escena.draw(canal, operacion)[0] for canal in Canal for operacion in Operacion)


@given(st.integers(), st.integers(1, 30))
def test_the_same_seed_gives_the_same_faults_whatever_happens_elsewhere(semilla: int, ajenos: int) -> None:
    una, otra = (_escena({"clase": "caida", "tasa": 0.5}, semilla=semilla) for _ in range(2))
    _draw_many(otra, ajenos, Canal.BOLETA)
    assert _draw_many(una, 20) == _draw_many(otra, 20)


def test_another_seed_gives_other_faults() -> None:
    una, otra = (_escena({"clase": "caida", "tasa": 0.5}, semilla=semilla) for semilla in (1, 2))
    assert _draw_many(una, 64) != _draw_many(otra, 64)


@pytest.mark.parametrize(
    ("averia", "cuando"),
    [
        ({"clase": "caida"}, Momento.ANTES),
        ({"clase": "html"}, Momento.ANTES),
        ({"clase": "vacio", "momento": "despues"}, Momento.DESPUES),
        ({"clase": "corte"}, Momento.DESPUES),
        ({"clase": "corte", "momento": "antes"}, Momento.ANTES),
        ({"clase": "corte", "momento": "subiendo"}, Momento.ANTES),
        ({"clase": "corte", "momento": "respondiendo"}, Momento.DESPUES),
        ({"clase": "goteo"}, Momento.DESPUES),
        ({"clase": "status", "codigo": 9}, Momento.ANTES),
        ({"clase": "status", "codigo": 99}, Momento.DESPUES),
        ({"clase": "limite"}, Momento.ANTES),
    ],
)
def test_each_fault_knows_whether_the_file_is_taken_first(averia: dict[str, Any], cuando: Momento) -> None:
    assert _one(**averia).cuando is cuando


@pytest.mark.parametrize(
    "escenario",
    [
        {"averias": [{"clase": "terremoto"}]},
        {"averias": [{"clase": "caida", "tasa": 1.1}]},
        {"averias": [{"clase": "caida", "veces": 0}]},
        {"averias": [{"clase": "caida", "canal": "fax"}]},
        {"averias": [{"clase": "status"}]},
        {"averias": [{"clase": "status", "codigo": 7, "canal": "boleta"}]},
        {"averias": [{"clase": "http", "codigo": 200}]},
        {"latencia": {"envio": {"min": 5, "max": 2}}},
        {"latencia": {"nada": {"min": 1, "max": 2}}},
        {"averias": [{"clase": "html", "momento": "subiendo"}]},
        {"demora_veredicto": -1},
        {"adelanto": -1},
        {"sentencias": [{}]},
        {"sentencias": [{"veredicto": "DOK"}]},
        {"sentencias": [{"veredicto": "RPR", "codigo": "CAF-3-517"}]},
        {"sentencias": [{"veredicto": "RCH", "codigo": "517"}]},
        {"otra_cosa": 1},
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused(escenario: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Escenario.model_validate(escenario)


def test_a_scenario_survives_being_written_and_read() -> None:
    escenario = _escena({"clase": "status", "codigo": 7, "tasa": 0.2}, {"clase": "limite"}, semilla=5).escenario
    assert Escenario.model_validate_json(escenario.model_dump_json()) == escenario
