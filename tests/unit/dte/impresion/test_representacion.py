"""What must be on every printed document, read from the PDF's text and from the page."""

from __future__ import annotations

from datetime import date

import pytest

from shared.dte.impresion import Formato, Resolucion, render_html, render_pdf
from shared.errors import Invalid
from tests.unit.dte.impresion.lectores import draw_pages, read_barcode, read_pages
from tests.unit.dte.impresion.muestras import MUESTRAS, boleta, factura, to_dte, to_sobre

FORMATOS = list(Formato)
RESOLUCION = Resolucion(80, date(2014, 8, 22))
TITULOS = {
    33: "FACTURA ELECTRÓNICA",
    34: "FACTURA NO AFECTA O EXENTA ELECTRÓNICA",
    39: "BOLETA ELECTRÓNICA",
    41: "BOLETA NO AFECTA O EXENTA ELECTRÓNICA",
    43: "LIQUIDACIÓN FACTURA ELECTRÓNICA",
    46: "FACTURA DE COMPRA ELECTRÓNICA",
    52: "GUÍA DE DESPACHO ELECTRÓNICA",
    56: "NOTA DE DÉBITO ELECTRÓNICA",
    61: "NOTA DE CRÉDITO ELECTRÓNICA",
    110: "FACTURA DE EXPORTACIÓN ELECTRÓNICA",
    111: "NOTA DE DÉBITO DE EXPORTACIÓN ELECTRÓNICA",
    112: "NOTA DE CRÉDITO DE EXPORTACIÓN ELECTRÓNICA",
}
PROPIOS = {
    33: ["Monto neto", "IVA 19%", "Orden de compra", "Descuento global", "Vencimiento", "05-03-2026", "Crédito"],
    34: ["Monto exento", "$ 300.000"],
    39: ["Medio de pago", "Pago electrónico", "IVA 19%", "$ 6.090", "Consumidor final"],
    41: ["Monto exento", "$ 300.000"],
    43: ["Comisión por venta", "Comisiones netas", "-$ 10.000", "$ 107.100", "Boleta electrónica"],
    46: ["IVA retenido total 19%", "-$ 1.900", "$ 10.000"],
    52: ["Operación constituye venta", "Patente", "KZXR-21", "José Núñez, 12.345.678-5", "Destino", "10:30"],
    56: ["Nota de crédito electrónica", "Corrige montos", "Diferencia de precio"],
    61: ["Factura electrónica", "118", "01-02-2026", "Anula el documento", "Devolución total"],
    110: ["Total DOLAR USA", "12.492,00", "Total PESO CL", "$ 11.769.338", "942,15", "FOB", "Estados Unidos"],
    111: ["Factura de exportación electrónica", "Total DOLAR USA"],
    112: ["Factura de exportación electrónica", "Anula el documento"],
}
CEDIBLES = {33: "CEDIBLE", 34: "CEDIBLE", 43: "CEDIBLE", 46: "CEDIBLE", 52: "CEDIBLE CON SU FACTURA"}


def read(pdf: bytes) -> str:
    """All the text of a PDF, its lines as one."""
    return " ".join(" ".join(read_pages(pdf)).split())


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("tipo", MUESTRAS)
def test_every_type_shows_what_it_must(tipo: int, formato: Formato) -> None:
    texto = read(render_pdf(to_dte(MUESTRAS[tipo]), formato, resolucion=RESOLUCION))
    folio = MUESTRAS[tipo]["Encabezado"]["IdDoc"]["Folio"]
    for debido in (
        "R.U.T.: 77.123.456-9",
        TITULOS[tipo],
        f"N° {folio}",
        "S.I.I. - ÑUÑOA",
        "Comercial Ñuñoa & Compañía Limitada",
        "3 de febrero de 2026",
        "Timbre Electrónico SII",
        "Res. 80 de 2014",
        "Verifique documento: www.sii.cl",
        *PROPIOS[tipo],
    ):
        assert debido in texto
    assert "CEDIBLE" not in texto


@pytest.mark.parametrize("formato", FORMATOS)
@pytest.mark.parametrize("tipo", MUESTRAS)
def test_only_types_that_can_be_assigned_have_an_assignable_copy(tipo: int, formato: Formato) -> None:
    pdf = read(render_pdf(to_dte(MUESTRAS[tipo]), formato, cedible=True))
    html = render_html(to_dte(MUESTRAS[tipo]), formato, cedible=True)
    palabra = CEDIBLES.get(tipo, "")
    assert palabra in pdf
    assert palabra in html
    assert ("CEDIBLE" in pdf, "CEDIBLE" in html) == (bool(palabra), bool(palabra))
    assert ("CON SU FACTURA" in pdf) == (tipo == 52)
    assert ("Ley 19.983" in pdf, "Ley 19.983" in html) == (bool(palabra), bool(palabra))
    for campo in ("Nombre:", "Recinto:", "Firma:"):
        assert (campo in pdf) == bool(palabra)


def test_the_frame_is_red_and_the_stamp_black() -> None:
    (hoja,) = draw_pages(render_pdf(to_dte(MUESTRAS[33]), Formato.CARTA), ppp=72)
    colores = {color for _, color in hoja.convert("RGB").getcolors(1 << 20) or ()}
    assert (200, 16, 46) in colores
    assert (0, 0, 0) in colores


@pytest.mark.parametrize("medio", ["Efectivo", "Pago electrónico", "Transferencia", "Cheque", "Otro"])
def test_a_boletas_means_of_payment_is_said_in_words(medio: str) -> None:
    codigo = ["Efectivo", "Pago electrónico", "Transferencia", "Cheque", "Otro"].index(medio) + 1
    idoc = {"TipoDTE": 39, "Folio": 1, "FchEmis": "2026-02-03", "IndServicio": 3, "MedioPago": codigo}
    assert f"Medio de pago: {medio}" in read(render_pdf(to_dte(boleta(Encabezado={"IdDoc": idoc})), Formato.ROLLO))


def test_the_same_bytes_give_the_same_pdf() -> None:
    xml = to_dte(MUESTRAS[52])
    uno, otro = (render_pdf(xml, Formato.CARTA, resolucion=RESOLUCION, cedible=True) for _ in range(2))
    assert uno == otro
    assert b"D:20260203101531" in uno


def test_the_resolution_of_a_document_alone_is_number_0_of_the_year_of_its_caf() -> None:
    assert "Res. 0 de 2026 - " in read(render_pdf(to_dte(MUESTRAS[33]), Formato.CARTA))


def test_the_resolution_falls_back_on_the_year_of_the_document() -> None:
    xml = to_dte(MUESTRAS[33]).replace(b"<FA>2026-01-05</FA>", b"").replace(b"2026-02-03<", b"2025-02-03<")
    assert "Res. 0 de 2025 - " in read(render_pdf(xml, Formato.CARTA))


def test_the_resolution_falls_back_on_2000_where_no_date_can_be_read() -> None:
    xml = to_dte(MUESTRAS[33]).replace(b"<FA>2026-01-05</FA>", b"").replace(b"2026-02-03<", b"ayer<")
    assert "Res. 0 de 2000 - " in read(render_pdf(xml.replace(b"2026-02-03T10:15:31", b"ayer"), Formato.CARTA))


def test_the_resolution_of_an_envelopes_documents_is_the_envelopes() -> None:
    sobre = to_sobre(to_dte(MUESTRAS[33]))
    assert "Res. 80 de 2014 - " in read(render_pdf(sobre, Formato.CARTA))
    assert "Res. 7 de 2020 - " in read(render_pdf(sobre, Formato.CARTA, resolucion=Resolucion(7, date(2020, 1, 1))))


@pytest.mark.parametrize("otra", [b"<NroResol>x</NroResol>", b"<NroResol>1234567890</NroResol>", b""])
def test_a_resolution_that_cannot_be_read_is_left_to_the_documents(otra: bytes) -> None:
    sobre = to_sobre(to_dte(MUESTRAS[33])).replace(b"<NroResol>80</NroResol>", otra)
    assert "Res. 0 de 2026 - " in read(render_pdf(sobre, Formato.CARTA))


@pytest.mark.parametrize(("raiz", "tipos"), [("EnvioDTE", (33, 61, 52)), ("EnvioBOLETA", (39, 41))])
def test_an_envelope_is_printed_document_after_document(raiz: str, tipos: tuple[int, ...]) -> None:
    dtes = [to_dte(MUESTRAS[tipo]) for tipo in tipos]
    pdf = render_pdf(to_sobre(*dtes, raiz=raiz), Formato.CARTA)
    paginas = read_pages(pdf)
    assert len(paginas) == len(tipos)
    for tipo, pagina, imagen in zip(tipos, paginas, draw_pages(pdf), strict=True):
        assert f"{TITULOS[tipo]} N° " in " ".join(pagina.split())
        assert "Página 1 de 1" in pagina
        assert f"<TD>{tipo}</TD>".encode() in read_barcode(imagen).bytes


def test_an_empty_envelope_is_refused() -> None:
    with pytest.raises(Invalid, match="no lleva documentos"):
        render_pdf(to_sobre(), Formato.CARTA)


def test_the_office_can_be_given() -> None:
    texto = read(render_pdf(to_dte(MUESTRAS[33]), Formato.CARTA, oficina="Santiago  oriente\n"))
    assert "S.I.I. - SANTIAGO ORIENTE" in texto


@pytest.mark.parametrize(
    ("xml", "motivo"),
    [
        (b"no es XML", "no se puede leer"),
        (b"<otra/>", "se espera <DTE>"),
        (b"<DTE><Otro/></DTE>", "se espera <DTE>"),
        (b"<DTE><Documento/></DTE>", "falta IdDoc/TipoDTE"),
        (to_dte(factura()).replace(b"<TipoDTE>33<", b"<TipoDTE>35<"), "el tipo 35 no es un documento que se imprima"),
        (to_dte(factura()).replace(b"<TipoDTE>33<", b"<TipoDTE>x<"), "el tipo x no es"),
        (to_dte(factura()).replace(b"<RUTEmisor>77123456-9</RUTEmisor>", b""), "falta Emisor/RUTEmisor"),
        (to_dte(factura()).replace(b"<Folio>12345</Folio>", b""), "falta IdDoc/Folio"),
        (to_dte(factura()).replace(b"TED", b"DET"), "se espera un TED y hay 0"),
    ],
)
def test_what_is_no_signed_document_is_refused(xml: bytes, motivo: str) -> None:
    for render in (render_pdf, render_html):
        with pytest.raises(Invalid) as info:
            render(xml, Formato.CARTA)
        assert motivo in str(info.value)
