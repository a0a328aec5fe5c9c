"""Envelopes: the signed bytes go in untouched, and each document verifies inside and cut out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from signxml.verifier import VerifyResult

from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.esquema import Esquema, validate_esquema
from shared.dte.firma import extract_dtes, verify_firma
from shared.dte.firma.verificacion import digest
from shared.dte.modelo import parse_venta
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, read_sobre, sign_copia, sign_sobre
from shared.dte.tipos import CANALES_SII, Canal, CanalSii, TipoDte
from shared.dte.xml import CODIFICACION, DECLARACION, NS_FIRMA, parse_xml
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.test_firma import judge

CARATULA = Caratula(
    emisor=dte_data.EMISOR_RUT,
    envia=dte_data.FIRMANTE_RUT,
    receptor=RUT_SII,
    fecha_resolucion=date(2014, 8, 22),
    numero_resolucion=0,
)


def documents(canal: CanalSii, cuantos: int = 3) -> list[DteFirmado]:
    tipo, datos = {
        Canal.BOLETA: (TipoDte.BOLETA, venta_boleta()),
        Canal.FACTURA: (TipoDte.FACTURA, venta_factura()),
    }[canal]
    caf = dte_data.make_caf(tipo, hasta=5000)
    venta = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    firmante = dte_data.firmante()
    return [
        sign_documento(venta, folio=folio, caf=caf, firmante=firmante, ahora=dte_data.AHORA)
        for folio in range(1, cuantos + 1)
    ]


def seal(dtes: list[bytes], canal: CanalSii = Canal.BOLETA, identificador: str = "SetDoc") -> bytes:
    return sign_sobre(dtes, CARATULA, dte_data.firmante(), canal=canal, ahora=dte_data.AHORA, id=identificador)


FRAGMENTS = {canal: [dte.xml for dte in documents(canal)] for canal in CANALES_SII}
SOBRES = {canal: seal(dtes, canal) for canal, dtes in FRAGMENTS.items()}


@pytest.mark.parametrize("canal", CANALES_SII)
def test_an_envelope_holds_its_documents_byte_for_byte_and_in_order(canal: CanalSii) -> None:
    cut = extract_dtes(SOBRES[canal])
    assert [DECLARACION.encode() + dte for dte in cut] == FRAGMENTS[canal]


@pytest.mark.parametrize("canal", CANALES_SII)
def test_the_envelope_verifies_and_so_does_each_document_cut_out(canal: CanalSii) -> None:
    assert verify_firma(SOBRES[canal]).elemento.get("ID") == "SetDoc"
    for folio, dte in enumerate(extract_dtes(SOBRES[canal]), 1):
        assert verify_firma(dte).elemento.get("ID") == f"T{39 if canal is Canal.BOLETA else 33}F{folio}"


@pytest.mark.parametrize("canal", CANALES_SII)
def test_an_independent_judge_accepts_envelope_and_fragments(canal: CanalSii) -> None:
    result: VerifyResult = judge(SOBRES[canal])
    assert result.signed_data.count(b"<DTE ") == 3
    for dte in extract_dtes(SOBRES[canal]):
        judge(DECLARACION.encode() + dte)


@pytest.mark.parametrize("canal", CANALES_SII)
def test_documents_keep_their_digest_inside_the_envelope(canal: CanalSii) -> None:
    """With both declarations on `<DTE>`, a standard tool that checks the whole file finds them right as well."""
    conjunto = parse_xml(SOBRES[canal])[0]
    for dte in conjunto[1:]:
        assert digest(dte[0]) == dte[1].findtext(f".//{{{NS_FIRMA}}}DigestValue")


@pytest.mark.parametrize(
    ("canal", "esquema"), [(Canal.BOLETA, Esquema.ENVIO_BOLETA), (Canal.FACTURA, Esquema.ENVIO_DTE)]
)
def test_an_envelope_obeys_its_schema_and_the_siis_reader(canal: CanalSii, esquema: Esquema) -> None:
    sobre = SOBRES[canal]
    validate_esquema(sobre, esquema)
    lines = sobre.split(b"\n")
    assert lines[0] == b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    assert b'xsi:schemaLocation="http://www.sii.cl/SiiDte Envio' in lines[1]
    assert max(map(len, lines)) < 4000
    assert b"<RutReceptor>60803000-K</RutReceptor>" in sobre
    assert b"<TmstFirmaEnv>2026-02-03T10:15:30</TmstFirmaEnv>" in sobre
    assert sobre.count(b"<?xml") == 1


@pytest.mark.parametrize("canal", CANALES_SII)
def test_an_envelope_is_read_back(canal: CanalSii) -> None:
    leido = read_sobre(SOBRES[canal])
    assert (leido.canal, leido.caratula) == (canal, CARATULA)
    assert leido.firmado == datetime(2026, 2, 3, 10, 15, 30)  # noqa: DTZ001 - local, as written
    assert leido.subtotales == {39 if canal is Canal.BOLETA else 33: 3}
    assert [DECLARACION.encode() + dte for dte in leido.dtes] == FRAGMENTS[canal]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"<NroResol>0<", b"<NroResol>1<"), (b"<MntTotal>1190<", b"<MntTotal>1191<"), (b"</DTE>\n", b"</DTE>\n\n")],
)
def test_no_byte_inside_may_change(old: bytes, new: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-61"):
        verify_firma(SOBRES[Canal.BOLETA].replace(old, new, 1))


def test_documents_may_come_as_fragments() -> None:
    cut = extract_dtes(SOBRES[Canal.BOLETA])
    assert seal(cut) == SOBRES[Canal.BOLETA]


def test_an_envelope_of_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-80"):
        seal([])


@pytest.mark.parametrize(("canal", "most"), [(Canal.BOLETA, 500), (Canal.FACTURA, 2000)])
def test_an_envelope_takes_as_many_as_its_schema(canal: CanalSii, most: int) -> None:
    with pytest.raises(Invalid, match=f"lleva {most + 1} documentos y se admiten {most}"):
        seal([FRAGMENTS[canal][0]] * (most + 1), canal)


def test_a_full_envelope_is_sealed_and_opened() -> None:
    sobre = seal([dte.xml for dte in documents(Canal.BOLETA, 500)])
    assert len(read_sobre(sobre).dtes) == 500
    assert verify_firma(sobre).rut == dte_data.FIRMANTE_RUT


@pytest.mark.parametrize("canal", CANALES_SII)
def test_a_document_of_the_other_channel_is_refused(canal: CanalSii) -> None:
    strange = FRAGMENTS[Canal.FACTURA if canal is Canal.BOLETA else Canal.BOLETA][0]
    with pytest.raises(Invalid, match="POSTA-DTE-82"):
        seal([FRAGMENTS[canal][0], strange], canal)


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-44"):
        seal([b"<DTE/>"])


def test_the_same_document_twice_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-43"):
        seal([FRAGMENTS[Canal.BOLETA][0]] * 2)


def test_an_identifier_that_xml_does_not_allow_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-43"):
        seal(FRAGMENTS[Canal.BOLETA], identificador="1")


BOLETAS = SOBRES[Canal.BOLETA]
NOT_ENVELOPES: dict[str, bytes] = {
    "a document": FRAGMENTS[Canal.BOLETA][0],
    "a root without a set": b"<EnvioDTE/>",
    "a set without a caratula": b"<EnvioDTE><SetDTE/></EnvioDTE>",
    "no issuer": re.sub(rb"<RutEmisor>.*?</RutEmisor>", b"", BOLETAS),
    "no day": BOLETAS.replace(b"<FchResol>2014-08-22", b"<FchResol>ayer"),
    "no moment": BOLETAS.replace(b"<TmstFirmaEnv>2026-02-03T", b"<TmstFirmaEnv>hoy"),
    "no count": BOLETAS.replace(b"<NroDTE>3", b"<NroDTE>tres"),
    "a document with a prefix": BOLETAS.replace(b"<DTE xmlns=", b"<s:DTE xmlns:s=", 1).replace(
        b"</DTE>", b"</s:DTE>", 1
    ),
}


@pytest.mark.parametrize("xml", NOT_ENVELOPES.values(), ids=NOT_ENVELOPES.keys())
def test_what_is_no_envelope_is_refused(xml: bytes) -> None:
    with pytest.raises(Invalid, match=r"POSTA-DTE-(83|44)"):
        read_sobre(xml)


@pytest.mark.parametrize(("old", "new"), [(b"<NroDTE>3", b"<NroDTE>4"), (b"<TpoDTE>39", b"<TpoDTE>41")])
def test_a_miscounted_envelope_is_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-84"):
        read_sobre(BOLETAS.replace(old, new))


def test_what_only_looks_like_a_document_is_not_cut_out() -> None:
    sobre = (
        b"<EnvioDTE><!-- <DTE>no</DTE> --><SetDTE><![CDATA[<DTE>no</DTE>]]><?x <DTE>no</DTE> ?>"
        b'<DTE a=">"><DTEX/>uno</DTE><DTE\n>dos<!-- </DTE> --><![CDATA[</DTE>]]></DTE ></SetDTE></EnvioDTE>'
    )
    assert extract_dtes(sobre) == [
        b'<DTE a=">"><DTEX/>uno</DTE>',
        b"<DTE\n>dos<!-- </DTE> --><![CDATA[</DTE>]]></DTE >",
    ]


def test_documents_in_another_encoding_still_verify() -> None:
    utf8 = BOLETAS.decode(CODIFICACION).replace("ISO-8859-1", "UTF-8").encode("utf-8")
    assert extract_dtes(utf8) == extract_dtes(BOLETAS)
    assert verify_firma(utf8).rut == dte_data.FIRMANTE_RUT


def copy_for_buyer(dtes: list[bytes], caratula: Caratula = CARATULA) -> bytes:
    later = datetime(2026, 2, 3, 15, tzinfo=UTC)
    return sign_copia(dtes, caratula, dte_data.firmante(), ahora=later, id="SetDoc")


def test_the_exchange_copy_goes_to_the_buyer_with_the_same_documents() -> None:
    copia = copy_for_buyer(FRAGMENTS[Canal.FACTURA])
    assert read_sobre(copia).caratula == replace(CARATULA, receptor=dte_data.RECEPTOR_RUT)
    assert read_sobre(copia).dtes == read_sobre(SOBRES[Canal.FACTURA]).dtes
    validate_esquema(copia, Esquema.ENVIO_DTE)
    assert verify_firma(copia).rut == dte_data.FIRMANTE_RUT
    assert isinstance(judge(copia), VerifyResult)


def test_boletas_have_no_exchange_copy() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-88"):
        copy_for_buyer(FRAGMENTS[Canal.BOLETA])
    with pytest.raises(Invalid, match="POSTA-DTE-88"):
        sign_sobre(
            FRAGMENTS[Canal.BOLETA],
            replace(CARATULA, receptor=dte_data.RECEPTOR_RUT),
            dte_data.firmante(),
            canal=Canal.BOLETA,
            ahora=dte_data.AHORA,
            id="SetDoc",
        )


def test_a_copy_is_for_one_buyer() -> None:
    primero, segundo, _ = FRAGMENTS[Canal.FACTURA]
    otro = segundo.replace(dte_data.RECEPTOR_RUT.encode(), b"96874030-K")
    with pytest.raises(Invalid, match=r"Caratula\.RutReceptor: el documento 2 .*POSTA-DTE-87"):
        copy_for_buyer([primero, otro])


def test_a_copy_of_nothing_is_refused() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-80"):
        copy_for_buyer([])


def test_an_envelope_is_of_one_company() -> None:
    primero, segundo, _ = FRAGMENTS[Canal.FACTURA]
    ajeno = segundo.replace(b"<RUTEmisor>" + dte_data.EMISOR_RUT.encode(), b"<RUTEmisor>96874030-K")
    with pytest.raises(Invalid, match=r"Caratula\.RutEmisor: el documento 2 .*POSTA-DTE-85"):
        seal([primero, ajeno], Canal.FACTURA)
    with pytest.raises(Invalid, match="POSTA-DTE-44"):
        seal([segundo.replace(b"RUTEmisor", b"RUT")], Canal.FACTURA)


def test_whoever_signs_an_envelope_is_who_sends_it() -> None:
    with pytest.raises(Invalid, match=r"RutEnvia.*POSTA-DTE-86"):
        copy_for_buyer(FRAGMENTS[Canal.FACTURA], replace(CARATULA, envia=dte_data.RECEPTOR_RUT))
