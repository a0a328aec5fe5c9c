"""A company for tests of its administration: what is sent to register it, to sign and to number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.clock import chile, now
from tests.dte_data import EMISOR, EMISOR_RUT, PASSWORD, make_caf_xml, make_p12

EMPRESA = {
    **EMISOR.model_dump(mode="json", exclude_none=True),
    "resoluciones": {"boleta": {"fecha": "2026-01-02", "numero": 0}, "factura": {"fecha": "2026-01-02", "numero": 0}},
}
CAMINO = f"/api/empresas/{EMISOR_RUT}"
RANGO = f"{EMISOR_RUT}-39-1"
POR = {"motivo": "apertura de la tienda"}


def caf_of(**datos: Any) -> dict[str, Any]:
    """The upload of a CAF that is good unless `datos` say otherwise."""
    ayer = chile(now()).date() - timedelta(days=1)
    return {"files": {"archivo": ("caf.xml", make_caf_xml(**{"fecha": ayer, **datos}))}, "data": POR}


def p12_of(archivo: bytes | None = None, contrasena: str = PASSWORD) -> dict[str, Any]:
    return {"files": {"archivo": ("yo.p12", archivo or make_p12())}, "data": {**POR, "contrasena": contrasena}}
