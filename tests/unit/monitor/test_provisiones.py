"""What runs out: the worst first, and told before it has."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.monitor.provisiones import CafPorVencer, Provisiones, build_provisiones, find_por_vencer
from shared.clock import chile
from shared.dte.existencias import Cuenta, Destino, Nivel, Saldo, Umbrales
from shared.dte.tipos import TipoDte
from tests.unit.monitor.datos import AHORA

HOY = chile(AHORA).date()
DIA = timedelta(days=1)
EMISOR = "76192083-9"


def a_cuenta(tipo: TipoDte, *saldos: Saldo, por_dia: int = 0, tienda: str | None = None) -> Cuenta:
    usos: dict[date, int] = {HOY - DIA * n: por_dia for n in range(1, 7)} if por_dia else {}
    return Cuenta(Destino(EMISOR, tipo, tienda), saldos, usos)


def provisiones_of(*cuentas: Cuenta, **certificados: timedelta) -> Provisiones:
    ends = {rut: AHORA + left for rut, left in certificados.items()}
    return build_provisiones(cuentas, ends, Umbrales(14, 3, 50), 30, AHORA)


def test_the_worst_comes_first() -> None:
    provisiones = provisiones_of(
        a_cuenta(TipoDte.BOLETA, Saldo(100_000), por_dia=100),
        a_cuenta(TipoDte.FACTURA, Saldo(1_000), por_dia=100),
        a_cuenta(TipoDte.NOTA_CREDITO, Saldo(0)),
        a_cuenta(TipoDte.GUIA, Saldo(5_000)),
        a_cuenta(TipoDte.NOTA_DEBITO, Saldo(150), por_dia=100),
    )
    assert [(folios.tipo, folios.nivel) for folios in provisiones.folios] == [
        (61, Nivel.AGOTADO),
        (56, Nivel.CRITICO),
        (33, Nivel.AVISO),
        (39, Nivel.OK),
        (52, Nivel.OK),
    ]
    assert provisiones.folios[-1].dias is None


def test_a_range_that_ends_soon_needs_attention_however_many_folios_it_has() -> None:
    [folios] = provisiones_of(a_cuenta(TipoDte.FACTURA, Saldo(90_000, HOY + 20 * DIA), Saldo(9, HOY + 99 * DIA))).folios
    assert (folios.vence, folios.nivel) == (HOY + 20 * DIA, Nivel.AVISO)
    [folios] = provisiones_of(a_cuenta(TipoDte.FACTURA, Saldo(90_000, HOY + 31 * DIA))).folios
    assert folios.nivel is Nivel.OK


def test_ranges_near_their_end_are_named() -> None:
    cuentas = [
        a_cuenta(TipoDte.FACTURA, Saldo(7, HOY, "a"), Saldo(9, HOY + 40 * DIA, "b"), Saldo(1, None, "c")),
        a_cuenta(TipoDte.BOLETA, Saldo(3, HOY - DIA, "d")),
    ]
    assert find_por_vencer(cuentas, HOY + 30 * DIA) == [
        CafPorVencer("a", EMISOR, TipoDte.FACTURA, 7, HOY),
        CafPorVencer("d", EMISOR, TipoDte.BOLETA, 3, HOY - DIA),
    ]


@pytest.mark.parametrize(
    ("left", "nivel"),
    [(31 * DIA, Nivel.OK), (30 * DIA, Nivel.AVISO), (7 * DIA, Nivel.CRITICO), (-DIA, Nivel.AGOTADO)],
)
def test_a_certificate_is_told_of_before_it_ends(left: timedelta, nivel: Nivel) -> None:
    [certificado] = provisiones_of(**{EMISOR: left}).certificados
    assert (certificado.nivel, certificado.dias) == (nivel, left / DIA)


def test_thousands_of_tills_are_no_page_and_none_in_trouble_is_left_out() -> None:
    tills = [a_cuenta(TipoDte.BOLETA, Saldo(0 if n == 777 else 5_000), tienda=f"Tienda {n}") for n in range(1_000)]
    provisiones = provisiones_of(*tills)
    assert (len(provisiones.folios), provisiones.omitidos) == (100, 900)
    assert (provisiones.folios[0].quien, provisiones.folios[0].nivel) == ("Tienda 777", Nivel.AGOTADO)
