"""Seeds and tokens: single use, two minutes, one channel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.sandbox.sesiones import Sesiones, Token
from shared.dte.tipos import Canal
from tests.sandbox_data import Reloj

RUT = "76192083-9"


@pytest.fixture
def reloj() -> Reloj:
    return Reloj()


@pytest.fixture
def sesiones(reloj: Reloj) -> Sesiones:
    return Sesiones(reloj)


def test_a_seed_has_twelve_digits_and_works_once(sesiones: Sesiones) -> None:
    semilla = sesiones.new_semilla()
    assert len(semilla) == 12
    assert semilla.isdecimal()
    assert sesiones.use_semilla(semilla)
    assert not sesiones.use_semilla(semilla)


def test_a_seed_lives_two_minutes(sesiones: Sesiones, reloj: Reloj) -> None:
    a_tiempo, tarde = sesiones.new_semilla(), sesiones.new_semilla()
    reloj.advance(seconds=119)
    assert sesiones.use_semilla(a_tiempo)
    reloj.advance(seconds=1)
    assert not sesiones.use_semilla(tarde)


def test_old_seeds_are_swept_when_new_ones_are_given(sesiones: Sesiones, reloj: Reloj) -> None:
    vieja = sesiones.new_semilla()
    reloj.advance(minutes=3)
    sesiones.new_semilla()
    assert vieja not in sesiones._semillas


def test_a_token_names_its_holder_on_its_own_channel_only(sesiones: Sesiones) -> None:
    token = sesiones.new_token(Canal.FACTURA, RUT, timedelta(hours=1))
    assert len(token) == 13
    assert sesiones.find_rut(Canal.FACTURA, token) == RUT
    assert sesiones.find_rut(Canal.BOLETA, token) is Token.DESCONOCIDO


def test_a_token_expires(sesiones: Sesiones, reloj: Reloj) -> None:
    token = sesiones.new_token(Canal.FACTURA, RUT, timedelta(hours=1))
    reloj.advance(minutes=59)
    assert sesiones.find_rut(Canal.FACTURA, token) == RUT
    reloj.advance(minutes=1)
    assert sesiones.find_rut(Canal.FACTURA, token) is Token.VENCIDO


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_is_told_apart_from_an_unknown_one(sesiones: Sesiones, token: str | None) -> None:
    assert sesiones.find_rut(Canal.FACTURA, token) is Token.FALTA
    assert sesiones.find_rut(Canal.FACTURA, "OTRO") is Token.DESCONOCIDO


def test_forgetting_the_tokens_of_a_channel_leaves_the_other_alone(sesiones: Sesiones) -> None:
    factura = sesiones.new_token(Canal.FACTURA, RUT, timedelta(hours=1))
    boleta = sesiones.new_token(Canal.BOLETA, RUT, timedelta(hours=1))
    sesiones.forget_tokens(Canal.FACTURA)
    assert sesiones.find_rut(Canal.FACTURA, factura) is Token.DESCONOCIDO
    assert sesiones.find_rut(Canal.BOLETA, boleta) == RUT
