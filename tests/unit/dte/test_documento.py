"""Signed documents: byte form, golden copies, and the round trip from JSON to XML and back."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.dte.caf import CafAbierto
from shared.dte.documento import DteFirmado, complete_venta, read_dte, sign_documento
from shared.dte.esquema import Esquema, esquema_for, validate_esquema
from shared.dte.firma import extract_dtes, verify_firma
from shared.dte.modelo import Venta, parse_venta
from shared.dte.moneda import to_pesos
from shared.dte.relectura import read_venta
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, sign_sobre
from shared.dte.ted import cut_ted, verify_ted
from shared.dte.tipos import Canal, TipoDte
from shared.dte.xml import CODIFICACION, find_texto
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte import golden
from tests.unit.dte.test_texto import ANY_TEXT
from tests.ventas import venta_de

CARATULA = Caratula(dte_data.EMISOR_RUT, dte_data.FIRMANTE_RUT, RUT_SII, date(2014, 8, 22), 0)
TWO = [
    pytest.param(venta_boleta(), TipoDte.BOLETA, id="boleta"),
    pytest.param(venta_factura(), TipoDte.FACTURA, id="factura"),
]


def complete(datos: dict[str, Any]) -> Venta:
    return complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)


def sign(
    datos: dict[str, Any], folio: int = 7, caf: CafAbierto | None = None, ahora: datetime = dte_data.AHORA
) -> DteFirmado:
    venta = complete(datos)
    caf = caf or dte_data.make_caf(venta.Encabezado.IdDoc.TipoDTE)
    return sign_documento(venta, folio=folio, caf=caf, firmante=dte_data.firmante(), ahora=ahora)


@pytest.mark.parametrize("nombre", golden.SALES)
def test_a_golden_document_comes_out_as_it_was(nombre: str) -> None:
    kept = golden.path_of(nombre).read_text(encoding=CODIFICACION)
    assert golden.write(nombre) == kept, "if this is meant: python -m tests.unit.dte.golden --update"


def test_no_golden_document_is_left_over() -> None:
    assert {path.stem for path in golden.FOLDER.glob("*.xml")} == set(golden.SALES)


@pytest.mark.parametrize("nombre", golden.SALES)
def test_every_golden_sale_is_valid_signed_and_stamped(nombre: str) -> None:
    signed = sign(golden.SALES[nombre])
    validate_esquema(signed.xml, esquema_for(signed.tipo))
    assert verify_firma(signed.xml).rut == dte_data.FIRMANTE_RUT
    datos, caf = verify_ted(signed.ted)
    leido = read_dte(signed.xml)
    assert (datos.emisor, datos.tipo, datos.folio, datos.fecha) == (leido.emisor, leido.tipo, leido.folio, leido.fecha)
    assert (datos.receptor, to_pesos(datos.monto), caf.emisor) == (leido.receptor, leido.monto, leido.emisor)


@pytest.mark.parametrize("nombre", golden.SALES)
def test_every_golden_document_is_valid_inside_of_its_envelope(nombre: str) -> None:
    signed = sign(golden.SALES[nombre])
    canal = signed.tipo.canal
    sobre = sign_sobre([signed.xml], CARATULA, dte_data.firmante(), canal=canal, ahora=dte_data.AHORA, id="SetDoc")
    validate_esquema(sobre, Esquema.ENVIO_BOLETA if canal is Canal.BOLETA else Esquema.ENVIO_DTE)
    (fragmento,) = extract_dtes(sobre)
    assert verify_firma(fragmento).rut == dte_data.FIRMANTE_RUT
    assert read_dte(fragmento).folio == 7


@pytest.mark.parametrize("nombre", golden.SALES)
def test_every_golden_document_is_read_back_as_the_sale_that_it_was(nombre: str) -> None:
    venta = complete(golden.SALES[nombre])
    leida = read_venta(sign(golden.SALES[nombre]).xml)
    id_doc = leida.Encabezado.IdDoc.model_copy(update={"Folio": None})
    assert leida.model_copy(update={"Encabezado": leida.Encabezado.model_copy(update={"IdDoc": id_doc})}) == venta
    assert complete_venta(venta, dte_data.EMISOR, fecha=dte_data.FECHA) == venta


@pytest.mark.parametrize(("datos", "tipo"), TWO)
def test_the_file_has_the_form_that_the_siis_reader_wants(datos: dict[str, Any], tipo: TipoDte) -> None:
    signed = sign(datos)
    lines = signed.xml.split(b"\n")
    assert lines[0] == b'<?xml version="1.0" encoding="ISO-8859-1"?>'
    assert lines[1] == (
        b'<DTE xmlns="http://www.sii.cl/SiiDte" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="1.0">'
    )
    assert lines[2] == f'<Documento ID="T{tipo:d}F7">'.encode()
    assert max(map(len, lines)) < 1000
    assert b"\r" not in signed.xml
    assert signed.xml.count(b"<Transform ") == 1
    assert signed.xml.index(b"<KeyValue>") < signed.xml.index(b"<X509Data>")
    assert signed.sha256 == hashlib.sha256(signed.xml).hexdigest()
    assert signed.ted in signed.xml.decode(CODIFICACION)


@pytest.mark.parametrize(("datos", "tipo"), TWO)
def test_what_identifies_a_document_is_read_back_from_its_bytes(datos: dict[str, Any], tipo: TipoDte) -> None:
    signed = sign(datos)
    leido = read_dte(signed.xml)
    assert (leido.emisor, leido.tipo, leido.folio) == (dte_data.EMISOR_RUT, tipo, 7)
    for campo in ("emisor", "tipo", "folio", "receptor", "fecha", "monto", "ted"):
        assert getattr(leido, campo) == getattr(signed, campo)


def test_times_are_written_as_chilean_wall_clock() -> None:
    summer, winter = sign(venta_boleta()), sign(venta_boleta(), ahora=datetime(2026, 7, 1, 2, 30, 59, 999999, UTC))
    assert b"<TmstFirma>2026-02-03T10:15:30</TmstFirma>" in summer.xml
    assert b"<TmstFirma>2026-06-30T22:30:59</TmstFirma>" in winter.xml
    assert "<TSTED>2026-06-30T22:30:59</TSTED>" in winter.ted


def test_a_date_that_is_given_is_kept() -> None:
    datos = venta_boleta(Encabezado={"IdDoc": {"TipoDTE": 39, "FchEmis": "2026-01-31"}})
    assert sign(datos).fecha == date(2026, 1, 31)


def test_the_issuer_is_filled_up_from_the_companys_record() -> None:
    datos = venta_factura()
    datos["Encabezado"]["Emisor"] = {"GiroEmis": "Otro giro", "Sucursal": "Norte"}
    emisor = complete(datos).Encabezado.Emisor
    assert emisor is not None
    assert emisor.model_dump(exclude_none=True, exclude_defaults=True) == {
        "RUTEmisor": dte_data.EMISOR_RUT,
        "RznSoc": "Comercial Ñuñoa SpA",
        "GiroEmis": "Otro giro",
        "Acteco": (471990,),
        "Sucursal": "Norte",
        "DirOrigen": "Calle Uno 123",
        "CmnaOrigen": "Santiago",
        "CiudadOrigen": "Santiago",
    }


def test_a_shops_address_is_not_mixed_with_the_head_offices() -> None:
    datos = venta_boleta()
    datos["Encabezado"]["Emisor"] = {"DirOrigen": "Local 5", "CmnaOrigen": "Arica"}
    emisor = complete(datos).Encabezado.Emisor
    assert emisor is not None
    assert (emisor.DirOrigen, emisor.CmnaOrigen, emisor.CiudadOrigen) == ("Local 5", "Arica", None)


INCOMPLETE = [
    ({}, "Encabezado.IdDoc.FchEmis"),
    ({"IdDoc": {"TipoDTE": 39, "FchEmis": "2026-02-03"}}, "Encabezado.Emisor.RUTEmisor"),
    (
        {"IdDoc": {"TipoDTE": 39, "FchEmis": "2026-02-03"}, "Emisor": {"RUTEmisor": dte_data.EMISOR_RUT}},
        "Encabezado.Totales.MntTotal",
    ),
]


@pytest.mark.parametrize(("encabezado", "ruta"), INCOMPLETE)
def test_an_incomplete_sale_is_not_signed(encabezado: dict[str, Any], ruta: str) -> None:
    venta = parse_venta(venta_boleta(Encabezado={"IdDoc": {"TipoDTE": 39}, **encabezado}))
    with pytest.raises(Invalid) as caught:
        sign_documento(venta, folio=7, caf=dte_data.make_caf(), firmante=dte_data.firmante(), ahora=dte_data.AHORA)
    assert [(falla.ruta, falla.codigo) for falla in caught.value.fallas] == [(ruta, "POSTA-DTE-35")]


def test_a_folio_outside_the_caf_is_not_signed() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-56"):
        sign(venta_boleta(), folio=101)


def test_nothing_is_signed_with_an_expired_certificate() -> None:
    after = datetime(2040, 1, 1, tzinfo=UTC)
    with pytest.raises(Invalid, match="POSTA-DTE-74"):
        sign(venta_boleta(), ahora=after)


def test_an_expired_caf_signs_no_factura() -> None:
    with pytest.raises(Invalid, match="POSTA-DTE-58"):
        sign(venta_factura(), ahora=datetime(2026, 7, 5, 12, tzinfo=UTC))


def test_a_line_of_quotes_only_has_a_stamp_all_the_same() -> None:
    signed = sign(venta_factura(Detalle={"NmbItem": '"\'"', "PrcItem": 10}))
    assert "<IT1>-</IT1>" in signed.ted


def test_the_longest_document_keeps_its_lines_short() -> None:
    linea = {"NmbItem": "&" * 80, "DscItem": "<" * 1000, "PrcItem": 1}
    signed = sign(venta_boleta(Detalle=[linea] * 1000))
    assert max(map(len, signed.xml.split(b"\n"))) < 4000
    assert read_dte(signed.xml).monto == 1000
    assert verify_firma(signed.xml).elemento.get("ID") == "T39F7"


def test_a_document_that_is_too_large_to_send_is_refused() -> None:
    codigos = [{"TpoCodigo": "&" * 10, "VlrCodigo": "&" * 35}] * 5
    linea = {"NmbItem": "&" * 80, "DscItem": "<" * 1000, "PrcItem": 1, "CdgItem": codigos}
    with pytest.raises(Invalid, match="POSTA-DTE-41"):
        sign(venta_boleta(Detalle=[linea] * 1000))


@pytest.mark.parametrize("tipo", TipoDte)
def test_the_longest_document_of_every_kind_keeps_its_lines_short(tipo: TipoDte) -> None:
    datos = venta_de(tipo)
    detalle = datos["Detalle"]
    primera = detalle[0] if isinstance(detalle, list) else detalle
    lineas = 1000 if tipo.canal is Canal.BOLETA else 60
    datos["Detalle"] = [{**primera, "NmbItem": "&" * 80, "DscItem": "<" * 1000}] * lineas
    datos["Encabezado"].setdefault("Receptor", {"RUTRecep": dte_data.RECEPTOR_RUT})["RznSocRecep"] = "&'\"" * 50
    datos["SubTotInfo"] = [{"GlosaSTI": "&" * 40}] * 20
    signed = sign(datos)
    assert max(map(len, signed.xml.split(b"\n"))) < 4000
    assert "'" not in signed.ted
    assert verify_firma(signed.xml).elemento.get("ID") == f"T{tipo:d}F7"
    verify_ted(signed.ted)


@settings(max_examples=60)
@given(st.sampled_from(list(TipoDte)), ANY_TEXT, ANY_TEXT)
def test_any_text_in_any_kind_of_document_is_read_back_as_it_was_cleaned(
    tipo: TipoDte, nombre: str, razon: str
) -> None:
    datos = venta_de(tipo)
    detalle = datos["Detalle"]
    primera = detalle[0] if isinstance(detalle, list) else detalle
    datos["Detalle"] = [{**primera, "NmbItem": f"x{nombre}"}]
    datos["Encabezado"].setdefault("Receptor", {"RUTRecep": dte_data.RECEPTOR_RUT})["RznSocRecep"] = f"x{razon}"
    venta, signed = complete(datos), sign(datos)
    leida = read_venta(signed.xml)
    assert leida.Detalle == venta.Detalle
    assert leida.Encabezado.Receptor == venta.Encabezado.Receptor
    verify_ted(signed.ted)


@settings(max_examples=40)
@given(ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_that_a_cashier_types_ends_in_a_valid_document(nombre: str, detalle: str, receptor: str) -> None:
    datos = venta_factura(Detalle={"NmbItem": f"x{nombre}", "DscItem": detalle, "PrcItem": 990})
    datos["Encabezado"]["Receptor"]["RznSocRecep"] = f"x{receptor}"
    venta = complete(datos)
    signed = sign(datos)
    firmado = verify_firma(signed.xml)
    verify_ted(signed.ted)
    assert cut_ted(signed.xml) == signed.ted
    assert max(map(len, signed.xml.split(b"\n"))) < 4000
    assert find_texto(firmado.elemento, "Detalle/NmbItem") == venta.Detalle[0].NmbItem
    assert find_texto(firmado.elemento, "Detalle/DscItem") == venta.Detalle[0].DscItem


def test_threads_sign_at_once_and_get_the_same_documents() -> None:
    caf = dte_data.make_caf()
    with ThreadPoolExecutor(4) as threads:
        signed = list(threads.map(lambda folio: sign(venta_boleta(), folio, caf), range(1, 41)))
    assert [dte.folio for dte in signed] == list(range(1, 41))
    assert [dte.sha256 for dte in signed] == [sign(venta_boleta(), folio, caf).sha256 for folio in range(1, 41)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<TipoDTE>39", "<TipoDTE>12"),
        ("<Folio>7", "<Folio>siete"),
        ("<FchEmis>2026-02-03", "<FchEmis>hoy"),
        ("<MntTotal>1190", "<MntTotal>"),
    ],
)
def test_a_document_with_unreadable_facts_is_refused(old: str, new: str) -> None:
    xml = sign(venta_boleta()).xml.replace(old.encode(), new.encode(), 1)
    with pytest.raises(Invalid, match="POSTA-DTE-44"):
        read_dte(xml)


def test_an_element_that_turns_out_empty_is_not_written() -> None:
    datos = venta_factura(GeoRefEmision=None)
    datos["Encabezado"]["Transporte"] = {"Patente": " ", "Aduana": {"Booking": ""}}
    xml = sign(datos).xml
    assert b"Transporte" not in xml
    assert b"Aduana" not in xml
