"""Every answer of a DTEBox has its outcome, and none that leaves doubt is taken for a verdict."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.causa import Causa
from shared.dte.respuesta import Bloqueado, Incierto, NoAhora, Rechazado, Recibido, Resultado
from shared.dte.respuesta_dtebox import read_envio_dtebox, read_estado_dtebox
from shared.dte.veredicto import (
    ConsultaBloqueada,
    ConsultaDte,
    EnTramite,
    NoRecibido,
    RechazadoSii,
    Registrado,
    SinVeredicto,
)

HTML = b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x" "y">\n<html><body><p>Endpoint not found.</p></body></html>'


def envio(result: str, description: str = "", ns: str = ' xmlns="http://gdexpress.cl/api"') -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><SendDocumentAsXMLResult{ns}><Description>{description}</Description>'
        f"<Result>{result}</Result><TED/></SendDocumentAsXMLResult>"
    ).encode()


def estado(result: str, status: str = "", description: str = "", track_id: str = "") -> bytes:
    return (
        '<FiscalStatusResult xmlns="http://gdexpress.cl/api"><Data/>'
        f"<Description>{description}</Description><Result>{result}</Result>"
        f"<Status>{status}</Status><TrackId>{track_id}</TrackId></FiscalStatusResult>"
    ).encode()


ENVIOS: dict[str, tuple[int, bytes, Resultado]] = {
    "taken": (200, envio("0"), Recibido(None)),
    "taken, without the namespace": (200, envio("0", ns=""), Recibido(None)),
    "an error says nothing about the document": (
        200,
        envio("1", "El folio ya fue procesado"),
        Incierto(Causa.DESCONOCIDO, "1", "El folio ya fue procesado"),
    ),
    "a result that nobody knows": (200, envio("7"), Incierto(Causa.DESCONOCIDO, "7", "")),
    "no result": (200, envio(""), Incierto(Causa.DESCONOCIDO, "", "")),
    "a key that the box does not know": (
        200,
        envio("1", "AccesoDenegado"),
        Bloqueado(Causa.DTEBOX, "1", "AccesoDenegado"),
    ),
    "the page of a wrong address": (200, HTML, Incierto(Causa.DTEBOX, "HTTP 200", "Endpoint not found.")),
    "another operation's answer": (200, estado("0", "0"), Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "0 0")),
    "nothing": (200, b"", Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "respuesta vacía")),
    "half an answer": (200, envio("0")[:-26], Incierto(Causa.SIN_RESPUESTA, "HTTP 200", "0")),
    "401": (401, b"no", Bloqueado(Causa.DTEBOX, "HTTP 401", "no")),
    "403": (403, b"no", Bloqueado(Causa.DTEBOX, "HTTP 403", "no")),
    "404": (404, b"", Incierto(Causa.SIN_RESPUESTA, "HTTP 404", "")),
    "413": (413, b"", Rechazado(Causa.TAMANO, "HTTP 413", "")),
    "429": (429, b"", NoAhora(Causa.LIMITE, "HTTP 429", "", timedelta(seconds=7))),
    "500 after the body": (500, b"", Incierto(Causa.SIN_RESPUESTA, "HTTP 500", "")),
    "503 after the body": (503, b"", Incierto(Causa.SIN_RESPUESTA, "HTTP 503", "")),
    "a redirect": (302, b"", Incierto(Causa.SIN_RESPUESTA, "HTTP 302", "")),
}

ESTADOS: dict[str, tuple[int, bytes, ConsultaDte]] = {
    "accepted": (200, estado("0", "0", "Ok", "123"), Registrado("0", "Ok", "123")),
    "accepted, no track id": (200, estado("0", "0", "", "0"), Registrado("0")),
    "in process": (200, estado("0", "1"), EnTramite("1")),
    "rejected": (200, estado("0", "9", "CAF vencido"), RechazadoSii("9", "CAF vencido")),
    "a status that nobody knows is no verdict": (200, estado("0", "5"), EnTramite("5", desconocido=True)),
    "no status": (200, estado("0"), EnTramite("", desconocido=True)),
    "not there": (200, estado("14", "0"), NoRecibido("")),
    "no access": (200, estado("1"), ConsultaBloqueada(Causa.DTEBOX, "1", "")),
    "a result that nobody knows": (200, estado("3"), SinVeredicto(Causa.SERVICIO, "3")),
    "the page of a wrong address": (200, HTML, SinVeredicto(Causa.DTEBOX, "HTTP 200", "Endpoint not found.")),
    "nothing": (200, b"", SinVeredicto(Causa.SIN_RESPUESTA, "HTTP 200", "respuesta vacía")),
    "401": (401, b"", ConsultaBloqueada(Causa.DTEBOX, "HTTP 401")),
    "403": (403, b"", ConsultaBloqueada(Causa.DTEBOX, "HTTP 403")),
    "429": (429, b"", SinVeredicto(Causa.LIMITE, "HTTP 429")),
    "500": (500, b"", SinVeredicto(Causa.SII_CAIDO, "HTTP 500")),
}


@pytest.mark.parametrize("caso", ENVIOS)
def test_each_answer_to_a_document_has_its_outcome(caso: str) -> None:
    status, body, esperado = ENVIOS[caso]
    assert read_envio_dtebox(status, {"Retry-After": "7"}, body) == esperado


@pytest.mark.parametrize("caso", ESTADOS)
def test_each_answer_about_a_folio_has_its_meaning(caso: str) -> None:
    status, body, esperado = ESTADOS[caso]
    assert read_estado_dtebox(status, body) == esperado


@given(status=st.integers(100, 599), body=st.binary(max_size=300))
def test_whatever_else_comes_is_never_taken_for_received_or_for_a_verdict(status: int, body: bytes) -> None:
    assert not isinstance(read_envio_dtebox(status, {}, body), Recibido)
    assert not isinstance(read_estado_dtebox(status, body), Registrado | RechazadoSii | NoRecibido)
