"""Each answer of the status services, and what it says about an envelope or a document."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.causa import Causa
from shared.dte.consulta import (
    read_estado_dte,
    read_estado_dte_boleta,
    read_estado_envio,
    read_estado_envio_boleta,
)
from shared.dte.estado import Estado
from shared.dte.veredicto import (
    ConsultaBloqueada,
    ConsultaDte,
    ConsultaEnvio,
    Contador,
    Detalle,
    Distinto,
    EnProceso,
    EnvioRechazado,
    FolioInvalido,
    NoRecibido,
    Perdido,
    Procesado,
    Registrado,
    SinVeredicto,
    TokenVencido,
    Veredicto,
    count_unexplained,
    find_repetidos,
    settle_documentos,
    settle_registrados,
)
from tests.unit.test_respuesta import respuesta, soap

G = "<GLOSA>g</GLOSA>"


def est_up(estado: str, body: str = "", more: str = "") -> bytes:
    return soap("getEstUp", respuesta(f"<TRACKID>1</TRACKID><ESTADO>{estado}</ESTADO>{G}{more}", body))


SHARED: list[tuple[str, ConsultaEnvio]] = [
    *((code, EnProceso(code, "g")) for code in ("REC", "SOK", "CRT", "FOK", "PDR", "PRD", "PEN")),
    *((code, Procesado(code)) for code in ("EPR", "RPR", "RLV")),
    ("RSC", EnvioRechazado(Causa.ESQUEMA, "RSC", "g")),
    ("RFR", EnvioRechazado(Causa.FIRMA, "RFR", "g")),
    ("RCT", EnvioRechazado(Causa.CARATULA, "RCT", "g")),
    *((code, EnvioRechazado(Causa.CONTENIDO, code, "g", registrado=True)) for code in ("RCH", "RCO", "RDC")),
    ("RPT", EnvioRechazado(Causa.REPETIDO, "RPT", "g", registrado=True)),
    ("VOF", Perdido("VOF", "g")),
    ("XYZ", EnProceso("XYZ", "g", desconocido=True)),
    ("LOK", EnProceso("LOK", "g", desconocido=True)),
    ("", EnProceso("", "g", desconocido=True)),
]

SOAP_ONLY: list[tuple[str, ConsultaEnvio]] = [
    *((code, TokenVencido(code)) for code in ("001", "002", "003")),
    *((code, ConsultaBloqueada(Causa.SIN_PERMISO, code, "g")) for code in ("-3", "-6", "-10", "-13", "106")),
    *(
        (code, SinVeredicto(Causa.SERVICIO, code, "g"))
        for code in ("-1", "-2", "-4", "-5", "-7", "-8", "-9", "-12", "-14", "107")
    ),
]


@pytest.mark.parametrize(("estado", "expected"), SHARED + SOAP_ONLY)
def test_each_state_of_an_envelope_is_understood(estado: str, expected: ConsultaEnvio) -> None:
    assert read_estado_envio(200, est_up(estado)) == expected


def test_an_envelope_not_yet_available_is_in_process_and_one_of_another_company_is_not() -> None:
    assert read_estado_envio(200, est_up("-11", more="<ERR_CODE>2</ERR_CODE>")) == EnProceso("-11", "g")
    wrong = read_estado_envio(200, est_up("-11", more="<ERR_CODE>1</ERR_CODE>"))
    assert wrong == ConsultaBloqueada(Causa.SIN_PERMISO, "-11", "g")


@pytest.mark.parametrize(("estado", "expected"), SHARED)
def test_the_rest_service_uses_the_same_states(estado: str, expected: ConsultaEnvio) -> None:
    consulta = read_estado_envio_boleta(200, json.dumps({"trackid": 1, "estado": estado}).encode())
    assert type(consulta) is type(expected)
    assert getattr(consulta, "codigo", None) == estado


def test_the_counters_are_flat_siblings_for_each_type() -> None:
    def counters(tipo: int, *cifras: object) -> str:
        nombres = ("INFORMADOS", "ACEPTADOS", "RECHAZADOS", "REPAROS")
        valores = "".join(f"<{n}>{c}</{n}>" for n, c in zip(nombres, cifras, strict=True))
        return f"<TIPO_DOCTO>{tipo}</TIPO_DOCTO>{valores}"

    body = counters(33, 3, 1, 1, 1) + counters(56, 1, 1, 0, 0) + counters(61, 1, 1, "", 0)
    expected = (Contador(33, 3, 1, 1, 1), Contador(56, 1, 1, 0, 0))
    assert read_estado_envio(200, est_up("EPR", body)) == Procesado("EPR", expected)
    assert read_estado_envio(200, est_up("EPR", "<ACEPTADOS>1</ACEPTADOS>")) == Procesado("EPR")


def test_the_rest_service_gives_counters_and_reasons() -> None:
    answer = {
        "estado": "EPR",
        "estadistica": [{"tipo": 39, "informados": 3, "aceptados": 1, "rechazados": 1, "reparos": 1}, {"tipo": "x"}],
        "detalle_rep_rech": [
            {
                "tipo": 39,
                "folio": 7,
                "estado": "RCH",
                "descripcion": "Rechazado",
                "error": [
                    {"seccion": "HED", "nivel": 1, "codigo": 844, "descripcion": "Sin giro"},
                    {"codigo": "CAF-3-517", "descripcion": "CAF Vencido", "detalle": "folio 7"},
                ],
            },
            {"tipo": "39", "folio": "8", "estado": "RLV", "descripcion": "Reparo leve", "error": None},
            {"tipo": 39, "folio": None, "estado": "RCH"},
            {"tipo": 39, "folio": 9, "estado": "???"},
            "basura",
        ],
    }
    consulta = read_estado_envio_boleta(200, json.dumps(answer).encode())
    reason = "CAF-3-517 CAF Vencido folio 7; HED-1-844 Sin giro"
    assert consulta == Procesado(
        "EPR",
        (Contador(39, 3, 1, 1, 1),),
        (
            Detalle(39, 7, Estado.RECHAZADO, Causa.CAF, "CAF-3-517", reason),
            Detalle(39, 8, Estado.REPARO, Causa.CONTENIDO, "", "Reparo leve"),
        ),
    )


DTE: list[tuple[str, ConsultaDte]] = [
    *((code, Registrado(code, "g")) for code in ("DOK", "TMD", "TMC", "MMD", "MMC", "AND", "ANC")),
    ("DNK", Distinto("g")),
    ("FAU", NoRecibido("g")),
    ("FNA", FolioInvalido("FNA", "g")),
    ("FAN", FolioInvalido("FAN", "g")),
    ("EMP", ConsultaBloqueada(Causa.SIN_PERMISO, "EMP", "g")),
    ("XXX", SinVeredicto(Causa.DESCONOCIDO, "XXX", "g")),
    ("", SinVeredicto(Causa.DESCONOCIDO, "", "g")),
    ("002", TokenVencido("002")),
    ("-4", SinVeredicto(Causa.SERVICIO, "-4", "g")),
]


@pytest.mark.parametrize(("estado", "expected"), DTE)
def test_each_state_of_a_document_is_understood_on_both_channels(estado: str, expected: ConsultaDte) -> None:
    header = f"<ESTADO>{estado}</ESTADO><GLOSA_ESTADO>g</GLOSA_ESTADO><ERR_CODE>0</ERR_CODE>"
    assert read_estado_dte(200, soap("getEstDte", respuesta(header))) == expected
    assert read_estado_dte_boleta(200, json.dumps({"codigo": estado, "descripcion": "g"}).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"<html>Error</html>", b"falta rut_receptor", b"[]", b"<a/>", b'{"x":1}'])
def test_an_unreadable_answer_is_no_verdict(body: bytes) -> None:
    assert read_estado_envio(200, body) == SinVeredicto(Causa.SII_CAIDO, "HTTP 200")
    assert read_estado_dte(200, body) == SinVeredicto(Causa.SII_CAIDO, "HTTP 200")
    assert isinstance(read_estado_dte_boleta(200, body), SinVeredicto)
    assert not isinstance(read_estado_envio_boleta(200, body), Procesado | EnvioRechazado | Perdido)


@pytest.mark.parametrize("read", [read_estado_envio, read_estado_envio_boleta, read_estado_dte, read_estado_dte_boleta])
def test_http_errors_of_a_question_are_no_verdict(read: object) -> None:
    assert callable(read)
    assert read(401, b"NO ESTA AUTENTICADO") == TokenVencido("HTTP 401")
    assert read(429, b"") == SinVeredicto(Causa.LIMITE, "HTTP 429")
    assert read(503, est_up("EPR")) == SinVeredicto(Causa.SII_CAIDO, "HTTP 503")
    assert read(302, b"") == SinVeredicto(Causa.SII_CAIDO, "HTTP 302")


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_any_bytes_give_a_member_of_the_closed_sets(status: int, body: bytes) -> None:
    for wrapped in (body, soap("getEstUp", body.decode("latin-1").translate(dict.fromkeys(range(32))))):
        assert isinstance(read_estado_envio(status, wrapped), get_args(ConsultaEnvio))
        assert isinstance(read_estado_envio_boleta(status, wrapped), get_args(ConsultaEnvio))
        assert isinstance(read_estado_dte(status, wrapped), get_args(ConsultaDte))
        assert isinstance(read_estado_dte_boleta(status, wrapped), get_args(ConsultaDte))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({"estado": st.just("EPR"), "estadistica": JSON, "detalle_rep_rech": st.lists(JSON)}))
def test_any_json_in_the_place_of_details_is_survived(answer: object) -> None:
    consulta = read_estado_envio_boleta(200, json.dumps(answer).encode())
    assert isinstance(consulta, Procesado)


def epr(contador: Contador | None, *detalles: Detalle, codigo: str = "EPR") -> Procesado:
    return Procesado(codigo, (contador,) if contador else (), detalles)


def rejected(folio: int, causa: Causa = Causa.CAF) -> Detalle:
    return Detalle(39, folio, Estado.RECHAZADO, causa, "C", "g")


DOCS = [(39, 1), (39, 2)]
OK = Veredicto(Estado.ACEPTADO)
NO = Veredicto(Estado.RECHAZADO, Causa.CAF, "C", "g")

SETTLED: list[tuple[str, Procesado, dict[tuple[int, int], Veredicto]]] = [
    ("all accepted", epr(Contador(39, 2, 2, 0, 0)), dict.fromkeys(DOCS, OK)),
    (
        "all with objections",
        epr(Contador(39, 2, 0, 0, 2)),
        dict.fromkeys(DOCS, Veredicto(Estado.REPARO, Causa.CONTENIDO, "EPR")),
    ),
    ("one rejected, named", epr(Contador(39, 2, 1, 1, 0), rejected(2)), {(39, 1): OK, (39, 2): NO}),
    ("one rejected, not named", epr(Contador(39, 2, 1, 1, 0)), {}),
    ("all rejected without a reason", epr(Contador(39, 2, 0, 2, 0)), {}),
    ("rejected as repeated", epr(Contador(39, 2, 1, 1, 0), rejected(2, Causa.REPETIDO)), {(39, 1): OK}),
    ("counters of another envelope", epr(Contador(39, 3, 3, 0, 0)), {}),
    ("counters that do not add up yet", epr(Contador(39, 2, 1, 0, 0)), {}),
    ("no counters", epr(None), {}),
    ("no counters, one named", epr(None, rejected(1)), {(39, 1): NO}),
    ("a detail of some other document", epr(Contador(39, 2, 2, 0, 0), rejected(9)), dict.fromkeys(DOCS, OK)),
    (
        "an envelope accepted with objections",
        epr(None, codigo="RPR"),
        dict.fromkeys(DOCS, Veredicto(Estado.REPARO, Causa.CONTENIDO, "RPR")),
    ),
]


@pytest.mark.parametrize(("case", "procesado", "expected"), SETTLED, ids=[case for case, _, _ in SETTLED])
def test_only_what_is_beyond_doubt_is_settled(
    case: str, procesado: Procesado, expected: dict[tuple[int, int], Veredicto]
) -> None:
    assert settle_documentos(procesado, DOCS) == expected, case


def test_types_are_settled_apart() -> None:
    procesado = Procesado("EPR", (Contador(33, 1, 1, 0, 0), Contador(61, 1, 0, 1, 0)))
    assert settle_documentos(procesado, [(33, 1), (61, 1)]) == {(33, 1): OK}


def test_rejections_without_a_reason_are_counted() -> None:
    assert count_unexplained(epr(Contador(39, 5, 2, 3, 0), rejected(1), rejected(2, Causa.REPETIDO))) == 1


def test_documents_that_the_sii_had_before_are_named() -> None:
    procesado = epr(Contador(39, 5, 2, 2, 0), rejected(1), rejected(2, Causa.REPETIDO))
    assert list(find_repetidos(procesado)) == [(39, 2)]


def test_what_the_sii_holds_is_objected_to_as_far_as_the_counters_say_so() -> None:
    held = [(33, 1), (33, 2), (61, 1)]
    only_objected = Procesado("EPR", (Contador(33, 3, 0, 1, 2), Contador(61, 1, 1, 0, 0)))
    settled = settle_registrados(only_objected, held)
    assert [settled[documento].estado for documento in held] == [Estado.REPARO, Estado.REPARO, Estado.ACEPTADO]
    assert "cuáles" not in settled[33, 1].glosa
    mixed = settle_registrados(Procesado("EPR", (Contador(33, 4, 2, 1, 1),)), held)
    assert [mixed[documento].estado for documento in held] == [Estado.REPARO, Estado.REPARO, Estado.ACEPTADO]
    assert "objetó 1 de estos 3 y no dice cuáles" in mixed[33, 1].glosa


def test_objections_that_details_name_are_nobody_elses() -> None:
    named = Detalle(39, 7, Estado.REPARO, Causa.CONTENIDO, "TED-2-510", "g")
    told = Procesado("EPR", (Contador(39, 4, 2, 1, 1),), (named,))
    assert settle_registrados(told, [(39, 8)]) == {(39, 8): Veredicto(Estado.ACEPTADO)}
