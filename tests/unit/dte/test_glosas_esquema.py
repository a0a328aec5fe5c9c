"""Faults of the schema as people read them: in Spanish, with the element and its path."""

from __future__ import annotations

import pytest

from shared.dte.documento import complete_venta, sign_documento
from shared.dte.esquema import Esquema, validate_esquema
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte
from shared.errors import Invalid
from tests import dte_data
from tests.ventas import VENTAS

XML = sign_documento(
    complete_venta(parse_venta(VENTAS[TipoDte.LIQUIDACION]), dte_data.EMISOR, fecha=dte_data.FECHA),
    folio=7,
    caf=dte_data.make_caf(TipoDte.LIQUIDACION),
    firmante=dte_data.firmante(),
    ahora=dte_data.AHORA,
).xml

SPOILED: dict[str, tuple[bytes, bytes, str, str]] = {
    "no number": (
        b"<MntTotal>286060",
        b"<MntTotal>mucho",
        "Encabezado.Totales.MntTotal",
        "tiene el valor «mucho», que no",
    ),
    "too long": (b"<RznSoc>", b"<RznSoc>" + b"x" * 100, "Encabezado.Emisor.RznSoc", "119 caracteres y se admiten 100"),
    "nothing": (
        b"<GiroEmis>Venta al por menor",
        b"<GiroEmis>",
        "Encabezado.Emisor.GiroEmis",
        "0 caracteres y se piden 1",
    ),
    "another type": (
        b"<TipoDTE>43",
        b"<TipoDTE>44",
        "Encabezado.IdDoc.TipoDTE",
        "«44», que no está entre los admitidos",
    ),
    "a form": (b"<RUTRecep>76987654-5", b"<RUTRecep>7698765-k", "Encabezado.Receptor.RUTRecep", "no es de la forma"),
    "too late": (b"<FchEmis>2026", b"<FchEmis>2060", "Encabezado.IdDoc.FchEmis", "se admite hasta 2050-12-31"),
    "too little": (b"<PrcItem>100000", b"<PrcItem>-1", "Detalle[0].PrcItem", "se admite desde 0.000001"),
    "too many decimals": (b"<PrcItem>100000", b"<PrcItem>1.12345678", "Detalle[0].PrcItem", "se admiten 6 decimales"),
    "too many digits": (b"<Acteco>471990", b"<Acteco>4719901", "Encabezado.Emisor.Acteco", "se admiten 6 dígitos"),
    "text between elements": (b"<Encabezado>", b"<Encabezado>hola", "Encabezado", "lleva texto donde sólo van"),
    "elements in a text": (
        b"<NmbItem>Facturas de enero",
        b"<NmbItem><b/>",
        "Detalle[0].NmbItem",
        "donde sólo va texto",
    ),
    "out of place": (
        b"<GiroEmis>Venta al por menor</GiroEmis>",
        b"",
        "Encabezado.Emisor.Acteco",
        "se espera alguno de GiroEmis",
    ),
    "missing": (
        b"<DirRecep>Calle Dos 456</DirRecep>\n<CmnaRecep>Santiago</CmnaRecep>",
        b"",
        "Encabezado.Receptor",
        "falta alguno de",
    ),
    "nowhere": (b"<TmstFirma>", b"<Otro>1</Otro><TmstFirma>", "Otro", "se espera alguno de TmstFirma"),
    "an attribute": (
        b'<Liquidacion ID="T43F7"',
        b'<Liquidacion ID="T43F7" otro="1"',
        "",
        "lleva un atributo que no se admite",
    ),
    "no attribute": (b'<Liquidacion ID="T43F7"', b"<Liquidacion", "", "no lleva un atributo que es obligatorio"),
    "a bad attribute": (b'<Liquidacion ID="T43F7"', b'<Liquidacion ID="43"', "", "tiene el valor «43», que no"),
}


@pytest.mark.parametrize("case", SPOILED.values(), ids=SPOILED.keys())
def test_a_fault_is_told_in_spanish_with_its_path(case: tuple[bytes, bytes, str, str]) -> None:
    old, new, ruta, words = case
    spoiled = XML.replace(old, new, 1)
    assert spoiled != XML
    with pytest.raises(Invalid) as caught:
        validate_esquema(spoiled, Esquema.DTE)
    esperada = f"DTE.Liquidacion.{ruta}".rstrip(".")
    mensajes = [falla.mensaje for falla in caught.value.fallas if falla.ruta == esperada]
    assert any(words in mensaje for mensaje in mensajes), caught.value.fallas
    assert not any("Element" in falla.mensaje for falla in caught.value.fallas)


def test_an_element_of_the_signature_is_named_without_its_namespace() -> None:
    with pytest.raises(Invalid, match="«DigestValue» tiene el valor") as caught:
        validate_esquema(XML.replace(b"<DigestValue>", b"<DigestValue>A"), Esquema.DTE)
    assert "{http" not in str(caught.value)


def test_another_kind_of_file_is_told_apart() -> None:
    with pytest.raises(Invalid, match="no es el elemento con que empieza este esquema"):
        validate_esquema(b"<html/>", Esquema.DTE)
