"""What a company puts in all of its documents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.dte.modelo.campos import Ciudad, Comuna, Numero6, RazonSocial, Rut, Texto, Varios
from shared.dte.modelo.nodo import Nodo


class DatosEmisor(Nodo):
    """Fills in what a sale does not say about its issuer."""

    rut: Rut = Field(description="RUT de la empresa")
    razon_social: RazonSocial = Field(description="Razón social")
    giro: Annotated[str, Texto(80)] = Field(description="Giro")
    acteco: Varios[Numero6] = Field(max_length=4, description="Códigos de actividad económica")
    direccion: Annotated[str, Texto(70)] = Field(description="Dirección de la casa matriz")
    comuna: Comuna = Field(description="Comuna")
    ciudad: Ciudad | None = Field(None, description="Ciudad")
