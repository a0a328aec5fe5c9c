"""What each field of the XML becomes: words, figures and their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from shared.dte.impresion.glosas import CORRECCIONES, DESPACHOS, DOCUMENTOS, FORMAS_PAGO, TRASLADOS
from shared.dte.impresion.lectura import read_vista
from shared.dte.impresion.vista import Dato, Referencia, Vista
from tests.unit.dte.impresion.muestras import (
    ADUANA,
    EMISOR,
    MUESTRAS,
    RECEPTOR,
    Json,
    boleta,
    exportacion,
    factura,
    to_dte,
)


def see(documento: Json) -> Vista:
    return read_vista(to_dte(documento))


def as_dict(datos: Sequence[Dato]) -> Mapping[str, str]:
    return {dato.nombre: dato.valor for dato in datos}


def with_idoc(tipo: int = 33, **campos: Any) -> Mapping[str, str]:
    """The terms of a document whose IdDoc says that."""
    idoc = {"TipoDTE": tipo, "Folio": 1, "FchEmis": "2026-02-03", **campos}
    documento = dict(MUESTRAS[tipo])
    documento["Encabezado"] = documento["Encabezado"] | {"IdDoc": idoc}
    return as_dict(see(documento).condiciones)


def test_a_document_is_named_by_its_type_and_folio() -> None:
    vista = see(MUESTRAS[61])
    assert vista.nombre == "NOTA DE CRÉDITO ELECTRÓNICA N° 12345"
    assert vista.momento == datetime(2026, 2, 3, 10, 15, 31)  # noqa: DTZ001


def test_the_issuer_is_shown_with_all_that_it_says() -> None:
    emisor = EMISOR | {"RznSocProveedor": "Quien provee", "RUTProveedor": "11111111-1", "IdAdicEmisor": "X-1"}
    vista = see(factura(Encabezado={"Emisor": emisor}))
    assert vista.rut == "77.123.456-9"
    assert vista.emisor == "Comercial Ñuñoa & Compañía Limitada"
    assert vista.emisor_datos == (
        "Venta al por menor de artículos de ferretería y materiales de construcción",
        "Av. Irarrázaval 3550, local 12, Ñuñoa, Santiago",
        "Sucursal: Local Plaza Ñuñoa (código 81234567)",
        "+56 2 2345 6789 - +56 9 8765 4321 - ventas@nunoa.example",
        "Proveedor: Quien provee, 11.111.111-1",
        "X-1",
    )


def test_an_issuer_that_says_little_leaves_no_empty_lines() -> None:
    vista = see(factura(Encabezado={"Emisor": {"RUTEmisor": "77123456-9", "CdgSIISucur": 12}}))
    assert vista.emisor_datos == ("Sucursal: (código 12)",)
    assert vista.oficina == ""


def test_the_buyer_is_shown_with_all_that_it_says() -> None:
    receptor = RECEPTOR | {
        "CdgIntRecep": "C-9",
        "Extranjero": {"NumId": "AB1", "Nacionalidad": 224, "TipoDocID": 1, "IdAdicRecep": "Z"},
        "DirPostal": "Casilla 1",
        "CmnaPostal": "Arica",
    }
    datos = as_dict(
        see(
            factura(
                Encabezado={"Receptor": receptor, "RUTMandante": "11111111-1", "RUTSolicita": "12345678-5"},
            )
        ).receptor
    )
    assert datos == {
        "Señor(es)": "Constructora Los Álamos del Maipo SpA",
        "R.U.T.": "76.987.654-5",
        "Giro": "Construcción de edificios",
        "Dirección": "Camino a Lonquén 1500, bodega 4",
        "Comuna": "Maipú",
        "Ciudad": "Santiago",
        "Contacto": "Íñigo Muñoz",
        "Correo": "compras@alamos.example",
        "Código": "C-9",
        "Dir. postal": "Casilla 1, Arica",
        "Pasaporte": "AB1",
        "Nacionalidad": "Argentina",
        "Id. adicional": "Z",
        "Mandante": "11.111.111-1",
        "Solicita": "12.345.678-5",
    }


def test_an_anonymous_buyer_is_called_consumer() -> None:
    assert as_dict(see(MUESTRAS[39]).receptor) == {"Señor(es)": "Consumidor final", "R.U.T.": "66.666.666-6"}


def test_a_buyer_without_a_name_gets_none() -> None:
    vista = see(boleta(Encabezado={"Receptor": {"RUTRecep": "76987654-5", "TelefonoRecep": "+56 9"}}))
    assert as_dict(vista.receptor) == {"R.U.T.": "76.987.654-5", "Teléfono": "+56 9"}


@pytest.mark.parametrize(("codigo", "glosa"), FORMAS_PAGO.items())
def test_the_form_of_payment_is_said_in_words(codigo: str, glosa: str) -> None:
    assert with_idoc(FmaPago=codigo)["Forma de pago"] == glosa


@pytest.mark.parametrize(("codigo", "glosa"), TRASLADOS.items())
def test_the_kind_of_transfer_is_said_in_words(codigo: str, glosa: str) -> None:
    assert with_idoc(52, IndTraslado=codigo)["Traslado"] == glosa


@pytest.mark.parametrize(("codigo", "glosa"), DESPACHOS.items())
def test_who_delivers_is_said_in_words(codigo: str, glosa: str) -> None:
    assert with_idoc(52, TipoDespacho=codigo)["Despacho"] == glosa


@pytest.mark.parametrize(
    ("tipo", "campos", "dicho"),
    [
        (33, {"MedioPago": "TC"}, {"Medio de pago": "Tarjeta"}),
        (39, {"MedioPago": 4}, {"Medio de pago": "Cheque"}),
        (33, {"TermPagoGlosa": "30 y 60 días"}, {"Condiciones": "30 y 60 días"}),
        (33, {"TermPagoCdg": "C30", "TermPagoDias": 30}, {"Condiciones": "C30 - 30 días"}),
        (
            33,
            {"TpoCtaPago": "CORRIENTE", "NumCtaPago": "123", "BcoPago": "Banco X"},
            {"Cuenta": "Cuenta corriente 123 Banco X"},
        ),
        (33, {"FchVenc": "2026-03-05"}, {"Vencimiento": "05-03-2026"}),
        (39, {"PeriodoDesde": "2026-01-01", "PeriodoHasta": "2026-01-31"}, {"Período": "01-01-2026 al 31-01-2026"}),
        (33, {"PeriodoDesde": "2026-01-01"}, {"Período": "01-01-2026"}),
        (
            33,
            {"FchCancel": "2026-02-04", "MntCancel": 100, "SaldoInsol": 50},
            {"Cancelado": "04-02-2026", "Monto cancelado": "$ 100", "Saldo insoluto": "$ 50"},
        ),
        (33, {"IndServicio": 1}, {"Servicio": "Servicios periódicos domiciliarios"}),
        (39, {"IndServicio": 1}, {"Servicio": "Servicios periódicos"}),
        (39, {"IndServicio": 3}, {}),
        (110, {"IndServicio": 3}, {"Servicio": "Servicios calificados por Aduana"}),
        (110, {"FmaPagExp": 32}, {"Pago exportación": "Pago anticipado a la fecha de embarque"}),
        (33, {"FmaPago": "9"}, {"Forma de pago": "9"}),
    ],
)
def test_the_terms_are_said_in_words(tipo: int, campos: Json, dicho: Mapping[str, str]) -> None:
    condiciones = dict(with_idoc(tipo, **campos))
    assert condiciones.pop("Fecha de emisión") == "3 de febrero de 2026"
    condiciones.pop("Vendedor", None)
    assert condiciones == dicho


@pytest.mark.parametrize(("codigo", "glosa"), DOCUMENTOS.items())
def test_a_referenced_document_is_named(codigo: str, glosa: str) -> None:
    (referencia,) = see(factura(Referencia={"TpoDocRef": codigo, "FolioRef": "A1", "FchRef": "2026-01-02"})).referencias
    assert referencia == Referencia(glosa, "A1", "02-01-2026", "")


@pytest.mark.parametrize(("codigo", "glosa"), CORRECCIONES.items())
def test_what_a_note_does_to_its_document_is_said_in_words(codigo: str, glosa: str) -> None:
    referencia = {"TpoDocRef": 33, "FolioRef": 1, "FchRef": "2026-01-02", "CodRef": codigo, "RazonRef": "Porque sí"}
    assert see(factura(61, Referencia=referencia)).referencias[0].motivo == f"{glosa} - Porque sí"


def test_a_boletas_reference_names_till_and_seller() -> None:
    (referencia,) = see(
        boleta(Referencia={"CodRef": "SET", "RazonRef": "CASO-1", "CodVndor": "V1", "CodCaja": 3})
    ).referencias
    assert referencia == Referencia("", "", "", "SET - CASO-1 - vendedor V1 - caja 3")
    assert referencia.resumen == "SET - CASO-1 - vendedor V1 - caja 3"


def test_a_reference_to_many_documents_of_another_issuer_says_so() -> None:
    referencia = {"TpoDocRef": "XYZ", "IndGlobal": 1, "FolioRef": 0, "RUTOtr": "11111111-1", "FchRef": "2026-01-31"}
    (vista,) = see(factura(Referencia=referencia)).referencias
    assert vista == Referencia("XYZ", "Varios", "31-01-2026", "emitido por 11.111.111-1")
    assert vista.resumen == "XYZ N° Varios, del 31-01-2026, emitido por 11.111.111-1"


def test_transport_says_from_where_to_where_by_whom_and_when() -> None:
    (grupo,) = see(MUESTRAS[52]).grupos
    assert grupo.titulo == "Transporte"
    assert as_dict(grupo.datos) == {
        "Origen": "Av. Irarrázaval 3550, local 12, Ñuñoa, Santiago",
        "Destino": "Camino a Lonquén 1500, bodega 4, Maipú",
        "Salida": "03-02-2026 10:30:00",
        "Llegada": "03-02-2026",
        "Transportista": "77.123.456-9",
        "Chofer": "José Núñez, 12.345.678-5",
        "Patente": "KZXR-21",
        "Patente carro": "JB1234",
    }


def test_customs_codes_are_said_in_words() -> None:
    venta, carga = see(MUESTRAS[110]).grupos
    assert as_dict(venta.datos) == {
        "Modalidad": "A firme",
        "Cláusula": "FOB 12.500,50",
        "Vía": "Marítima, fluvial y lacustre",
        "Transporte": "MSC Valparaíso",
        "Compañía": "Naviera del Pacífico",
        "Booking": "BK-77812",
        "Embarque": "Valparaíso, código 905",
        "Desembarque": "código 135",
        "Recibe": "Estados Unidos",
        "Destino final": "Estados Unidos",
        "Flete": "1.800,00",
        "Seguro": "150,50",
    }
    assert as_dict(carga.datos) == {
        "Peso bruto": "21.500 KN",
        "Peso neto": "20.000 KN",
        "Total de bultos": "1.200",
        "Bultos": "1.200 del tipo 22, VIÑA, contenedor: MSCU1234567, sello: S-9",
    }


def test_a_clause_without_its_code_is_its_amount() -> None:
    aduana = {"TotClauVenta": "10.5", "Tara": 7, "CodUnidMedTara": 6, "TotItems": 3}
    documento = exportacion()
    documento["Encabezado"] = documento["Encabezado"] | {"Transporte": {"Aduana": aduana}}
    venta, carga = see(documento).grupos
    assert as_dict(venta.datos) == {"Cláusula": "10,50"}
    assert as_dict(carga.datos) == {"Tara": "7 KN", "Ítems": "3"}


def test_goods_sent_for_export_name_who_sends_them() -> None:
    guia = {"CdgTraslado": 1, "FolioAut": 33, "FchAut": "2026-01-15"}
    (grupo,) = see(factura(52, Encabezado={"Emisor": EMISOR | {"GuiaExport": guia}})).grupos
    assert grupo.titulo == "Traslado para exportación"
    assert as_dict(grupo.datos) == {"Traslada": "Exportador", "Autorización": "33", "Fecha": "15-01-2026"}


def test_wood_says_where_it_was_cut() -> None:
    madera = {
        "ComunaRolOrigen": 8105,
        "MnzRolOrigen": 12,
        "PrdRolOrigen": 3,
        "ComunaRolDestino": 8101,
        "CodPlanConaf": "PM-77",
        "AvisoEjecucionFaena": "AV-1",
        "LatitudOrigenMadera": "-37.1",
        "LongitudOrigenMadera": "-72.9",
    }
    (grupo,) = see(factura(52, ManejoMadera=madera)).grupos
    assert as_dict(grupo.datos) == {
        "Rol origen": "8105-12-3",
        "Rol destino": "8101",
        "Plan CONAF": "PM-77",
        "Aviso de faena": "AV-1",
        "Origen": "-37.1, -72.9",
    }


def test_programmed_payments_are_listed() -> None:
    idoc = MUESTRAS[33]["Encabezado"]["IdDoc"] | {
        "MntPagos": [
            {"FchPago": "2026-03-01", "MntPago": 100, "GlosaPagos": "Cuota 1"},
            {"FchPago": "2026-04-01", "MntPago": 200},
        ]
    }
    (grupo,) = see(factura(Encabezado={"IdDoc": idoc})).grupos
    assert grupo.datos == (Dato("01-03-2026", "$ 100 - Cuota 1"), Dato("01-04-2026", "$ 200"))


def test_a_document_with_customs_data_alone_has_no_place_of_origin() -> None:
    documento = factura(52, Encabezado={"Transporte": {"Aduana": ADUANA}})
    assert [grupo.titulo for grupo in see(documento).grupos] == ["Exportación", "Carga"]


@pytest.mark.parametrize(
    ("campo", "texto"),
    [
        ({"MntBruto": 1}, "Los valores del detalle incluyen el IVA."),
        ({"IndMntNeto": 2}, "Los valores del detalle no incluyen el IVA."),
        ({"IndNoRebaja": 1}, "Nota de crédito sin derecho a rebajar el débito fiscal."),
        ({"TipoFactEsp": 1}, "Factura a turista extranjero."),
    ],
)
def test_indicators_that_change_what_a_document_is_worth_are_said(campo: Json, texto: str) -> None:
    idoc = {"TipoDTE": 33, "Folio": 1, "FchEmis": "2026-02-03", **campo}
    assert see(factura(Encabezado={"IdDoc": idoc})).observaciones == (texto,)


def test_the_place_of_issue_is_said() -> None:
    lugar = {"LatitudEmision": "-33.45", "LongitudEmision": "-70.66", "SistemaReferencia": 1}
    assert see(factura(GeoRefEmision=lugar)).observaciones == ("Emitido en -33.45, -70.66.",)
