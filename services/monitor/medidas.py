"""The panel as metrics: what an operator's Prometheus is to see of the whole pipeline, and not of one process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from services.monitor.cortes import Corte
from services.monitor.cuadratura import Cuadratura
from services.monitor.panel import Fuente, Panel
from services.monitor.pausas import channels_of, companies_of
from shared.metrics import (
    record_antiguedad,
    record_apartados,
    record_cortes,
    record_descuadre,
    record_fuentes,
    record_pausas,
)


def record_panel(panel: Panel) -> None:
    """Put into the registry what the panel says, when somebody asks for it: what is not known has no sample."""
    record_fuentes(_answering(panel))
    record_antiguedad({cola.nombre: cola.desde for cola in panel.colas.values() if cola.desde is not None})
    record_cortes(_count_cortes(panel.cortes))
    record_pausas(channels_of(panel.pausas).keys(), len(companies_of(panel.pausas)))
    if panel.estados is not None:
        record_apartados(panel.apartados)
    if panel.cuadratura is not None:
        record_descuadre(_sides(panel.cuadratura))


def _answering(panel: Panel) -> dict[str, bool]:
    """Whether each source answers, of those that were asked already."""
    asked = {Fuente.MONGODB: panel.cuentas is not None, Fuente.RABBITMQ: bool(panel.colas)}
    missing = {problema.fuente for problema in panel.problemas}
    return {fuente: fuente not in missing for fuente in Fuente if asked[fuente] or fuente in missing}


def _count_cortes(cortes: Iterable[Corte]) -> Counter[tuple[str, str]]:
    """By name and position. Mail servers and boxes are many, and each is some company's own: they count together."""
    counted: Counter[tuple[str, str]] = Counter()
    for corte in cortes:
        name = corte.canal.partition(".")[0] if corte.aparte else corte.canal
        counted[name, corte.estado] += corte.procesos
    return counted


def _sides(cuadratura: Cuadratura) -> dict[str, int]:
    """What does not agree, by whom documents are compared with."""
    lados = {"broker": cuadratura.broker, "sii": cuadratura.sii}
    known = {lado: side.faltan for lado, side in lados.items() if side is not None}
    return {"folios": cuadratura.faltan + cuadratura.sobran, **known}
