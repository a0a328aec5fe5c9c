"""The demo's sales, its figures, and that its audit finds what is wrong with a book."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from deploy.local.demo.audit import Books, Stored, compare, key_of
from deploy.local.demo.company import COMPANY
from deploy.local.demo.outcome import build_outcome, percentile
from deploy.local.demo.sales import deal, make_sales
from deploy.local.demo.tills import Emission
from services.emitter.client import DocumentoEmitido
from shared.dte.documento import complete_venta
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte

SALES = make_sales(8, 2)


def emit(index: int) -> Emission:
    sale = SALES[index]
    documento = DocumentoEmitido(
        id=f"{COMPANY.rut}-{int(sale.tipo)}-{index}",
        emisor=COMPANY.rut,
        tipo=sale.tipo,
        folio=index,
        estado="generado",
        fecha=date(2026, 3, 2),
        monto=sale.total,
        receptor="66666666-6",
        ted="<TED/>",
        sha256=f"{index:064x}",
        creado=datetime(2026, 3, 2, tzinfo=UTC),
        enlaces={},
    )
    return Emission(sale, documento, seconds=index / 100)


EMISSIONS = [emit(index) for index in range(len(SALES))]
TOTAL = sum(sale.total for sale in SALES)


def books() -> Books:
    """What everybody's books say when all went well."""
    return Books(
        stored={key_of(e): Stored("aceptado", e.sale.total, e.documento.sha256) for e in EMISSIONS},
        panel={"emitidos": 10, "estados": {"aceptado": 10}, "cuadratura": {"cuadra": True}},
        received=[received(e) for e in EMISSIONS],
        resumen={"envios": 3, "monto_aceptado": TOTAL},
    )


def received(emission: Emission, **changes: Any) -> dict[str, Any]:
    emisor, tipo, folio = key_of(emission)
    base = {"emisor": emisor, "tipo": tipo, "folio": folio, "estado": "aceptado", "sha256": emission.documento.sha256}
    return base | changes


def failing(changed: Books, emissions: list[Emission] = EMISSIONS) -> str:
    """The first words of the statements that do not hold."""
    audit = compare(emissions, len(SALES), changed)
    assert audit.clean == all(check.holds for check in audit.checks)
    return "; ".join(" ".join(check.statement.split()[:3]) for check in audit.checks if not check.holds)


def test_the_sales_are_the_same_at_every_run_and_of_both_kinds() -> None:
    assert make_sales(8, 2) == SALES
    assert make_sales(8, 2, seed=1) != SALES
    assert Counter(sale.tipo for sale in SALES) == {TipoDte.BOLETA: 8, TipoDte.FACTURA: 2}
    assert len({sale.clave for sale in SALES}) == 10


def test_the_tills_work_out_the_totals_that_posta_writes() -> None:
    for sale in make_sales(80, 20):
        complete = complete_venta(parse_venta(sale.venta), COMPANY, fecha=date(2026, 3, 2))
        totales = complete.Encabezado.Totales
        assert totales is not None
        assert totales.MntTotal == sale.total


def test_sales_are_dealt_out_evenly_and_none_is_left() -> None:
    hands = deal(SALES, 3)
    assert [len(hand) for hand in hands] == [4, 3, 3]
    assert sorted(sale.clave for hand in hands for sale in hand) == sorted(sale.clave for sale in SALES)


def test_when_all_went_well_every_statement_holds() -> None:
    audit = compare(EMISSIONS, 10, books())
    assert audit.clean
    outcome = build_outcome(EMISSIONS, audit, 12.345)
    assert outcome.as_dict() == {
        "emitidos": 10,
        "aceptados": 10,
        "rechazados": 0,
        "perdidos": 0,
        "duplicados_sii": 0,
        "envios": 3,
        "segundos_pos_p50": 0.04,
        "segundos_pos_p99": 0.09,
        "segundos_total": 12.3,
    }


def _lost(b: Books) -> Books:
    return replace(b, received=b.received[1:])


def _twice(b: Books) -> Books:
    return replace(b, received=[*b.received, b.received[0]])


def _foreign(b: Books) -> Books:
    return replace(b, received=[*b.received, received(EMISSIONS[0], folio=999)])


def _refused(b: Books) -> Books:
    return replace(b, received=[received(EMISSIONS[0], estado="rechazado"), *b.received[1:]])


def _other_bytes_at_sii(b: Books) -> Books:
    return replace(b, received=[received(EMISSIONS[0], sha256="0"), *b.received[1:]])


def _other_bytes_stored(b: Books) -> Books:
    key = key_of(EMISSIONS[3])
    return replace(b, stored={**b.stored, key: replace(b.stored[key], sha256="0")})


def _other_sum(b: Books) -> Books:
    return replace(b, resumen={**b.resumen, "monto_aceptado": TOTAL + 1})


def _not_final(b: Books) -> Books:
    key = key_of(EMISSIONS[3])
    return replace(b, stored={**b.stored, key: replace(b.stored[key], estado="enviado")})


def _panel_short(b: Books) -> Books:
    return replace(b, panel={**b.panel, "estados": {"aceptado": 9, "enviado": 1}})


def _panel_does_not_square(b: Books) -> Books:
    return replace(b, panel={**b.panel, "cuadratura": {"cuadra": False}})


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_lost, "el SII aceptó; los bytes son"),
        (_twice, "el SII no"),
        (_foreign, "el SII no"),
        (_refused, "el SII aceptó"),
        (_other_bytes_at_sii, "los bytes son"),
        (_other_bytes_stored, "los bytes son"),
        (_other_sum, "los montos suman"),
        (_not_final, "los montos suman"),
        (_panel_short, "el monitor cuenta"),
        (_panel_does_not_square, "el monitor cuenta"),
    ],
)
def test_a_spoiled_book_is_found(spoil: Callable[[Books], Books], expected: str) -> None:
    assert failing(spoil(books())) == expected


def test_losses_refusals_and_duplicates_are_counted() -> None:
    lost, refused, twice = EMISSIONS[5], EMISSIONS[0], EMISSIONS[7]
    others = [received(e) for e in EMISSIONS if e not in (lost, refused)]
    audit = compare(
        EMISSIONS, 10, replace(books(), received=[*others, received(refused, estado="rechazado"), received(twice)])
    )
    assert (audit.perdidos, audit.rechazados, audit.duplicados_sii, audit.aceptados) == (1, 1, 1, 8)


def test_two_sales_with_one_folio_are_found() -> None:
    twin = replace(EMISSIONS[1], documento=EMISSIONS[0].documento)
    stored = {key: value for key, value in books().stored.items() if key != key_of(EMISSIONS[1])}
    assert "cada venta tiene" in failing(replace(books(), stored=stored), [EMISSIONS[0], twin, *EMISSIONS[2:]])


def test_a_total_that_the_till_did_not_work_out_is_found() -> None:
    wrong = replace(EMISSIONS[0], documento=EMISSIONS[0].documento.model_copy(update={"monto": 1}))
    assert failing(books(), [wrong, *EMISSIONS[1:]]) == "cada total es"


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, 0.0), ([3.0], 99, 3.0), ([4, 1, 3, 2], 50, 2), ([float(n) for n in range(1, 101)], 99, 99.0)],
)
def test_percentiles(values: list[float], percent: int, expected: float) -> None:
    assert percentile(values, percent) == expected
