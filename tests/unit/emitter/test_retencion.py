"""Which documents a note has to wait for."""

from __future__ import annotations

from typing import Any

import pytest

from services.emitter.retencion import find_corregidos
from shared.dte.modelo import parse_venta
from shared.dte.tipos import NOTAS, TipoDte
from tests.dte_data import EMISOR_RUT
from tests.ventas import venta_de


def _referencia(tipo: object, folio: object, **campos: Any) -> dict[str, Any]:
    return {"TpoDocRef": str(tipo), "FolioRef": str(folio), "FchRef": "2026-02-01", **campos}


@pytest.mark.parametrize("tipo", NOTAS)
def test_a_note_waits_for_what_it_corrects(tipo: TipoDte) -> None:
    corregidos = find_corregidos(parse_venta(venta_de(tipo)), EMISOR_RUT)
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
    venta = parse_venta(venta_de(TipoDte.NOTA_CREDITO, Referencia=referencias))
    assert find_corregidos(venta, EMISOR_RUT) == (f"{EMISOR_RUT}-33-7", f"{EMISOR_RUT}-34-8")


@pytest.mark.parametrize("tipo", set(TipoDte) - NOTAS)
def test_no_other_document_waits(tipo: TipoDte) -> None:
    assert find_corregidos(parse_venta(venta_de(tipo)), EMISOR_RUT) == ()
