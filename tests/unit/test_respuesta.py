"""Each answer of the upload services and of the login, and what it means."""

from __future__ import annotations

from datetime import timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.causa import Causa, causa_for
from shared.dte.respuesta import (
    Bloqueado,
    Incierto,
    NoAhora,
    Rechazado,
    Recibido,
    Resultado,
    Semilla,
    Token,
    YaRecibido,
    read_dteupload,
    read_envio_boleta,
    read_espera,
    read_semilla,
    read_token,
)


def dteupload(status: object, track_id: str = "", *errores: str) -> bytes:
    detail = "".join(f"<ERROR>{error}</ERROR>" for error in errores)
    return (
        "<?xml version='1.0' encoding='ISO-8859-1'?><RECEPCIONDTE><RUTSENDER>1-9</RUTSENDER>"
        f"<STATUS>{status}</STATUS><TRACKID>{track_id}</TRACKID><DETAIL>{detail}</DETAIL></RECEPCIONDTE>"
    ).encode("iso-8859-1", "replace")


REPEATED = "Archivo ya fue enviado 2 veces con Trackid 0123456789. Debe esperar 900 segundos"

UPLOADS: list[tuple[bytes, Resultado]] = [
    (dteupload(0, "0123456789"), Recibido("0123456789")),
    (dteupload("00", "1"), Recibido("1")),
    (dteupload(1), Bloqueado(Causa.SIN_PERMISO, "1", "")),
    (dteupload(6), Bloqueado(Causa.SIN_PERMISO, "6", "")),
    (dteupload(106), Bloqueado(Causa.SIN_PERMISO, "106", "")),
    (dteupload(2), Rechazado(Causa.TAMANO, "2", "")),
    (dteupload(7, "", "LPX-00007: señal", "línea 3"), Rechazado(Causa.ESQUEMA, "7", "LPX-00007: señal; línea 3")),
    (dteupload(8), Rechazado(Causa.FIRMA, "8", "")),
    (dteupload(3), NoAhora(Causa.TRANSMISION, "3", "")),
    (dteupload(5), NoAhora(Causa.TOKEN, "5", "")),
    (dteupload(9), NoAhora(Causa.SII_CAIDO, "9", "")),
    (dteupload(99, "", REPEATED), YaRecibido("0123456789")),
    (dteupload(99, "77"), YaRecibido("77")),
    (dteupload(99, "0"), Incierto(Causa.REPETIDO, "99", "")),
    (dteupload(4), Incierto(Causa.DESCONOCIDO, "4", "")),
    (dteupload("xx"), Incierto(Causa.DESCONOCIDO, "xx", "")),
    (dteupload(""), Incierto(Causa.DESCONOCIDO, "", "")),
    (dteupload(0, ""), Incierto(Causa.DESCONOCIDO, "0", "")),
    (dteupload(0, "no es un número"), Incierto(Causa.DESCONOCIDO, "0", "")),
]


@pytest.mark.parametrize(("body", "expected"), UPLOADS)
def test_each_status_of_dteupload_has_its_outcome(body: bytes, expected: Resultado) -> None:
    assert read_dteupload(200, body) == expected


def test_an_answer_in_another_encoding_than_it_declares_is_read_all_the_same() -> None:
    body = dteupload(7, "", "señal").replace(b"ISO-8859-1", b"UTF-8")
    assert read_dteupload(200, body) == Rechazado(Causa.ESQUEMA, "7", "señal")


NOT_AN_ANSWER = [
    b"",
    b"<html><head><style>p{}</style></head><body><h1>Error 500</h1></body></html>",
    b"<RESPUESTA><STATUS>0</STATUS><TRACKID>1</TRACKID></RESPUESTA>",
    b"falta rut_receptor",
    b"<RECEPCIONDTE><STATUS>0</STATUS><TRACKID>123",
    b'{"error": "mantenimiento"}',
    b"null",
    b"[" * 100_000,
    b"\xff\xfe\x00\x01",
]


@pytest.mark.parametrize("body", NOT_AN_ANSWER)
def test_whatever_is_not_the_expected_answer_leaves_the_upload_uncertain(body: bytes) -> None:
    for resultado in (read_dteupload(200, body), read_envio_boleta(200, {}, body)):
        assert isinstance(resultado, Incierto)
        assert resultado.causa is Causa.SIN_RESPUESTA


def test_the_words_of_an_unexpected_page_are_kept_without_its_markup() -> None:
    resultado = read_dteupload(200, NOT_AN_ANSWER[1])
    assert resultado == Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "Error 500")
    page = b"<h1>En mantenci&oacute;n</h1>&#191;Qu\xe9 pas&oacute;?"
    assert read_dteupload(200, page) == Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "En mantención ¿Qué pasó?")
    assert read_dteupload(200, b"") == Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "respuesta vacía")


HTTP: list[tuple[int, type[object], Causa]] = [
    (301, Incierto, Causa.SIN_RESPUESTA),
    (302, Incierto, Causa.SIN_RESPUESTA),
    (400, Rechazado, Causa.ESQUEMA),
    (401, NoAhora, Causa.TOKEN),
    (403, Incierto, Causa.SIN_RESPUESTA),
    (404, NoAhora, Causa.SII_CAIDO),
    (405, NoAhora, Causa.LIMITE),
    (413, Rechazado, Causa.TAMANO),
    (429, NoAhora, Causa.LIMITE),
    (500, Incierto, Causa.SIN_RESPUESTA),
    (502, Incierto, Causa.SIN_RESPUESTA),
    (503, Incierto, Causa.SIN_RESPUESTA),
    (504, Incierto, Causa.SIN_RESPUESTA),
]


@pytest.mark.parametrize(("status", "kind", "causa"), HTTP)
def test_each_http_status_of_an_upload_has_its_outcome(status: int, kind: type[object], causa: Causa) -> None:
    for resultado in (read_dteupload(status, b"<p>texto</p>"), read_envio_boleta(status, {}, b"<p>texto</p>")):
        assert isinstance(resultado, kind)
        assert not isinstance(resultado, Recibido | YaRecibido)
        assert (resultado.causa, resultado.codigo, resultado.glosa) == (causa, f"HTTP {status}", "texto")


def test_a_boleta_envelope_is_received_only_with_a_track_id_in_json() -> None:
    body = b'{"rut_emisor":"76192083-9","trackid":123456789012345,"estado":"REC","file":"a.xml"}'
    assert read_envio_boleta(200, {}, body) == Recibido("123456789012345")
    assert read_envio_boleta(200, {}, b'{"trackid":"0012"}') == Recibido("0012")
    for body in (b"{}", b'{"trackid":0}', b'{"trackid":null}', b'{"trackid":"x1"}', b'{"trackid":[1]}', b"[1]"):
        assert isinstance(read_envio_boleta(200, {}, body), Incierto)


def test_the_wait_that_the_sii_asks_for_is_kept() -> None:
    resultado = read_envio_boleta(429, {"X-Retry-After": "120", "Retry-After": "5"}, b"")
    assert resultado == NoAhora(Causa.LIMITE, "HTTP 429", "", timedelta(seconds=120))
    assert read_espera({"retry-after": " 5 "}) == timedelta(seconds=5)
    assert read_espera({"Retry-After": "999999999"}) == timedelta(days=1)
    assert read_espera({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert read_espera({}) is None


def soap(operacion: str, respuesta: str) -> bytes:
    escaped = respuesta.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">'
        f"<soapenv:Body><ns1:{operacion}Response xmlns:ns1='x'><{operacion}Return>{escaped}</{operacion}Return>"
        f"</ns1:{operacion}Response></soapenv:Body></soapenv:Envelope>"
    ).encode()


def respuesta(header: str, body: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema">'
        f"<SII:RESP_HDR>{header}</SII:RESP_HDR><SII:RESP_BODY>{body}</SII:RESP_BODY></SII:RESPUESTA>"
    )


def test_the_seed_is_read_from_both_channels_in_any_order_and_namespace() -> None:
    text = respuesta("<ESTADO>00</ESTADO>", "<SEMILLA>000000000078</SEMILLA>")
    assert read_semilla(200, soap("getSeed", text)) == Semilla("000000000078")
    assert read_semilla(200, text.encode()) == Semilla("000000000078")
    reverse = (
        "<RESPUESTA><RESP_BODY><SEMILLA>9</SEMILLA></RESP_BODY><RESP_HDR><ESTADO>0</ESTADO></RESP_HDR></RESPUESTA>"
    )
    assert read_semilla(200, reverse.encode()) == Semilla("9")


@pytest.mark.parametrize("estado", ["-1", "-2", "99", ""])
def test_a_seed_service_in_trouble_is_an_outage(estado: str) -> None:
    text = respuesta(f"<ESTADO>{estado}</ESTADO><GLOSA>ERROR RETORNO</GLOSA>")
    assert read_semilla(200, soap("getSeed", text)) == NoAhora(Causa.SII_CAIDO, estado, "ERROR RETORNO")


def test_a_seed_that_is_none_is_not_taken_for_one() -> None:
    text = respuesta("<ESTADO>00</ESTADO>", "<SEMILLA>a b</SEMILLA>")
    assert isinstance(read_semilla(200, text.encode()), NoAhora)


TOKENS: list[tuple[str, NoAhora | Bloqueado]] = [
    *((code, Bloqueado(Causa.CERTIFICADO, code, "g")) for code in ("01", "02", "03", "04", "05", "06", "11", "21")),
    *((code, NoAhora(Causa.SII_CAIDO, code, "g")) for code in ("07", "09", "10", "12")),
    ("08", NoAhora(Causa.TOKEN, "08", "g")),
    ("-3", NoAhora(Causa.TOKEN, "-3", "g")),
    ("-07", Bloqueado(Causa.SIN_PERMISO, "-07", "g")),
    ("77", NoAhora(Causa.TOKEN, "77", "g")),
    ("00", NoAhora(Causa.TOKEN, "00", "g")),
]


@pytest.mark.parametrize(("estado", "expected"), TOKENS)
def test_each_refusal_of_a_token_says_whether_waiting_helps(estado: str, expected: NoAhora | Bloqueado) -> None:
    text = respuesta(f"<ESTADO>{estado}</ESTADO><GLOSA>g</GLOSA>")
    assert read_token(200, soap("getToken", text)) == expected
    assert read_token(200, text.encode()) == expected


def test_a_token_is_read_and_never_shown() -> None:
    text = respuesta("<ESTADO>00</ESTADO><GLOSA>Token Creado</GLOSA>", "<TOKEN>SECRETO123</TOKEN>")
    token = read_token(200, soap("getToken", text))
    assert token == Token("SECRETO123")
    assert "SECRETO" not in repr(token)


@pytest.mark.parametrize("token", ["a;b", "a b", "ñ", "x" * 201])
def test_a_token_that_would_break_the_cookie_is_refused(token: str) -> None:
    text = respuesta("<ESTADO>00</ESTADO>", f"<TOKEN>{token}</TOKEN>")
    assert isinstance(read_token(200, text.encode()), NoAhora)


@pytest.mark.parametrize(
    ("status", "causa"),
    [(401, Causa.TOKEN), (403, Causa.TOKEN), (429, Causa.LIMITE), (500, Causa.SII_CAIDO), (200, Causa.SII_CAIDO)],
)
def test_a_failed_login_is_never_uncertain_because_no_document_was_sent(status: int, causa: Causa) -> None:
    for outcome in (read_semilla(status, b"<html>Error</html>"), read_token(status, b"")):
        assert isinstance(outcome, NoAhora)
        assert outcome.causa is causa


@given(status=st.integers(100, 599), body=st.binary(max_size=400), header=st.text(max_size=20))
def test_any_bytes_give_a_member_of_the_closed_set(status: int, body: bytes, header: str) -> None:
    assert isinstance(read_dteupload(status, body), get_args(Resultado))
    assert isinstance(read_envio_boleta(status, {"Retry-After": header}, body), get_args(Resultado))
    assert isinstance(read_semilla(status, body), Semilla | NoAhora)
    assert isinstance(read_token(status, body), Token | NoAhora | Bloqueado)


PLAIN = st.text(st.characters(codec="iso-8859-1", exclude_characters="<>&", exclude_categories=["Cc"]), max_size=60)


@given(status=st.one_of(st.integers(-200, 200).map(str), PLAIN), track_id=PLAIN, error=PLAIN)
def test_only_status_0_or_99_with_a_track_id_means_received(status: str, track_id: str, error: str) -> None:
    resultado = read_dteupload(200, dteupload(status, track_id, error))
    if isinstance(resultado, Recibido):
        assert int(status) == 0
        assert resultado.track_id == track_id.strip()
    if isinstance(resultado, YaRecibido):
        assert int(status) == 99


def test_every_cause_tells_a_person_what_to_do() -> None:
    remedies = [causa.remedio for causa in Causa]
    assert all(len(text) > 20 and text.endswith(".") for text in remedies)
    assert len(set(remedies)) == len(remedies)


@pytest.mark.parametrize(
    ("codigo", "causa"),
    [
        ("DTE-3-100", Causa.REPETIDO),
        ("DTE-3-101", Causa.REPETIDO),
        ("DTE-3-505", Causa.FIRMA),
        ("DTE-3-601", Causa.CAF),
        ("DTE-3-700", Causa.CERTIFICADO),
        ("CAF-3-517", Causa.CAF),
        ("TED-3-640", Causa.CAF),
        ("CRT-3-19", Causa.CARATULA),
        ("ENV-3-0", Causa.ESQUEMA),
        ("ENV-3-6", Causa.SIN_PERMISO),
        ("CHR-00002", Causa.ESQUEMA),
        ("SCH-00001", Causa.ESQUEMA),
        ("LPX-00007", Causa.ESQUEMA),
        ("REF-3-750", Causa.CONTENIDO),
        ("", Causa.CONTENIDO),
    ],
)
def test_validation_codes_lead_to_their_cause(codigo: str, causa: Causa) -> None:
    assert causa_for(codigo) is causa
