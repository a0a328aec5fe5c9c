"""The other sides of the cuadratura: what is in the queues, and what the SII answered."""

from __future__ import annotations

from datetime import timedelta

from services.monitor.cuadratura import Balanza, Cuadratura, LadoBroker, LadoSii
from tests.unit.monitor.datos import AHORA

PASO = timedelta(seconds=10)


def weighed(*steps: tuple[int, tuple[int, ...]]) -> LadoBroker | None:
    """Counts of documents ten seconds apart, each with the counts of messages in the seconds around it."""
    balanza = Balanza()
    for number, (documentos, mensajes) in enumerate(steps):
        momento = AHORA + number * PASO
        balanza.put_documentos(momento, documentos)
        for second, cuantos in enumerate(mensajes):
            balanza.put_mensajes(momento + timedelta(seconds=second - 1), cuantos)
    return balanza.weigh()


def test_a_document_without_a_message_is_missing_once_it_has_been_for_long() -> None:
    assert weighed((10, (9, 9)), (10, (9, 9)), (10, (9, 9))) == LadoBroker(documentos=10, mensajes=9, faltan=0)
    assert weighed(*[(10, (9, 9))] * 4) == LadoBroker(documentos=10, mensajes=9, faltan=1)


def test_a_queue_that_grows_or_empties_lacks_nothing() -> None:
    growing = [(300 * n, (300 * n - 200, 300 * n + 100)) for n in range(1, 9)]
    emptying = [(300 * n, (300 * n + 100, 300 * n - 200)) for n in reversed(range(1, 9))]
    for steps in (growing, emptying):
        lado = weighed(*steps)
        assert lado is not None
        assert lado.faltan == 0


def test_messages_beyond_the_documents_are_harmless() -> None:
    lado = weighed(*[(10, (15, 12))] * 5)
    assert lado == LadoBroker(documentos=10, mensajes=15, faltan=0)


def test_without_readings_of_both_sides_nothing_is_said() -> None:
    assert weighed() is None
    assert weighed(*[(10, ())] * 6) is None
    assert weighed((10, (10,))) is None, "what came after it is not known yet"


def test_the_sum_is_zero_when_all_sides_that_are_known_agree() -> None:
    base = Cuadratura(documentos=5, folios_usados=5, folios_reservados=0, faltan=0, sobran=0)
    broker = LadoBroker(documentos=3, mensajes=3, faltan=0)
    sii = LadoSii(momento=AHORA, desde=AHORA - timedelta(days=3), recibidos=2, aceptados=1, faltan=0)
    assert base.cuadra
    assert base.model_copy(update={"broker": broker, "sii": sii}).cuadra
    for side in ({"broker": broker.model_copy(update={"faltan": 1})}, {"sii": sii.model_copy(update={"faltan": 1})}):
        assert not base.model_copy(update=side).cuadra
