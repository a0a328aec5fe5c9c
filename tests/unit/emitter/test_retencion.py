"""Which documents a sale refers to, and which of them a note has to wait for."""

from __future__ import annotations

from typing import Any

import pytest

from services.emitter.referencias import find_referencias
from services.emitter.retencion import find_corregidos
from shared.dte.modelo import parse_venta
from shared.dte.tipos import NOTAS, TipoDte
from shared.messages import Referencia
from tests.dte_data import EMISOR_RUT
from tests.ventas import venta_de


def _referencia(tipo: object, folio: object, **campos: Any) -> dict[str, Any]:
    return {"TpoDocRef": str(tipo), "FolioRef": str(folio), "FchRef": "2026-02-01", **campos}


def _corregidos(tipo: TipoDte, **partes: Any) -> tuple[str, ...]:
    return find_corregidos(tipo, find_referencias(parse_venta(venta_de(tipo, **partes)), EMISOR_RUT))


@pytest.mark.parametrize("tipo", NOTAS)
def test_a_note_waits_for_what_it_corrects(tipo: TipoDte) -> None:
    corregidos = _corregidos(tipo)
    assert [id_.rpartition("-")[2] for id_ in corregidos] == ["7"]
    assert all(id_.startswith(f"{EMISOR_RUT}-") for id_ in corregidos)


def test_several_are_waited_for_each_once_and_what_is_only_named_is_not() -> None:
    referencias = [
        _referencia(33, 7, CodRef=3),
        _referencia(33, "007", CodRef=3),
        _referencia(34, 8, CodRef=3),
        _referencia(52, 9),
        _referencia(801, "OC-1"),
        _referencia(30, 4, CodRef=3),
    ]
    assert _corregidos(TipoDte.NOTA_CREDITO, Referencia=referencias) == (f"{EMISOR_RUT}-33-7", f"{EMISOR_RUT}-34-8")


@pytest.mark.parametrize("tipo", set(TipoDte) - NOTAS)
def test_no_other_document_waits(tipo: TipoDte) -> None:
    assert _corregidos(tipo) == ()


def test_what_a_sale_refers_to_are_documents_of_its_own_company_each_with_its_code_once() -> None:
    referencias = [
        _referencia(33, "007", CodRef=1),
        _referencia(33, 7, CodRef=1),
        _referencia(33, 7, CodRef=3),
        _referencia(52, 9),
        _referencia(52, 0, IndGlobal=1),
        _referencia(33, 8, RUTOtr="96790240-3"),
        _referencia(801, "OC-1"),
    ]
    venta = parse_venta(venta_de(TipoDte.FACTURA, Referencia=referencias))
    assert find_referencias(venta, EMISOR_RUT) == (
        Referencia(dte=f"{EMISOR_RUT}-33-7", codigo=1),
        Referencia(dte=f"{EMISOR_RUT}-33-7", codigo=3),
        Referencia(dte=f"{EMISOR_RUT}-52-9"),
    )


def test_the_code_of_a_boleta_is_a_word_of_the_shop() -> None:
    referencia = {"TpoDocRef": "39", "FolioRef": "7", "CodRef": "1"}
    venta = parse_venta(venta_de(TipoDte.BOLETA, Referencia=[referencia, {"CodRef": "CAJA", "RazonRef": "Turno 2"}]))
    assert find_referencias(venta, EMISOR_RUT) == (Referencia(dte=f"{EMISOR_RUT}-39-7"),)
