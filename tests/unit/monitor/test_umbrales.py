"""How a threshold that somebody has set takes the place of the setting."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.monitor.alerts import build_reglas, with_umbrales
from shared.administracion.umbrales import apply_to_plazos, read_defectos
from shared.dte.existencias import Umbrales
from shared.dte.plazo import Plazos
from shared.messages.umbral import Umbral
from shared.settings import Settings


@pytest.mark.parametrize("umbral", list(Umbral))
def test_each_has_a_default_from_the_setting_of_its_name_within_its_bounds(umbral: Umbral) -> None:
    defecto, definicion = read_defectos(Settings())[umbral], umbral.definicion
    assert definicion.minimo <= defecto <= definicion.maximo
    assert defecto == int(defecto)


def test_a_default_finer_than_the_unit_is_kept() -> None:
    assert read_defectos(Settings(alertas_resumen=timedelta(seconds=90)))[Umbral.RESUMEN] == 1.5


def test_what_is_set_counts_and_all_else_stays() -> None:
    reglas = build_reglas(Settings())
    fijados = {Umbral.FOLIOS_MINIMO: 7, Umbral.DIAS_VENCIMIENTO: 60, Umbral.RESUMEN: 5, Umbral.RECORDATORIO: 2}
    changed = with_umbrales(reglas, fijados)
    assert changed.umbrales == Umbrales(15, 3, 7)
    assert (changed.dias_vencimiento, changed.resumen) == (60, timedelta(minutes=5))
    assert changed.recordatorio == timedelta(hours=2)
    assert with_umbrales(reglas, {}) == reglas


def test_the_margin_of_a_deadline_is_the_one_that_was_set() -> None:
    plazos = apply_to_plazos(Plazos(), {Umbral.PLAZO_BOLETA_AVISO: 45})
    assert plazos == Plazos(aviso_boleta=timedelta(minutes=45))
