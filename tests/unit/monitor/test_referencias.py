"""What a document refers to, and what refers to it, as its page tells them."""

from __future__ import annotations

import pytest

from services.monitor.referencias import Referencias, cited_ids, describe_referencias
from shared.dte.citas import Cita, read_citas
from shared.dte.estado import Estado
from shared.dte.tipos import TipoDte
from shared.messages import Referencia
from tests.unit.monitor.datos import a_dte

FACTURA = a_dte(Estado.ACEPTADO, id="76192083-9-33-7", tipo=TipoDte.FACTURA, folio=7)


def nota_con(*referencias: Referencia) -> Referencias:
    """What the invoice's page has of a note with these."""
    nota = a_dte(Estado.REPARO, id="76192083-9-61-4", tipo=TipoDte.NOTA_CREDITO, folio=4, refiere_a=tuple(referencias))
    return describe_referencias(FACTURA, (), (), [nota], 1)


def test_references_are_read_and_lead_to_documents_of_ours() -> None:
    citas = read_citas(
        b"<DTE xmlns='urn:x'><Documento><Referencia><TpoDocRef>33</TpoDocRef><FolioRef>007</FolioRef><FchRef>2026-11-20"
        b"</FchRef><CodRef>1</CodRef><RazonRef> Anula </RazonRef></Referencia><Referencia><TpoDocRef>801</TpoDocRef>"
        b"<FolioRef>OC-1</FolioRef></Referencia></Documento></DTE>"
    )
    assert citas == (Cita("33", "007", "2026-11-20", "1", "Anula", ""), Cita("801", "OC-1", "", "", "", ""))
    assert cited_ids("76192083-9", citas) == ["76192083-9-33-7"]
    ours, other = describe_referencias(a_dte(), citas, {"76192083-9-33-7"}).hechas
    assert (ours.relacion, ours.titulo, ours.id) == ("anula", "Factura electrónica N° 007", "76192083-9-33-7")
    assert (other.relacion, other.titulo, other.id) == ("se refiere a", "Documento 801 N° OC-1", None)
    assert describe_referencias(a_dte(), citas, ()).hechas[0].id is None


@pytest.mark.parametrize(
    ("tipo", "folio"), [("33", "0"), ("33", "٧"), ("33", "x"), ("30", "7"), ("801", "7"), ("", "")]
)
def test_what_is_no_number_of_a_document_of_the_sii_leads_nowhere(tipo: str, folio: str) -> None:
    assert cited_ids("76192083-9", [Cita(tipo, folio, "", "1", "", "")]) == []


def test_a_document_of_another_company_is_not_taken_for_ours_with_the_same_number() -> None:
    cita = b"<TpoDocRef>52</TpoDocRef><FolioRef>7</FolioRef><RUTOtr>96790240-3</RUTOtr>"
    citas = read_citas(b"<DTE><Referencia>" + cita + b"</Referencia></DTE>")
    assert cited_ids("76192083-9", citas) == []
    assert cited_ids("96790240-3", citas) == ["96790240-3-52-7"]


@pytest.mark.parametrize(
    ("codigos", "relacion"),
    [
        ((1,), "anula"),
        ((2,), "corrige texto"),
        ((3,), "corrige montos"),
        ((2, 3), "corrige texto y corrige montos"),
        ((None,), "se refiere a este documento"),
    ],
)
def test_what_a_note_does_is_said_in_words(codigos: tuple[int | None, ...], relacion: str) -> None:
    other = Referencia(dte="76192083-9-33-8", codigo=1)
    (nota,) = nota_con(other, *(Referencia(dte=FACTURA.id, codigo=codigo) for codigo in codigos)).recibidas
    assert (nota.relacion, nota.codigos) == (relacion, tuple(codigo for codigo in codigos if codigo))
    assert (nota.id, nota.titulo, nota.estado) == ("76192083-9-61-4", "Nota de crédito electrónica N° 4", "reparo")


def test_of_those_that_are_not_shown_there_is_the_number() -> None:
    notas = [a_dte(id=f"76192083-9-61-{n}", tipo=TipoDte.NOTA_CREDITO, folio=n) for n in (1, 2)]
    referencias = describe_referencias(FACTURA, (), (), notas, 5)
    assert ([nota.folio for nota in referencias.recibidas], referencias.otras) == ([1, 2], 3)
