"""Until when a document has to be at the SII."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.hora import chile
from shared.dte.plazo import Limites, Plazos, compute_limites
from shared.dte.tipos import CANALES_SII, Canal, CanalSii

PLAZOS = Plazos()
TARDE = datetime(2026, 11, 25, 1, 30, tzinfo=UTC)
"""22:30 of the 24th in Chile, where it is summer."""
MOMENTOS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001


def test_a_boleta_has_an_hour_and_somebody_knows_after_half_of_it() -> None:
    assert compute_limites(Canal.BOLETA, TARDE, PLAZOS) == Limites(
        por_vencer=TARDE - timedelta(minutes=30), vencidos=TARDE - timedelta(hours=1)
    )


@pytest.mark.parametrize(("horas", "por_vencer"), [(-2, "midnight"), (0, "now")])
def test_a_factura_has_its_chilean_day_and_somebody_knows_in_its_last_hours(horas: int, por_vencer: str) -> None:
    ahora, midnight = TARDE + timedelta(hours=horas), datetime(2026, 11, 24, 3, tzinfo=UTC)
    limites = compute_limites(Canal.FACTURA, ahora, PLAZOS)
    assert limites == Limites({"midnight": midnight, "now": ahora}[por_vencer], midnight)


@given(ahora=MOMENTOS, canal=st.sampled_from(CANALES_SII))
def test_nothing_is_late_before_it_was_near(ahora: datetime, canal: CanalSii) -> None:
    limites = compute_limites(canal, ahora, PLAZOS)
    assert limites.vencidos <= limites.por_vencer <= ahora


@given(ahora=MOMENTOS)
def test_a_factura_of_today_is_never_late_and_one_of_yesterday_always(ahora: datetime) -> None:
    vencidos = compute_limites(Canal.FACTURA, ahora, PLAZOS).vencidos
    assert chile(vencidos).date() == chile(ahora).date()
    assert chile(vencidos - timedelta(seconds=1)).date() < chile(ahora).date()
