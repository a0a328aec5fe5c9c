"""Rehearsals: each fault of the sandbox by name, as the scenario that plays it, and what must come of the documents.

One table for the tests, which run all of it, and for `posta drill`, which runs it for whoever wants to see it held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.tipos import Canal

HORA = 3600.0
CALMA: Mapping[str, Any] = {"latencia": {}, "demora_veredicto": 0}
"""A scenario in which nothing takes time and nothing goes wrong."""


@dataclass(frozen=True, slots=True)
class Ensayo:
    """One rehearsal. The documents of `canales` end in `fin` (for `causa`), all or `algunos`; all others accepted."""

    que: str
    """What happens, in Spanish, for whoever reads the report."""
    cambios: Mapping[str, Any]
    """What is changed in CALMA."""
    fin: Estado = Estado.ACEPTADO
    causa: Causa | None = None
    algunos: bool = False
    canales: tuple[Canal, ...] = (Canal.BOLETA, Canal.FACTURA)
    luego: Mapping[str, Any] | None = None
    """What is changed instead once every document has been sent for the first time."""

    @property
    def escenario(self) -> dict[str, Any]:
        """The body of PUT /sandbox/escenario."""
        return {**CALMA, **self.cambios}


@dataclass(frozen=True, slots=True)
class _Fila:
    """One row of faults on each channel, so that each has its own `veces`."""

    clase: str
    campos: Mapping[str, Any] = field(default_factory=dict)

    def on_each(self) -> list[dict[str, Any]]:
        return [{"clase": self.clase, "canal": canal.value, **self.campos} for canal in (Canal.BOLETA, Canal.FACTURA)]


def _averia(que: str, clase: str, *, luego: Mapping[str, Any] | None = None, **campos: Any) -> Ensayo:
    """A fault that passes, and then everything is accepted."""
    return Ensayo(que, {"averias": _Fila(clase, campos).on_each()}, luego=luego)


def _status(que: str, codigo: int, fin: Estado = Estado.ACEPTADO, causa: Causa | None = None, **campos: Any) -> Ensayo:
    averias = [{"clase": "status", "codigo": codigo, **campos}]
    return Ensayo(que, {"averias": averias}, fin, causa, canales=(Canal.FACTURA,))


def _veredicto(que: str, veredicto: str, fin: Estado, causa: Causa, *, algunos: bool = False, **campos: Any) -> Ensayo:
    return Ensayo(que, {"sentencias": [{"veredicto": veredicto, **campos}]}, fin, causa, algunos)


_ALGUNOS = (1, 2)
"""The folios of each type that the rows about single documents strike, from the first to the last."""

ENSAYOS: Mapping[str, Ensayo] = {
    "latencia": Ensayo(
        "Cada envío tarda de 2 a 5 segundos y cada consulta hasta medio segundo",
        {"latencia": {"envio": {"min": 2, "max": 5}, "consulta": {"min": 0.1, "max": 0.5}}},
    ),
    "caida": _averia("El SII responde 503 a todo envío durante un rato", "caida", veces=3),
    "caida_total": _averia("El SII responde 503 a todo: login, envíos y consultas", "caida", operacion=None, veces=4),
    "html_antes": _averia("Una página HTML con estado 200, y nada fue recibido", "html", veces=2),
    "html_despues": _averia(
        "Una página HTML con estado 200, y el archivo fue recibido", "html", veces=3, momento="despues"
    ),
    "vacio_antes": _averia("Una respuesta vacía, y nada fue recibido", "vacio", veces=2),
    "vacio_despues": _averia("Una respuesta vacía, y el archivo fue recibido", "vacio", veces=2, momento="despues"),
    "goteo": _averia("La respuesta llega de a pocos bytes, más lenta que la paciencia", "goteo", segundos=60, veces=2),
    "corte_antes": _averia("La conexión se corta antes del cuerpo", "corte", momento="antes", veces=1),
    "corte_subiendo": _averia("La conexión se corta en medio del envío", "corte", momento="subiendo", veces=2),
    "corte_respondiendo": _averia(
        "La conexión se corta en medio de la respuesta", "corte", momento="respondiendo", veces=2
    ),
    "corte_despues": _averia(
        "La conexión se corta antes de la respuesta, y el archivo fue recibido", "corte", momento="despues", veces=2
    ),
    "status_1": _status("STATUS 1: sin permiso para enviar", 1, Estado.PENDIENTE, Causa.SIN_PERMISO),
    "status_3": _status("STATUS 3: el archivo llegó cortado", 3, veces=2),
    "status_5": _status("STATUS 5: el token no vale, y el siguiente tampoco", 5, veces=2),
    "status_7": _status("STATUS 7: el esquema no vale", 7, Estado.RECHAZADO, Causa.ESQUEMA),
    "status_8": _status("STATUS 8: la firma no vale", 8, Estado.RECHAZADO, Causa.FIRMA),
    "status_9": _status("STATUS 9: el sistema está bloqueado", 9, veces=2),
    "status_99": _status("STATUS 99: el archivo ya estaba, con su track id de antes", 99),
    "status_desconocido": _status("Un STATUS que nadie ha publicado", 42, veces=2),
    "token_vencido": Ensayo(
        "El SII olvida los tokens en medio de envíos y consultas",
        {
            "averias": [
                {"clase": "token_vencido", "operacion": o, "tasa": 0.5, "veces": 3} for o in ("envio", "consulta")
            ]
        },
    ),
    "http_401": _averia("401 NO ESTA AUTENTICADO con un token en regla", "http", codigo=401, veces=3),
    "limite": _averia("429 con Retry-After", "limite", retry_after=1, veces=2),
    "consulta_caida": _averia(
        "El servicio de consultas no responde; los envíos sí", "caida", operacion="consulta", veces=3
    ),
    "rsc": _veredicto(
        "RSC: los sobres con ciertos documentos se rechazan por esquema",
        "RSC",
        Estado.RECHAZADO,
        Causa.ESQUEMA,
        algunos=True,
        folios=_ALGUNOS,
    ),
    "rfr": _veredicto(
        "RFR: los sobres con ciertos documentos se rechazan por firma",
        "RFR",
        Estado.RECHAZADO,
        Causa.FIRMA,
        algunos=True,
        folios=_ALGUNOS,
    ),
    "rct": _veredicto("RCT: todo sobre se rechaza por su carátula", "RCT", Estado.RECHAZADO, Causa.CARATULA),
    "rch": _veredicto(
        "Algunos documentos de cada sobre se rechazan",
        "RCH",
        Estado.RECHAZADO,
        Causa.CONTENIDO,
        algunos=True,
        folios=_ALGUNOS,
    ),
    "rpr": _veredicto("RPR: se aceptan con reparos", "RPR", Estado.REPARO, Causa.CONTENIDO),
    "rlv": _veredicto("RLV: se aceptan con reparos leves", "RLV", Estado.REPARO, Causa.CONTENIDO),
    "tarde": Ensayo(
        "El veredicto llega tres horas después",
        {"sentencias": [{"veredicto": None, "demora": 3 * HORA}]},
        luego={"adelanto": 4 * HORA},
    ),
    "de_todo": Ensayo(
        "De todo un poco, a la suerte de una semilla",
        {
            "semilla": 7,
            "latencia": {"envio": {"min": 0, "max": 0.5}},
            "averias": [
                {"clase": "caida", "tasa": 0.05},
                {"clase": "html", "tasa": 0.05, "momento": "despues"},
                {"clase": "corte", "tasa": 0.1},
                {"clase": "corte", "tasa": 0.05, "momento": "respondiendo"},
                {"clase": "token_vencido", "tasa": 0.1},
                {"clase": "vacio", "tasa": 0.1, "operacion": "consulta"},
            ],
            "sentencias": [{"veredicto": "RCH", "folios": _ALGUNOS}],
        },
        Estado.RECHAZADO,
        Causa.CONTENIDO,
        algunos=True,
        luego={"sentencias": [{"veredicto": "RCH", "folios": _ALGUNOS}]},
    ),
}
