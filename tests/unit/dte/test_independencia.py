"""Our documents of every type before judges that share no code with us, and what each of them says of forgeries."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from signxml.exceptions import InvalidInput
from signxml.exceptions import InvalidSignature as SignxmlInvalid
from signxml.verifier import VerifyResult

from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import extract_dtes
from shared.dte.impresion import timbre_png
from shared.dte.modelo import parse_venta
from shared.dte.relectura import read_venta
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, sign_copia, sign_sobre
from shared.dte.tipos import CANALES_SII, Canal, CanalSii
from shared.dte.verificador import Valor
from tests import dte_data
from tests.unit.dte import golden
from tests.unit.dte.independientes import (
    JAVA,
    read_with_cl_sii,
    scan_ted,
    schema_errors,
    verify_scanned,
    verify_with_java,
)
from tests.unit.dte.test_firma import judge
from tests.unit.dte.verificador.casos import verify

CARATULA = Caratula(dte_data.EMISOR_RUT, dte_data.FIRMANTE_RUT, RUT_SII, dte_data.FECHA, 0)


@cache
def sign(nombre: str) -> DteFirmado:
    venta = complete_venta(parse_venta(golden.SALES[nombre]), dte_data.EMISOR, fecha=dte_data.FECHA)
    caf = dte_data.make_caf(venta.Encabezado.IdDoc.TipoDTE)
    return sign_documento(venta, folio=7, caf=caf, firmante=dte_data.firmante(), ahora=dte_data.AHORA)


DE_FACTURA = [nombre for nombre in golden.SALES if sign(nombre).tipo.canal is Canal.FACTURA]
DE_BOLETA = [nombre for nombre in golden.SALES if sign(nombre).tipo.canal is Canal.BOLETA]


@cache
def envelope(canal: CanalSii) -> bytes:
    """One document of each type: IDs, which begin with the type, must differ."""
    unicos = {sign(n).tipo: sign(n).xml for n in (DE_FACTURA if canal is Canal.FACTURA else DE_BOLETA)}
    firmante = dte_data.firmante()
    return sign_sobre(list(unicos.values()), CARATULA, firmante, canal=canal, ahora=dte_data.AHORA, id="SetDoc")


@pytest.mark.parametrize("nombre", golden.SALES)
def test_signxml_accepts_every_document(nombre: str) -> None:
    assert isinstance(judge(sign(nombre).xml), VerifyResult)


@pytest.mark.parametrize("canal", CANALES_SII)
def test_signxml_accepts_every_envelope_and_what_is_cut_out_of_it(canal: CanalSii) -> None:
    assert isinstance(judge(envelope(canal)), VerifyResult)
    for fragmento in extract_dtes(envelope(canal)):
        assert isinstance(judge(fragmento.decode("iso-8859-1").encode("utf-8")), VerifyResult)


def test_signxml_refuses_a_forgery() -> None:
    with pytest.raises((SignxmlInvalid, InvalidInput)):
        judge(sign("factura_simple").xml.replace(b"37485", b"37486"))


@pytest.mark.parametrize("java", JAVA)
def test_the_jdk_accepts_documents_cut_out_and_in_context_and_refuses_forgeries(java: str, tmp_path: Path) -> None:
    copia = sign_copia(
        [sign("factura_simple").xml], CARATULA, dte_data.firmante(), ahora=dte_data.AHORA, id="Intercambio"
    )
    good = {f"{nombre}.xml": sign(nombre).xml for nombre in golden.SALES}
    good |= {f"sobre_{canal}.xml": envelope(canal) for canal in CANALES_SII} | {"copia.xml": copia}
    bad = {
        "monto.xml": sign("factura_simple").xml.replace(b"37485", b"37486"),
        "metodo.xml": sign("factura_simple").xml.replace(b"<SignatureValue>", b"<SignatureValue>AAAA"),
        "sobre.xml": envelope(Canal.BOLETA).replace(b"<NroDTE>1", b"<NroDTE>2"),
    }
    said = verify_with_java(java, tmp_path, good | bad)
    assert {name for name, verdicts in said.items() if set(verdicts) == {"valid"}} == set(good)
    assert said["sobre.xml"][-1] == "invalid"
    assert set(said["sobre.xml"][:-1]) == {"valid"}
    assert len(said[f"sobre_{Canal.FACTURA}.xml"]) == len(extract_dtes(envelope(Canal.FACTURA))) + 1


@pytest.mark.parametrize("nombre", DE_FACTURA)
def test_lxml_finds_no_fault_by_the_schema_of_2026(nombre: str) -> None:
    assert schema_errors(sign(nombre).xml, "DTE_v10.xsd") == []


@pytest.mark.parametrize(
    ("canal", "schema"), [(Canal.FACTURA, "EnvioDTE_v10.xsd"), (Canal.BOLETA, "EnvioBOLETA_v11.xsd")]
)
def test_lxml_finds_no_fault_in_envelopes(canal: CanalSii, schema: str) -> None:
    assert schema_errors(envelope(canal), schema) == []


@pytest.mark.parametrize("nombre", golden.SALES)
def test_the_scanned_stamp_is_the_documents_and_its_key_signed_it(nombre: str) -> None:
    dte = sign(nombre)
    scanned = scan_ted(timbre_png(dte.xml))
    assert scanned == dte.ted.encode("iso-8859-1")
    verify_scanned(scanned)
    with pytest.raises(InvalidSignature):
        verify_scanned(scanned.replace(b"<F>7</F>", b"<F>8</F>"))


DOCUMENTOS = [nombre for nombre in DE_FACTURA if sign(nombre).tipo not in (43, 110, 111, 112)]


@pytest.mark.parametrize("nombre", DOCUMENTOS)
def test_cl_sii_reads_what_we_wrote(nombre: str) -> None:
    """It reads no body but `Documento`, and no boletas."""
    dte, leido = sign(nombre), read_with_cl_sii(sign(nombre).xml)
    assert (leido.emisor_rut.canonical, leido.receptor_rut.canonical) == (dte.emisor, dte.receptor)
    assert (int(leido.tipo_dte.value), leido.folio, leido.monto_total) == (dte.tipo, dte.folio, dte.monto)
    assert leido.fecha_emision_date == dte.fecha
    assert leido.signature_x509_cert_der == dte_data.firmante().certificado_der


@pytest.mark.parametrize("nombre", golden.SALES)
def test_our_own_verifier_agrees(nombre: str) -> None:
    (documento,) = verify(sign(nombre).xml).documentos
    assert [(c.nombre, c.valor, c.motivo) for c in documento.controles if c.valor is not Valor.OK] == []


@pytest.mark.parametrize("nombre", golden.SALES)
def test_json_to_xml_to_json_comes_back(nombre: str) -> None:
    venta = complete_venta(parse_venta(golden.SALES[nombre]), dte_data.EMISOR, fecha=dte_data.FECHA)
    leida = read_venta(sign(nombre).xml)
    id_doc = leida.Encabezado.IdDoc
    assert id_doc.Folio == 7
    sin_folio = leida.Encabezado.model_copy(update={"IdDoc": id_doc.model_copy(update={"Folio": None})})
    assert leida.model_copy(update={"Encabezado": sin_folio}) == venta
    assert parse_venta(leida.model_dump(mode="json")) == leida
