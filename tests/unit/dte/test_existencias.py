"""How long folios last, and when somebody is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.dte.existencias import (
    Cuenta,
    Destino,
    Nivel,
    Saldo,
    Umbrales,
    compute_dias,
    compute_existencias,
    compute_por_dia,
    judge,
)
from shared.dte.tipos import TipoDte

HOY = date(2026, 11, 24)
MEDIODIA = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""Noon in Chile."""
UMBRALES = Umbrales(dias_aviso=15, dias_critico=3, minimo=20)
COMUN = Destino("77123456-9", TipoDte.BOLETA)
CENTRO = Destino("77123456-9", TipoDte.BOLETA, "Centro")
CAJA = Destino("77123456-9", TipoDte.BOLETA, "Centro", "caja-1")


def _usos(**por_dia: int) -> Mapping[date, int]:
    """`hace3=10`: ten folios three days ago."""
    return {HOY - timedelta(days=int(name.removeprefix("hace"))): cuantos for name, cuantos in por_dia.items()}


@pytest.mark.parametrize(
    ("usos", "por_dia"),
    [
        (_usos(), 0),
        (_usos(hace0=40), 40),  # began today: no more than was used is known
        (_usos(hace1=30, hace0=30), 40),  # a day and a half
        (_usos(hace6=65, hace0=65), 20),  # a whole week, of which today is half over
        (_usos(hace7=1, hace0=65), 10),  # what is older says that it is used since then, and is not counted
        (_usos(hace7=500), 0),
    ],
)
def test_the_rate_is_that_of_a_week_or_since_the_first_use(usos: Mapping[date, int], por_dia: float) -> None:
    assert compute_por_dia(usos, MEDIODIA) == pytest.approx(por_dia)


@pytest.mark.parametrize(
    ("saldos", "por_dia", "dias"),
    [
        ([], 10, 0),
        ([Saldo(100)], 10, 10),
        ([Saldo(100), Saldo(50)], 10, 15),
        ([Saldo(100)], 0, None),
        ([Saldo(0), Saldo(30)], 10, 3),
        ([Saldo(100, HOY)], 10, 1),  # the last day counts
        ([Saldo(100, HOY - timedelta(days=1))], 10, 0),
        ([Saldo(100, HOY + timedelta(days=4)), Saldo(50)], 10, 10),  # half of the first range expires
        ([Saldo(20), Saldo(100, HOY + timedelta(days=4))], 10, 5),  # and here what is left when its turn comes
        ([Saldo(100, HOY + timedelta(days=9))], 0, 10),  # never used, and yet not for ever
        ([Saldo(100, HOY + timedelta(days=9)), Saldo(1)], 0, None),
        ([Saldo(0, HOY + timedelta(days=9))], 0, 0),
    ],
)
def test_days_left_end_with_the_last_folio_or_with_its_range(
    saldos: list[Saldo], por_dia: float, dias: float | None
) -> None:
    assert compute_dias(saldos, por_dia, HOY) == dias


@pytest.mark.parametrize(
    ("disponibles", "dias", "nivel"),
    [
        (0, None, Nivel.AGOTADO),
        (1000, 3.0, Nivel.CRITICO),
        (1000, 3.1, Nivel.AVISO),
        (1000, 15.0, Nivel.AVISO),
        (1000, 15.1, Nivel.OK),
        (20, 400.0, Nivel.AVISO),
        (21, None, Nivel.OK),
    ],
)
def test_levels_follow_days_and_then_the_least_number(disponibles: int, dias: float | None, nivel: Nivel) -> None:
    assert judge(disponibles, dias, UMBRALES) is nivel


def test_each_destination_is_judged_by_its_own_ranges_in_force() -> None:
    comun, caja = compute_existencias(
        [
            Cuenta(COMUN, [Saldo(500, HOY - timedelta(days=1)), Saldo(400)], _usos(hace6=65, hace0=65)),
            Cuenta(CAJA, [Saldo(5)], {}),
        ],
        UMBRALES,
        MEDIODIA,
    )

    assert (comun.destino, comun.disponibles, comun.por_dia, comun.dias, comun.nivel) == (COMUN, 400, 20, 20, Nivel.OK)
    assert (caja.destino, caja.disponibles, caja.dias, caja.nivel) == (CAJA, 5, None, Nivel.AVISO)


@pytest.mark.parametrize(
    ("comunes", "usos", "niveles"),
    [
        ([Saldo(100)], _usos(hace1=9), {COMUN: Nivel.OK, CAJA: Nivel.AVISO}),
        ([Saldo(100)], {}, {COMUN: Nivel.OK}),
        ([], {}, {COMUN: Nivel.AGOTADO, CAJA: Nivel.AGOTADO}),
    ],
)
def test_a_till_whose_own_folios_ended_is_a_warning_for_a_week_while_the_company_has_some(
    comunes: list[Saldo], usos: Mapping[date, int], niveles: dict[Destino, Nivel]
) -> None:
    found = compute_existencias([Cuenta(COMUN, comunes, {}), Cuenta(CAJA, [], usos)], UMBRALES, MEDIODIA)

    assert {existencia.destino: existencia.nivel for existencia in found} == niveles


def test_a_till_falls_back_to_its_store_and_a_store_to_the_company() -> None:
    assert (CAJA.respaldos, CENTRO.respaldos, COMUN.respaldos) == ((CENTRO, COMUN), (COMUN,), ())
