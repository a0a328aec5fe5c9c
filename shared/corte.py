"""How a circuit breaker stands, as its process tells others in its heartbeat."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class EstadoCorte(BaseModel):
    """One breaker of one sender. `posicion` is the word for what it lets through."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    posicion: str
    desde: datetime | None = None
    """Since when the SII has been away, or back."""
    ultima_prueba: datetime | None = None
    proxima_prueba: datetime | None = None
    """None while nothing has to be probed."""
    error: str = ""
    """Cause and code of the latest failure of this outage; empty when all is well."""
