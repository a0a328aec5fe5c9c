"""`posta umbral` as a person types it."""

from __future__ import annotations

import pytest

from shared.settings import Settings
from tests.integration.test_cli import Posta


@pytest.fixture
def posta(settings: Settings) -> Posta:
    return Posta(settings)


async def test_a_threshold_is_set_listed_and_reset_and_the_audit_tells_it(posta: Posta, settings: Settings) -> None:
    puesto = await posta("umbral", "set", "folios_minimo", "40", "--motivo", "se acerca Navidad")
    assert puesto.status == 0, puesto.error
    assert puesto.salida == f"Folios: mínimo: 40 folios (por defecto, {settings.folios_minimo})\n"
    rows = {row["umbral"]: row for row in (await posta("umbral", "list", "--json")).json}
    assert (rows["folios_minimo"]["valor"], rows["folios_minimo"]["defecto"]) == (40, settings.folios_minimo)
    assert "@" in rows["folios_minimo"]["quien"]
    assert (rows["plazo_boleta_aviso"]["quien"], rows["plazo_boleta_aviso"]["unidad"]) == (None, "minutos")
    assert "folios_minimo" in (await posta("umbral", "list")).salida
    vuelto = await posta("umbral", "reset", "folios_minimo")
    assert (vuelto.status, "el valor por defecto" in vuelto.salida) == (0, True)
    acts = [
        (a["accion"], a["objeto"], a["fase"], a["motivo"]) for a in (await posta("auditoria", "list", "--json")).json
    ]
    assert acts == [
        ("umbral.set", "folios_minimo", "intento", "se acerca Navidad"),
        ("umbral.set", "folios_minimo", "hecho", "se acerca Navidad"),
        ("umbral.reset", "folios_minimo", "intento", ""),
        ("umbral.reset", "folios_minimo", "hecho", ""),
    ]


@pytest.mark.parametrize(
    ("arguments", "status", "dicho"),
    [
        (("set", "folios_dias_aviso", "366"), 1, "folios_dias_aviso: debe estar entre 0 y 365 días"),
        (("set", "folios_dias_critico", "16"), 1, "suba primero el del aviso"),
        (("set", "nada", "1"), 2, "folios_minimo"),
        (("set", "folios_minimo", "muchos"), 2, "valor: debe ser un número entero"),
    ],
)
async def test_what_is_wrong_is_named_with_its_remedy(
    posta: Posta, arguments: tuple[str, ...], status: int, dicho: str
) -> None:
    answer = await posta("umbral", *arguments)
    assert (answer.status, dicho in answer.error) == (status, True), answer.error
