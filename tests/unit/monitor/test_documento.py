"""A document on the screens, and its life in steps."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from services.monitor.documento import describe_documento, describe_ficha
from shared.dte.estado import Estado
from shared.messages import Hito
from tests.unit.monitor.datos import AHORA, ERROR, a_dte

HISTORIA = (
    Hito(estado=Estado.GENERADO, momento=AHORA),
    Hito(estado=Estado.ENVIANDO, momento=AHORA + timedelta(seconds=0.25), envio="S1"),
    Hito(estado=Estado.ENVIADO, momento=AHORA + timedelta(seconds=3), envio="S1", track_id="77"),
    Hito(estado=Estado.RECHAZADO, momento=AHORA + timedelta(seconds=9), envio="S1", error=ERROR),
)


@pytest.mark.parametrize("estado", [Estado.PENDIENTE, Estado.INCIERTO, Estado.RECHAZADO, Estado.REPARO])
def test_a_state_that_an_error_explains_shows_it(estado: Estado) -> None:
    assert describe_documento(a_dte(estado, error_envio=ERROR)).error == ERROR


@pytest.mark.parametrize("estado", [Estado.GENERADO, Estado.ENVIANDO, Estado.ENVIADO, Estado.ACEPTADO])
def test_an_error_that_is_past_is_not_shown_any_more(estado: Estado) -> None:
    assert describe_documento(a_dte(estado, error_envio=ERROR)).error is None


def test_a_document_is_parked_when_no_time_will_move_it() -> None:
    assert describe_documento(a_dte(Estado.PENDIENTE)).apartado
    assert not describe_documento(a_dte(Estado.PENDIENTE, proximo_intento=AHORA)).apartado
    assert not describe_documento(a_dte(Estado.RECHAZADO)).apartado


def test_the_amount_of_an_export_is_the_exact_one_of_its_stamp() -> None:
    export = describe_documento(a_dte(Estado.ACEPTADO, monto=1202, moneda="DOLAR USA", ted="<MNT>1201.5567</MNT>"))
    assert (export.monto, export.monto_exacto, export.moneda) == (1202, Decimal("1201.5567"), "DOLAR USA")
    boleta = describe_documento(a_dte(Estado.ACEPTADO))
    assert (int(boleta.monto_exacto), boleta.moneda) == (boleta.monto, None)


def test_every_step_says_how_long_the_one_before_it_took() -> None:
    ficha = describe_ficha(a_dte(Estado.RECHAZADO, historia=HISTORIA), AHORA + timedelta(hours=1))
    assert [paso.tras for paso in ficha.pasos] == [
        None,
        timedelta(seconds=0.25),
        timedelta(seconds=2.75),
        timedelta(seconds=6),
    ]
    assert [(paso.envio, paso.track_id) for paso in ficha.pasos][2:] == [("S1", "77"), ("S1", None)]
    assert ficha.pasos[3].error == ERROR


def test_a_final_document_has_a_total_and_no_time_in_course() -> None:
    ficha = describe_ficha(a_dte(Estado.RECHAZADO, historia=HISTORIA), AHORA + timedelta(hours=1))
    assert (ficha.total, ficha.en_curso) == (timedelta(seconds=9), None)


def test_an_unfinished_document_says_how_long_it_has_stood() -> None:
    ficha = describe_ficha(a_dte(Estado.ENVIADO, historia=HISTORIA[:3]), AHORA + timedelta(seconds=10))
    assert ficha.en_curso == timedelta(seconds=7)


def test_a_record_without_history_is_measured_from_its_sale() -> None:
    ficha = describe_ficha(a_dte(historia=()), AHORA + timedelta(seconds=4))
    assert (ficha.pasos, ficha.total, ficha.en_curso) == ((), timedelta(0), timedelta(seconds=4))
