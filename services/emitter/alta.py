"""The file with which a company is registered: its data and the SII's permissions, in JSON."""

from __future__ import annotations

import json
from datetime import date

from pydantic import Field

from shared.dte.modelo.empresa import DatosEmisor
from shared.dte.modelo.lectura import read_modelo
from shared.dte.modelo.nodo import Nodo
from shared.dte.tipos import Canal
from shared.errors import Invalid
from shared.messages import Resolucion


class _Resolucion(Nodo):
    fecha: date = Field(description="Fecha de la resolución del SII")
    numero: int = Field(ge=0, le=999_999, description="Su número; 0 en certificación")


class _Resoluciones(Nodo):
    boleta: _Resolucion | None = Field(None, description="La que permite emitir boletas")
    factura: _Resolucion | None = Field(None, description="La que permite emitir facturas y notas")


class Alta(DatosEmisor):
    """A company as its file gives it: its data, and the resolution of each channel that it uses."""

    resoluciones: _Resoluciones


def parse_alta(archivo: bytes) -> tuple[DatosEmisor, dict[Canal, Resolucion]]:
    """The company's data and its resolution for each channel. Invalid names each field that is wrong."""
    try:
        datos = json.loads(archivo)
    except ValueError as error:
        raise Invalid.one("", "POSTA-ADM-07", f"el archivo de la empresa no es JSON: {error}") from error
    alta = read_modelo(Alta, datos)
    given = {canal: getattr(alta.resoluciones, canal) for canal in Canal}
    resoluciones = {
        canal: Resolucion(fecha=resolucion.fecha, numero=resolucion.numero)
        for canal, resolucion in given.items()
        if resolucion is not None
    }
    return DatosEmisor.model_validate(alta.model_dump(exclude={"resoluciones"})), resoluciones
