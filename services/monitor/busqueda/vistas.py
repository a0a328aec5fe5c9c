"""Searches that have a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vista:
    nombre: str
    q: str


PREDEFINIDAS = (
    Vista("Todos", ""),
    Vista("Pendientes", "estado:pendiente"),
    Vista("Apartados", "espera:persona"),
    Vista("Rechazados hoy", "estado:rechazado fecha:hoy"),
    Vista("Inciertos", "estado:incierto"),
    Vista("Por vencer plazo", "plazo:por_vencer"),
)
"""What operators ask for every day."""
