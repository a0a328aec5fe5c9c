"""Verdicts on demand: who is concerned, what is said of them, and that luck follows the document."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from services.sandbox.modelo import DocumentoRevisado, EstadoEnvio, Objecion, Revision, Veredicto
from services.sandbox.scenarios import Escena, Escenario
from services.sandbox.sentencias import Fallo, Tribunal
from shared.dte.tipos import Canal


def _tribunal(*sentencias: dict[str, Any], semilla: int = 1) -> Tribunal:
    return Escena(Escenario.model_validate({"semilla": semilla, "sentencias": sentencias})).tribunal


def _documento(folio: int) -> DocumentoRevisado:
    return DocumentoRevisado("76192083-9", 33, folio, "66666666-6", date(2026, 3, 2), 1190, "")


def _sentence(tribunal: Tribunal, *folios: int) -> Fallo:
    return tribunal.sentence(Canal.FACTURA, Revision(EstadoEnvio.EPR, tuple(map(_documento, folios))))


def _veredictos(fallo: Fallo) -> list[Veredicto]:
    return [documento.veredicto for documento in fallo.revision.documentos]


def test_single_documents_of_an_envelope_are_rejected_or_objected_to() -> None:
    rows = (
        {"veredicto": "RCH", "codigo": "CAF-3-517", "folios": [2, 2]},
        {"veredicto": "RPR", "folios": [3, 3]},
        {"veredicto": "RLV", "folios": [4, 4], "tipo": 33, "canal": "factura", "emisor": "76192083-9"},
        {"veredicto": "RCH", "canal": "boleta"},
    )
    fallo = _sentence(_tribunal(*rows), 1, 2, 3, 4)
    v = Veredicto
    assert _veredictos(fallo) == [v.ACEPTADO, v.RECHAZADO, v.REPARO, v.REPARO_LEVE]
    assert str(fallo.revision.documentos[1].objeciones[0]).startswith("(CAF-3-517)")


def test_one_document_can_have_its_whole_envelope_refused_until_it_stands_alone() -> None:
    tribunal = _tribunal({"veredicto": "RFR", "folios": [3, 3]})
    assert [_sentence(tribunal, *folios).revision.estado for folios in ((1, 2, 3), (1, 2), (3,))] == [
        "RFR",
        "EPR",
        "RFR",
    ]
    assert len(_sentence(tribunal, 3).revision.objeciones) == 1


def test_a_late_verdict_is_late_for_its_envelope() -> None:
    tribunal = _tribunal({"demora": 7200, "folios": [2, 9]})
    assert _sentence(tribunal, 1).demora == timedelta()
    assert _sentence(tribunal, 1, 2).demora == timedelta(hours=2)
    assert _veredictos(_sentence(tribunal, 2)) == [Veredicto.ACEPTADO]


def test_luck_follows_the_document_and_the_seed() -> None:
    una, otra = (_tribunal({"veredicto": "RCH", "tasa": 0.4}, semilla=7) for _ in range(2))
    struck = [f for f in range(200) if _veredictos(_sentence(una, f)) == [Veredicto.RECHAZADO]]
    assert 55 < len(struck) < 105
    assert [f for f in reversed(range(200)) if _veredictos(_sentence(otra, f)) == [Veredicto.RECHAZADO]] == struck[::-1]


def test_a_row_strikes_no_more_often_than_it_may_and_never_what_is_refused_already() -> None:
    tribunal = _tribunal({"veredicto": "RCH", "veces": 1})
    refused = Revision(EstadoEnvio.RSC, (_documento(1),), (Objecion("ENV", 3, 0, "mal"),))
    assert tribunal.sentence(Canal.FACTURA, refused).revision == refused
    assert [_veredictos(_sentence(tribunal, 1)) for _ in range(2)] == [[Veredicto.RECHAZADO], [Veredicto.ACEPTADO]]
