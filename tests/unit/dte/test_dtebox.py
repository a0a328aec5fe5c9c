"""What a DTEBox is sent follows from the stored bytes alone: the document bare, and the stamp that the customer has."""

from __future__ import annotations

import base64
from datetime import date

import pytest

from shared.dte.documento import DteFirmado
from shared.dte.dtebox import cut_solicitud, is_for, write_solicitud
from shared.dte.lectura import read_campos
from shared.dte.ted import verify_ted
from shared.dte.tipos import Ambiente
from shared.dte.xml import parse_xml
from shared.errors import Invalid
from tests.unit.dte import golden
from tests.unit.dte.test_independencia import sign


def tags(xml: bytes) -> set[str]:
    return {str(elemento.tag).rpartition("}")[2] for elemento in parse_xml(xml).iter()}


@pytest.fixture(params=golden.SALES)
def firmado(request: pytest.FixtureRequest) -> DteFirmado:
    return sign(request.param)


def test_the_document_loses_its_stamp_and_its_signature_and_nothing_else(firmado: DteFirmado) -> None:
    solicitud = cut_solicitud(firmado.xml)
    assert tags(firmado.xml) - tags(solicitud.documento) >= {"TED", "TmstFirma", "Signature"}
    assert not tags(solicitud.documento) & {"TED", "TmstFirma", "Signature", "CAF"}
    before, after = (" ".join(parse_xml(xml)[0].itertext()) for xml in (firmado.xml, solicitud.documento))
    assert before.startswith(after.rstrip())
    assert solicitud.documento.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>')


def test_the_stamp_goes_along_as_it_was_printed(firmado: DteFirmado) -> None:
    ted = cut_solicitud(firmado.xml).ted
    assert ted.decode("iso-8859-1") == firmado.ted
    assert verify_ted(ted)[0].folio == firmado.folio


def test_the_same_document_gives_the_same_request(firmado: DteFirmado) -> None:
    requests = {
        write_solicitud(cut_solicitud(firmado.xml), Ambiente.CERTIFICACION, fecha=date(2014, 8, 22), numero=80)
        for _ in range(2)
    }
    (request,) = requests
    campos = read_campos(request, "SendDocumentAsXMLRequest")
    assert campos is not None
    hojas = dict(campos.hojas)
    assert base64.b64decode(hojas.pop("Content")) == cut_solicitud(firmado.xml).documento
    assert base64.b64decode(hojas.pop("TED")) == firmado.ted.encode("iso-8859-1")
    assert hojas == {
        "Environment": "T",
        "ResolutionDate": "2014-08-22",
        "ResolutionNumber": "80",
        "PDF417Columns": "5",
        "PDF417Level": "2",
        "PDF417Type": "1",
    }


def test_a_request_says_which_environment_it_is_for() -> None:
    solicitud = cut_solicitud(sign("boleta_simple").xml)
    production = write_solicitud(solicitud, Ambiente.PRODUCCION, fecha=date(2014, 8, 22), numero=80)
    assert is_for(production, Ambiente.PRODUCCION)
    assert not is_for(production, Ambiente.CERTIFICACION)


def test_what_is_not_signed_is_refused() -> None:
    with pytest.raises(Invalid, match="se espera un TED y hay 0"):
        cut_solicitud(cut_solicitud(sign("boleta_simple").xml).documento)
