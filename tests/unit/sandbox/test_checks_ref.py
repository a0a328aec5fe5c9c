"""Notes before the SII: what they refer to must be there, and be what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.sandbox.checks import review
from services.sandbox.checks_dte import Juez, find_objeciones, identify
from services.sandbox.modelo import DocumentoRevisado, Subida
from services.sandbox.registro import Registro
from shared.dte.documento import DteFirmado, read_dte
from shared.dte.tipos import NOTAS, Canal, TipoDte
from shared.dte.xml import DECLARACION
from tests.sandbox_data import AHORA, Cambio, Empresa, replacing, without
from tests.ventas import VENTAS, venta_de


def _fragmento(xml: bytes) -> bytes:
    return xml.removeprefix(DECLARACION.encode())


def _original(empresa: Empresa, nota: TipoDte, **cambios: Any) -> DocumentoRevisado:
    """What the note of `tests.ventas` corrects, as the SII has it."""
    tipo = TipoDte(VENTAS[nota]["Referencia"]["TpoDocRef"])
    fragmento = _fragmento(empresa.sign(7, venta_de(tipo)).xml)
    return replace(identify(fragmento, read_dte(fragmento)), **cambios)


def _objeciones(nota: DteFirmado | bytes, empresa: Empresa, *recibidos: DocumentoRevisado) -> list[str]:
    libros = {(uno.emisor, uno.tipo, uno.folio): uno for uno in recibidos}
    juez = Juez(empresa.authority, Registro(), lambda *llave: libros.get(llave), AHORA)
    fragmento = _fragmento(nota if isinstance(nota, bytes) else nota.xml)
    halladas = find_objeciones(fragmento, read_dte(fragmento), empresa.rut, juez)
    return [f"{o.seccion}-{o.nivel}-{o.codigo}" for o in halladas]


@pytest.mark.parametrize("tipo", sorted(NOTAS))
def test_a_note_is_accepted_when_the_sii_has_what_it_corrects_and_rejected_when_not(
    empresa: Empresa, tipo: TipoDte
) -> None:
    nota = empresa.sign(1, venta_de(tipo))
    assert _objeciones(nota, empresa, _original(empresa, tipo)) == []
    assert _objeciones(nota, empresa) == ["REF-3-750"]
    assert _objeciones(nota, empresa, _original(empresa, tipo, receptor="96790240-3")) == ["REF-3-751"]


@pytest.mark.parametrize(
    ("cambio", "codigos"),
    [
        pytest.param(without("CodRef"), ["REF-3-758"], id="without CodRef"),
        pytest.param(replacing("<TpoDocRef>33<", "<TpoDocRef>801<"), ["REF-3-415"], id="to a purchase order only"),
        pytest.param(replacing("<FolioRef>7<", "<FolioRef>X7<"), ["REF-3-750"], id="to a folio that is none"),
        pytest.param(replacing("<FolioRef>7<", "<FolioRef>8<"), ["REF-3-750"], id="to another folio"),
        pytest.param(replacing("<TpoDocRef>33<", "<TpoDocRef>30<"), [], id="to a factura on paper"),
        pytest.param(
            replacing("<FolioRef>7</FolioRef>", "<IndGlobal>1</IndGlobal><FolioRef>0</FolioRef>"), [], id="to many"
        ),
        pytest.param(
            replacing("</FolioRef>", "</FolioRef><RUTOtr>76192083-9</RUTOtr>"), ["REF-3-750"], id="of another issuer"
        ),
    ],
)
def test_a_reference_that_is_not_as_it_should_be(empresa: Empresa, cambio: Cambio, codigos: list[str]) -> None:
    def rewrite(texto: str) -> str:
        antes, referencia, despues = texto.partition("<Referencia>")
        return antes + referencia + cambio(despues).replace("</IndGlobal><FolioRef>", "</IndGlobal>\n<FolioRef>")

    nota = empresa.respoil(empresa.sign(2, venta_de(TipoDte.NOTA_CREDITO)), rewrite)
    assert _objeciones(nota, empresa, _original(empresa, TipoDte.NOTA_CREDITO)) == codigos


def test_a_note_without_any_reference_is_rejected(empresa: Empresa) -> None:
    def cut(texto: str) -> str:
        inicio, fin = texto.index("<Referencia>"), texto.index("</Referencia>") + len("</Referencia>")
        return texto[:inicio] + texto[fin:]

    nota = empresa.respoil(empresa.sign(3, venta_de(TipoDte.NOTA_CREDITO)), cut)
    assert _objeciones(nota, empresa, _original(empresa, TipoDte.NOTA_CREDITO)) == ["REF-3-415"]


def test_annulling_with_another_amount_is_objected_to_and_correcting_amounts_is_not(empresa: Empresa) -> None:
    anula, corrige = venta_de(TipoDte.NOTA_CREDITO), venta_de(TipoDte.NOTA_CREDITO)
    corrige["Referencia"]["CodRef"] = 3
    distinto = _original(empresa, TipoDte.NOTA_CREDITO, monto=1)
    assert _objeciones(empresa.sign(4, anula), empresa, distinto) == ["REF-2-780"]
    assert _objeciones(empresa.sign(4, corrige), empresa, distinto) == []


def test_the_note_of_an_anonymous_boleta_may_name_its_buyer(empresa: Empresa) -> None:
    venta = venta_de(TipoDte.NOTA_CREDITO)
    venta["Referencia"] |= {"TpoDocRef": 39, "CodRef": 3}
    boleta = _original(empresa, TipoDte.NOTA_CREDITO, tipo=39, receptor="66666666-6")
    assert _objeciones(empresa.sign(5, venta), empresa, boleta) == []


def test_a_note_may_come_after_what_it_corrects_in_one_envelope_but_not_before(empresa: Empresa) -> None:
    factura, nota = empresa.sign(7, venta_de(TipoDte.FACTURA)), empresa.sign(7, venta_de(TipoDte.NOTA_CREDITO))

    def verdicts(*dtes: DteFirmado) -> list[str]:
        sobre = empresa.sobre(*dtes, canal=Canal.FACTURA)
        juez = Juez(empresa.authority, Registro(), lambda *_: None, AHORA)
        subida = Subida(Canal.FACTURA, empresa.persona, empresa.rut, "envio.xml", sobre, "")
        return [uno.veredicto for uno in review(subida, juez).documentos]

    assert verdicts(factura, nota) == ["DOK", "DOK"]
    assert verdicts(nota, factura) == ["RCH", "DOK"]
