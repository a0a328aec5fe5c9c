"""Every failure as a problem document, and none that gives away more than it should."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.emitter.answers import LimitError, ProblemError, to_documento, to_problema
from shared.dte.json import MalformedJson
from shared.errors import Conflict, Falla, FoliosExhausted, Invalid, Misconfigured, Unavailable
from tests.records import make_record


@pytest.mark.parametrize(
    ("error", "status", "clase"),
    [
        (MalformedJson(Falla("", "POSTA-POS-01", "no es JSON")), 400, "json-invalido"),
        (Invalid.one("Detalle[0]", "X", "mal"), 422, "documento-invalido"),
        (Conflict("la clave ya se usó"), 409, "clave-repetida"),
        (FoliosExhausted("77123456-9", 39), 503, "sin-folios"),
        (Unavailable("MongoDB"), 503, "no-disponible"),
        (LimitError(timedelta(seconds=2.4)), 429, "limite"),
        (ProblemError(415, "formato", "Formato no admitido", "envíe JSON"), 415, "formato"),
    ],
)
def test_each_failure_has_its_status_and_its_stable_type(error: Exception, status: int, clase: str) -> None:
    problema = to_problema(error, "/v1/dte")
    assert (problema.status, problema.type, problema.instance) == (status, f"urn:posta:problema:{clase}", "/v1/dte")
    assert problema.detail
    assert (problema.reintentar_en is not None) == (status in (429, 503))


@pytest.mark.parametrize(("espera", "segundos"), [(0.001, 1), (1, 1), (2.4, 3)])
def test_whoever_comes_too_fast_is_told_in_whole_seconds_when_to_come_again(espera: float, segundos: int) -> None:
    problema = to_problema(LimitError(timedelta(seconds=espera)))
    assert problema.reintentar_en == segundos
    assert f"{segundos} s" in problema.detail


@pytest.mark.parametrize("error", [KeyError("secreto"), Misconfigured("la llave maestra es otra: /etc/secreto")])
def test_what_was_not_meant_for_a_till_is_not_told(error: Exception) -> None:
    problema = to_problema(error)
    assert problema.status == 500
    assert "secreto" not in problema.model_dump_json()


def test_every_fault_of_a_sale_is_listed_with_path_code_and_message() -> None:
    fallas = [Falla(f"Detalle[{n}].PrcItem", f"C-{n}", f"mensaje {n}") for n in range(5)]
    problema = to_problema(Invalid(*fallas))
    assert [(f.ruta, f.codigo, f.mensaje) for f in problema.errores] == [(f.ruta, f.codigo, f.mensaje) for f in fallas]
    assert problema.detail == "mensaje 0; mensaje 1; mensaje 2; …"


def test_a_document_is_shown_with_its_links_and_without_what_is_nobodys_business() -> None:
    shown = to_documento(make_record(7), ("aviso",)).model_dump(mode="json")
    lugar = "/v1/dte/77123456-9-39-7"
    assert shown["enlaces"] == {
        "documento": lugar,
        "xml": f"{lugar}/xml",
        "timbre_png": f"{lugar}/timbre.png",
        "timbre_svg": f"{lugar}/timbre.svg",
        "pdf": f"{lugar}/pdf",
    }
    assert shown["advertencias"] == ["aviso"]
    assert not {"xml", "huella", "terminal", "historia"} & set(shown)
