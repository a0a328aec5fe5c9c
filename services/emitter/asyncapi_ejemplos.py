"""One message of each kind, for the AMQP interface's documentation. Names and amounts are invented."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.emitter.answers import Problema, VentaRechazada
from services.emitter.ejemplos import EJEMPLOS
from shared.dte.estado import Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import CambioEstado, Trabajo

Json = dict[str, Any]

_MOMENTO = datetime(2026, 11, 24, 15, 4, 5, tzinfo=UTC)
_DTE = "76192083-9-39-1201"


def _cloud_events(tipo: str, id_: str, sujeto: str) -> Json:
    return {
        "cloudEvents:specversion": "1.0",
        "cloudEvents:id": id_,
        "cloudEvents:source": "urn:posta:produccion",
        "cloudEvents:type": tipo,
        "cloudEvents:time": _MOMENTO.isoformat(),
        "cloudEvents:subject": sujeto,
    }


VENTAS: list[Json] = [
    {
        "name": tipo.nombre,
        "headers": {"x-idempotency-key": f"caja-7-{numero:06}", "x-posta-terminal": "posta_…"},
        "payload": venta,
    }
    for numero, (tipo, venta) in enumerate(EJEMPLOS.items(), start=1)
]

_TRABAJO = Trabajo(
    id=_DTE,
    emisor="76192083-9",
    tipo=TipoDte.BOLETA,
    folio=1201,
    canal=Canal.BOLETA,
    prioridad=Prioridad.NORMAL,
    sha256="5f" * 32,
)
FIRMADO: Json = {
    "headers": _TRABAJO.model_dump(mode="json", exclude_none=True)
    | _cloud_events("posta.dte.firmado.v1", f"{_DTE}/6d0f1c2b", _DTE),
    "payload": '<?xml version="1.0" encoding="ISO-8859-1"?>\n<DTE xmlns="http://www.sii.cl/SiiDte" …>…</DTE>',
}

_CAMBIO = CambioEstado(
    id=_DTE,
    emisor="76192083-9",
    tipo=TipoDte.BOLETA,
    folio=1201,
    estado=Estado.ACEPTADO,
    momento=_MOMENTO,
    terminal="65f0c0ffee65f0c0ffee65f0",
    tienda="Centro",
    caja="7",
    clave="caja-7-000001",
    monto=7980,
    track_id="8123456789",
)
ESTADO: Json = {
    "headers": {"id": _DTE, "estado": "aceptado"} | _cloud_events("posta.dte.estado.v1", f"{_DTE}/9b1e77a0", _DTE),
    "payload": _CAMBIO.model_dump(mode="json", exclude_none=True),
}

_RECHAZO = VentaRechazada(
    momento=_MOMENTO,
    emisor="76192083-9",
    tienda="Centro",
    caja="7",
    terminal="65f0c0ffee65f0c0ffee65f0",
    clave="caja-7-000002",
    correlacion="c-2",
    problema=Problema(
        type="urn:posta:problema:json-invalido",
        title="El cuerpo no es JSON",
        status=400,
        detail="el cuerpo no es JSON: error en la línea 1, columna 2",
    ),
)
RECHAZADA: Json = {
    "headers": {"x-posta-status": 400} | _cloud_events("posta.venta.rechazada.v1", "a9" * 32, "caja-7-000002"),
    "payload": _RECHAZO.model_dump(mode="json", exclude_none=True),
}
