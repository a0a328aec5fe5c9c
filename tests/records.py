"""Records of documents as the emitter stores them, for tests that start behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from shared.dte.estado import Estado
from shared.dte.tipos import Prioridad, TipoDte
from shared.messages import Atributos, ClaseEvento, Dte, DteConXml, Evento, atributos_of, dte_id
from tests.dte_data import EMISOR_RUT

MOMENTO = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_record(folio: int = 1, **changes: Any) -> DteConXml:
    """A boleta with that folio and a key of its own; `changes` replace fields."""
    tipo = changes.pop("tipo", TipoDte.BOLETA)
    fields: dict[str, Any] = {
        "id": dte_id(EMISOR_RUT, tipo, folio),
        "emisor": EMISOR_RUT,
        "tipo": tipo,
        "folio": folio,
        "canal": tipo.canal,
        "prioridad": Prioridad.NORMAL,
        "terminal": "caja-1",
        "tienda": "Centro",
        "caja": "7",
        "clave": f"venta-{folio}",
        "huella": f"{folio:064x}",
        "receptor": "66666666-6",
        "fecha": date(2026, 11, 20),
        "monto": 1190,
        "sha256": f"{folio:064x}",
        "ted": "<TED/>",
        "creado": MOMENTO,
        "cambiado": MOMENTO,
        "xml": b"<DTE>\xd1</DTE>",
    }
    return DteConXml(**fields | changes)


def make_atributos(dte: Dte) -> Atributos:
    """What the event of a new document says of itself."""
    return atributos_of(dte.id, Evento(id="e1", clase=ClaseEvento.FIRMADO, momento=MOMENTO, estado=Estado.GENERADO))
