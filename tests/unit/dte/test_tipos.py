"""Types of documents, and the table of faults."""

from __future__ import annotations

import re
import string

import pytest

from shared.dte.codigos import Codigo
from shared.dte.modelo import MODELOS
from shared.dte.reglas import REGLAS
from shared.dte.tipos import Canal, TipoDte


@pytest.mark.parametrize(
    ("tipo", "canal", "nombre"),
    [(33, Canal.FACTURA, "Factura electrónica"), (39, Canal.BOLETA, "Boleta electrónica")],
)
def test_each_type_has_a_name_and_a_door(tipo: int, canal: Canal, nombre: str) -> None:
    assert (TipoDte(tipo).canal, TipoDte(tipo).nombre) == (canal, nombre)


def test_each_type_has_its_model_and_its_rules() -> None:
    assert set(MODELOS) == set(REGLAS) == set(TipoDte)


def test_every_fault_has_a_code_of_its_own() -> None:
    codigos = [codigo.codigo for codigo in Codigo]
    assert len(set(codigos)) == len(codigos)
    assert all(re.fullmatch(r"POSTA-DTE-[0-9]{2,3}", codigo) for codigo in codigos)


@pytest.mark.parametrize("codigo", Codigo)
def test_every_fault_can_be_told(codigo: Codigo) -> None:
    needed = {campo for _, campo, _, _ in string.Formatter().parse(codigo.plantilla) if campo} - {"campo"}
    falla = codigo.falla("Detalle[0].PrcItem", **dict.fromkeys(needed, "x"))
    assert falla.codigo == codigo.codigo
    assert "{" not in falla.mensaje
